"""What each value of the settings about certificates, cells and the Security Log does."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rig import Effects, Rig, after, provisioned

from gbcs_device.profile import choices
from gbcs_hil.gbcs.credential_responses import ReadResponse
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome
from gbcs_hil.gbcs.message import Cra, parse
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.trust_anchors import ROOT_CELL, TrustAnchorCell
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, GAS_NETWORK_B, SUPPLIER_A, SUPPLIER_B
from head_end import (
    AUTHORITY,
    BY_RECOVERY,
    NETWORK_BY_NETWORK,
    SUPPLIER_BY_SUPPLIER,
    agreement,
    certificates,
    role_cells,
    signing,
)
from hostile_messages import HOSTILE, LAST
from made_certificates import (
    link,
    operator,
)

NETWORK = Role.NETWORK_OPERATOR
NO_DS, NO_KA = role_cells(NETWORK)
EXPIRED = operator(not_before=datetime(2010, 1, 1, tzinfo=UTC)).certificate
NEXT_ROOT = Authority.create(b"the next root").root


def device(setting: str, value: str, device_type: str = "gpf") -> Rig:
    return provisioned(device_type, {NETWORK: LAST}, settings={setting: value})


def statuses(outcome: ExecutionOutcome) -> list[int]:
    return [int(item.status) for item in outcome.outcomes]


def replace(rig: Rig, *certificates_: bytes, cell: TrustAnchorCell = NO_DS) -> list[int]:
    """Return the statuses of certificates for one cell, each in a command of its own."""
    found = []
    for certificate in certificates_:
        counter = rig.counter(NETWORK) + 1
        command = rig.head_end.update(NETWORK_BY_NETWORK, counter, [(certificate, cell)])
        found += statuses(rig.outcome(command))
    return found


def time_checks(value: str) -> object:
    return replace(device("time-checks", value), EXPIRED)


def certificate_role(value: str) -> object:
    """Offer an operator's cell a device's, a supplier's and an expired supplier's certificate."""
    rig = device("certificate-role", value)
    of_a_device = AUTHORITY.device(bytes(8))[0].certificate
    supplier = signing(SUPPLIER_B).certificate
    wrong_usage = agreement(SUPPLIER_B).certificate
    return replace(rig, of_a_device, wrong_usage, supplier)


def status_out_of_validity(value: str) -> object:
    """Offer an expired certificate and one of another role."""
    return replace(
        device("status-out-of-validity", value), EXPIRED, signing(SUPPLIER_B).certificate
    )


def status_wrong_certificate(value: str) -> object:
    """Offer certificates of another role and of another usage, an expired one, and none."""
    return replace(
        device("status-wrong-certificate", value),
        signing(SUPPLIER_B).certificate,
        agreement(GAS_NETWORK_B).certificate,
        EXPIRED,
        b"\x30\x00",
    )


def root_rollover(value: str) -> object:
    rig = device("root-rollover", value)
    pair = (NEXT_ROOT.certificate, ROOT_CELL)
    path = [link(AUTHORITY.root, NEXT_ROOT)]
    done = rig.outcome(rig.head_end.update(BY_RECOVERY, 1, [pair], path=path))
    return statuses(done), rig.in_cell(ROOT_CELL)[1] == NEXT_ROOT.public_key


def gpf_prepayment_cell(value: str) -> object:
    """Return what a GPF and an ESME tell of the supplier's cells, and take for them."""
    found: list[object] = []
    for device_type in ("gpf", "esme"):
        rig = device("gpf-prepayment-cell", value, device_type)
        rig.restart()
        read = rig.head_end.read(1, Role.SUPPLIER)
        answer = rig.head_end.response(read, rig.accept(read), None)
        cells = ReadResponse.decode(answer.payload).roles[0].cells
        pairs = certificates(Role.SUPPLIER, SUPPLIER_B)
        done = rig.outcome(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 1, pairs))
        top_up = done.outcomes[2]
        found.append((len(cells), statuses(done), top_up.existing_eui == bytes(8)))
        rig.restart()
        assert rig.in_cell(role_cells(Role.SUPPLIER)[0])[0] == SUPPLIER_B.eui
    return found


def event(setting: str, name: str) -> Callable[[str], object]:
    """Return what observes the events that a hostile message leaves."""

    def observe(value: str) -> object:
        rig = device(setting, value)
        rig.deliver(HOSTILE[name][1]())
        return rig.events

    return observe


def credentials_updated_event(value: str) -> object:
    rig = device("credentials-updated-event", value)
    replace(rig, operator().certificate)
    return rig.events


def replay_alert(value: str) -> object:
    """Return the message codes of what a replay has the device send."""
    rig = device("replay-alert", value)
    outputs = rig.deliver(HOSTILE["the last counter"][1]()).outputs
    return [parse(output).header.message_code for output in outputs]


def rejection_alert(value: str) -> object:
    """Return the events that rejections alert the supplier of; a replay is not one of these."""
    rig = device("rejection-alert", value)
    names = ("truncated DER", "a MAC of zeros", "another originator", "the last counter")
    outputs = [rig.deliver(HOSTILE[name][1]()).outputs for name in names]
    told = [parse(alert) for alerts in outputs for alert in alerts]
    assert {alert.header.recipient for alert in told} <= {SUPPLIER_A.eui}
    assert rig.state.originator_counter == 1999 + len(told)
    return [alert.payload[3:5].hex() for alert in told]


def credentials_updated_alert(value: str) -> object:
    """Return who is told of an immediate handover, and of a dated one back."""
    rig = device("credentials-updated-alert", value)
    handover = certificates(NETWORK, GAS_NETWORK_B)
    outputs = rig.deliver(rig.head_end.update(NETWORK_BY_NETWORK, LAST + 1, handover)).outputs
    assert parse(outputs[0]).header.cra is Cra.RESPONSE
    back = certificates(NETWORK, ACB)
    counter, date = LAST + 2, after(60)
    again: dict[str, Any] = {"owner": GAS_NETWORK_B, "execution": date}
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, counter, back, **again))
    outputs = [*outputs[1:], *rig.tick(date)]
    told = [(parse(alert).header, parse(alert).payload) for alert in outputs]
    assert [header.counter for header, _ in told] == [2000 + number for number in range(len(told))]
    critical = [(header, payload) for header, payload in told if header.message_code == 0x1000]
    assert all(payload[3:5] == bytes.fromhex("8F70") for _, payload in critical)
    return [header.recipient for header, _ in critical]


def _codes(setting: str) -> dict[str, object]:
    return {value: [] if value == "none" else [int(value, 16)] for value in choices(setting)}


_PRESENT = (3, [0, 0, 0], False)
EFFECTS: Effects = {
    "time-checks": [(time_checks, {"as-commanded": [5], "never": [0]})],
    "certificate-role": [(certificate_role, {"cell-role-or-acb": [5, 5, 5], "any": [5, 5, 0]})],
    "status-out-of-validity": [(status_out_of_validity, {"5": [5, 5], "127": [127, 5]})],
    "status-wrong-certificate": [
        (status_wrong_certificate, {"5": [5, 5, 5, 5], "127": [127, 127, 5, 5]})
    ],
    "root-rollover": [(root_rollover, {"linked": ([0], True), "never": ([127], False)})],
    "gpf-prepayment-cell": [
        (
            gpf_prepayment_cell,
            {"present": [_PRESENT, _PRESENT], "absent": [(2, [0, 0, 25], True), _PRESENT]},
        )
    ],
    "credentials-updated-event": [(credentials_updated_event, {"8F70": [0x8F70], "none": []})],
    "credentials-updated-alert": [
        (
            credentials_updated_alert,
            {
                "none": [],
                "supplier": [SUPPLIER_A.eui, SUPPLIER_A.eui],
                "previous-holder": [GAS_NETWORK_A.eui, GAS_NETWORK_B.eui],
                "new-holder": [GAS_NETWORK_B.eui, ACB.eui],
            },
        )
    ],
    "rejection-alert": [
        (rejection_alert, {"none": [], "supplier": ["8f1e", "8f3e", "8f53"]}),
    ],
    "replay-alert": [(replay_alert, {"none": [], "supplier": [0x1000]})],
    **{
        setting: [(event(setting, name), _codes(setting))]
        for setting, name in {
            "format-event": "truncated DER",
            "authentication-event": "a MAC of zeros",
            "authorisation-event": "another originator",
            "replay-event": "the last counter",
        }.items()
    },
}
