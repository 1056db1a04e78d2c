"""What each value of the settings about certificates, cells and the Security Log does."""

from collections.abc import Callable
from datetime import UTC, datetime

from rig import Effects, Rig, provisioned

from gbcs_device.profile import choices
from gbcs_hil.gbcs.credential_responses import ReadResponse
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.trust_anchors import ROOT_CELL, TrustAnchorCell
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import GAS_NETWORK_B, SUPPLIER_B
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
