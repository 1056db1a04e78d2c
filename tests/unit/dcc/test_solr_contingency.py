"""MP134B, one rule at a time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.ledger_database import LedgerDatabase
from gbcs_hil.dcc.outcome import Rejected
from gbcs_hil.dcc.participants import PARTICIPANTS
from gbcs_hil.dcc.policy import Policy, RefusalCode, Signer
from gbcs_hil.dcc.policy_file import policy_of
from gbcs_hil.dcc.registration_data import Registration
from gbcs_hil.dcc.requests import RetrieveDeviceSecurityCredentialsKRP, UpdatePaymentMode
from gbcs_hil.dcc.smki_registration import SmkiRegistration
from gbcs_hil.dcc.solr.anomaly_counts import AnomalyCounts
from gbcs_hil.dcc.solr.anomaly_detection import (
    AnomalyDetection,
)
from gbcs_hil.dcc.solr.contingency import Contingency
from gbcs_hil.dcc.solr.credit_only import why_not_credit
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.payment_mode import Prepayment, esme_payment_mode, gsme_payment_mode
from gbcs_hil.gbcs.security import sign
from gbcs_hil.scenarios import solr_contingency
from gbcs_hil.scenarios.smets1_estate import DEVICES, Smets1Estate, bench_pki
from gbcs_hil.scenarios.solr_contingency import PROVIDER, THRESHOLD
from gbcs_hil.smki.parties import SOLR_CONTINGENCY, SUPPLIER_A
from gbcs_hil.smki.xml_signing import xml_signing_credential

MP134B = Policy(mp134b=True)
DEVICE = DEVICES["S1SP1", "esme"]
ORIGINATOR, RECIPIENT = bytes(8), bytes([1] * 8)
ISSUED = datetime(2015, 1, 1, tzinfo=UTC)
PREPAYMENT = Prepayment(0)

NOW = datetime(2023, 1, 10, 12, tzinfo=UTC)

Make = Callable[[Policy, Contingency], Smets1Estate]


def contingency(instructed: bool = True, revoked: bool = False) -> Contingency:
    """Return the failure of Supplier A a day ago, and what is in place for it: the fixture."""
    return solr_contingency.contingency(NOW, instructed, revoked)


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Smets1Estate] = []

    def build(policy: Policy, state: Contingency) -> Smets1Estate:
        made.append(Smets1Estate(policy, contingency=state, clock=lambda: NOW))
        return made[-1]

    yield build
    for estate in made:
        estate.close()


def credit(estate: Smets1Estate) -> str:
    """Have the role ask for credit mode, and return the response code."""
    request_id = estate.request_id(SOLR_CONTINGENCY, DEVICE)
    return estate.dsp.submit(UpdatePaymentMode(id=request_id)).code.code


@pytest.mark.requirement("M134-2", "M134-7")
def test_without_the_modification_there_is_no_such_role(make: Make) -> None:
    assert credit(make(Policy(mp134b=False), contingency())) == "E2"


@pytest.mark.requirement("M134-7")
def test_nothing_is_allowed_by_default(make: Make) -> None:
    assert credit(make(MP134B, Contingency())) == "E4"


@pytest.mark.requirement("M134-7")
def test_an_instruction_ends(make: Make) -> None:
    state = contingency()
    ended = replace(state.instructions[0], end=NOW)
    assert credit(make(MP134B, replace(state, instructions=(ended,)))) == "E3"


@pytest.mark.requirement("M134-7")
@pytest.mark.parametrize(
    "change", [{"holder": "SUPB"}, {"supplier": "SUPB"}, {"start": NOW + timedelta(seconds=1)}]
)
def test_an_instruction_is_for_one_holder_and_one_supplier_from_its_time_on(
    make: Make, change: dict[str, Any]
) -> None:
    state = contingency()
    other = replace(state.instructions[0], **change)
    assert credit(make(MP134B, replace(state, instructions=(other,)))) == "E3"


@pytest.mark.requirement("M134-7")
def test_a_failure_that_is_still_to_come_is_none(make: Make) -> None:
    state = contingency()
    later = replace(state.failures[0], since=NOW + timedelta(days=1))
    assert credit(make(MP134B, replace(state, failures=(later,)))) == "E4"


@pytest.mark.requirement("M134-1", "M134-7")
def test_a_registration_that_is_moved_too_early_ends_it(make: Make) -> None:
    """MP185: once the meter point is the Supplier of Last Resort's, nobody has failed."""
    estate = make(MP134B, contingency())
    moved = Registration(DEVICE.meter_point or "", date(2023, 1, 1), "SUPB", "EDNA")
    data = estate.estate.registration.with_registration(moved)
    estate.dsp.estate = replace(estate.estate, registration=data)
    assert credit(estate) == "E4"


def smets2(number: int, device_type: str) -> SmartMeter:
    """Return a SMETS2+ device; nobody is there to answer, so what is sent gets E21."""
    eui = b"\x02GBHIX" + number.to_bytes(2, "big")
    signing, agreement = bench_pki().authority.device(eui)
    meter = SmartMeter.of(device_type, signing.certificate, agreement.certificate)
    return meter.linked(f"{900 + number:013d}")


METERS = {kind: smets2(number, kind) for number, kind in enumerate(("esme", "gsme"), start=1)}
ELSEWHERE = smets2(3, "esme")
FOREIGN = {MessageCode.ECS03: MessageCode.ECS02, MessageCode.GCS03: MessageCode.GCS02}
Change = Callable[[Message], Message]


def signed_by_provider(pre_command: Message) -> Message:
    """Sign with the failed Supplier's key, which its Shared Resource Provider still has."""
    key = bench_pki().credential(SUPPLIER_A.eui, KeyUsage.DIGITAL_SIGNATURE).private_key
    return sign(pre_command, key)


def with_credits_code(pre_command: Message) -> Message:
    code = FOREIGN[MessageCode(pre_command.header.message_code)]
    return Message(replace(pre_command.header, message_code=code), pre_command.payload)


def by_signed_pre_command(
    meter: SmartMeter,
    prepayment: Prepayment | None,
    *,
    policy: Policy = MP134B,
    revoked: bool = False,
    change: Change = lambda pre_command: pre_command,
) -> str:
    """Have a SMETS2+ device's payment mode set by the role, and return the response code."""
    supplied = dict.fromkeys(METERS.values(), "SUPA") | {ELSEWHERE: "SUPB"}
    state = contingency(revoked=revoked)
    estate = Smets1Estate(policy, None, state, supplied, clock=lambda: NOW)
    request = UpdatePaymentMode(
        id=estate.request_id(SOLR_CONTINGENCY, meter), prepayment=prepayment
    )
    try:
        pre_command = change(estate.dsp.transform(request))
        return estate.dsp.submit(request, signed_by_provider(pre_command)).code.code
    except Rejected as rejected:
        return rejected.outcome.code.code
    finally:
        estate.close()


@pytest.mark.requirement("M134-6", "M134-11")
@pytest.mark.parametrize("device_type", METERS)
def test_a_signed_pre_command_sets_credit_and_nothing_else(device_type: str) -> None:
    meter = METERS[device_type]
    assert by_signed_pre_command(meter, None) == "E21"
    assert by_signed_pre_command(meter, PREPAYMENT) == "B-CREDIT"
    assert by_signed_pre_command(meter, PREPAYMENT, change=with_credits_code) == "B-CREDIT"


@pytest.mark.requirement("M134-7")
def test_a_device_of_a_supplier_that_has_not_failed_is_left_alone() -> None:
    assert by_signed_pre_command(ELSEWHERE, None) == "E4"


@pytest.mark.requirement("M134-4", "M134-6", "M134-11")
def test_what_a_smets1_device_is_asked_is_judged_as_the_service_request(make: Make) -> None:
    estate = make(MP134B, contingency())
    assert credit(estate) == "I0"
    identifier = estate.request_id(SOLR_CONTINGENCY, DEVICE)
    prepaid = UpdatePaymentMode(id=identifier, prepayment=PREPAYMENT)
    assert estate.dsp.submit(prepaid).code.code == "B-CREDIT"


@pytest.mark.requirement("M134-2", "M134-4")
def test_the_list_of_services_can_be_longer(make: Make) -> None:
    longer = Policy(mp134b=True, mp134b_services=frozenset({"1.6", "6.24.1"}))
    for policy, code in ((MP134B, "E2"), (longer, "I0")):
        estate = make(policy, contingency())
        request = RetrieveDeviceSecurityCredentialsKRP(
            id=estate.request_id(SOLR_CONTINGENCY, DEVICE), roles=(RemotePartyRole.SUPPLIER,)
        )
        assert estate.dsp.submit(request).code.code == code


@pytest.mark.requirement("M134-7")
def test_without_the_authoritys_instruction_nothing_is_allowed(make: Make) -> None:
    assert credit(make(MP134B, contingency(instructed=False))) == "E3"


@pytest.mark.requirement("M134-5", "M134-11")
def test_more_requests_than_the_threshold_go_to_quarantine(make: Make) -> None:
    estate = make(MP134B, contingency())
    codes = [credit(estate) for _ in range(THRESHOLD + 1)]
    assert codes == ["I0"] * THRESHOLD + ["AD1"]


@pytest.mark.requirement("M134-8")
@pytest.mark.parametrize(("counts", "expected"), [(True, "E21"), (False, "B-SIGNATURE")])
def test_whether_a_revoked_suppliers_signature_counts_is_a_switch(
    counts: bool, expected: str
) -> None:
    policy = Policy(mp134b=True, mp134b_revoked_signature=counts)
    meter = METERS["esme"]
    assert by_signed_pre_command(meter, None, policy=policy) == "E21"
    assert by_signed_pre_command(meter, None, policy=policy, revoked=True) == expected


@pytest.mark.requirement("M134-3")
def test_the_role_itself_cannot_sign_for_a_device() -> None:
    policy = Policy(mp134b=True, mp134b_signer=Signer.CONTINGENCY_ROLE)
    assert by_signed_pre_command(METERS["esme"], None, policy=policy) == "B-SIGNATURE"


@pytest.mark.requirement("M134-3")
def test_the_role_gets_an_xml_signing_certificate_and_no_other_to_sign() -> None:
    authority = bench_pki().authority
    party = next(p for p in PARTICIPANTS if p.eui == SOLR_CONTINGENCY.eui)
    assert xml_signing_credential(authority, SOLR_CONTINGENCY.eui, party.name).certificate
    database = LedgerDatabase("sqlite://")
    decision = SmkiRegistration(database, authority, MP134B).subscribe(
        party, RemotePartyRole.SUPPLIER, KeyUsage.DIGITAL_SIGNATURE, b""
    )
    database.close()
    assert not decision.granted
    assert "signs no Critical Commands" in decision.detail


@pytest.mark.requirement("M134-8")
def test_alerts_before_revocation_go_to_the_supplier(make: Make) -> None:
    estate = make(MP134B, contingency())
    assert estate.alert_recipient(DEVICE, RemotePartyRole.SUPPLIER) == SUPPLIER_A.name


@pytest.mark.requirement("M134-1", "M134-8")
@pytest.mark.parametrize(("live", "to"), [(True, PROVIDER), (False, None)])
def test_alerts_after_revocation_go_to_the_provider_or_nowhere(
    make: Make, live: bool, to: str | None
) -> None:
    estate = make(Policy(mp134b=live), contingency(revoked=True))
    assert estate.alert_recipient(DEVICE, RemotePartyRole.SUPPLIER) == to


@pytest.mark.requirement("M134-4")
def test_the_list_of_services_is_read_from_toml() -> None:
    table = msgspec.toml.decode('mp134b = true\nmp134b-services = ["1.6", "6.24.1"]\n')
    assert policy_of(table).mp134b_services == frozenset({"1.6", "6.24.1"})


def commands(device_type: str, execution: datetime | None = None) -> tuple[Message, Message]:
    """Return the commands for credit and for prepayment mode."""
    if device_type == "esme":
        made = [
            esme_payment_mode(ORIGINATOR, RECIPIENT, 7, mode, execution)
            for mode in (None, PREPAYMENT)
        ]
    else:
        made = [
            gsme_payment_mode(ORIGINATOR, RECIPIENT, 7, mode, ISSUED, execution)
            for mode in (None, PREPAYMENT)
        ]
    return made[0], made[1]


@pytest.mark.requirement("M134-6")
@pytest.mark.parametrize("execution", [None, datetime(2030, 1, 15, 9, tzinfo=UTC)])
@pytest.mark.parametrize(("device_type", "code"), [("esme", 0x001A), ("gsme", 0x006C)])
def test_only_credits_own_octets_are_credit(
    device_type: str, code: int, execution: datetime | None
) -> None:
    to_credit, to_prepayment = commands(device_type, execution)
    assert to_credit.header.message_code == code
    assert why_not_credit(to_credit, device_type) is None
    assert why_not_credit(to_prepayment, device_type) is not None
    forged = Message(replace(to_prepayment.header, message_code=code), to_prepayment.payload)
    assert "another use case's body" in (why_not_credit(forged, device_type) or "")
    other = {"esme": "gsme", "gsme": "esme"}[device_type]
    assert why_not_credit(to_credit, other) is not None
    assert why_not_credit(to_credit, "gpf") is not None


@pytest.mark.requirement("M134-6")
@pytest.mark.parametrize("device_type", ["esme", "gsme"])
@given(payload=st.binary(max_size=80))
def test_no_other_body_passes_for_credit(device_type: str, payload: bytes) -> None:
    to_credit, _ = commands(device_type)
    forged = Message(to_credit.header, payload)
    assert (why_not_credit(forged, device_type) is None) == (payload == to_credit.payload)


@pytest.mark.requirement("M134-6")
@pytest.mark.parametrize("device_type", ["esme", "gsme"])
@given(data=st.data())
def test_a_changed_octet_is_credit_only_where_it_says_when(
    device_type: str, data: st.DataObject
) -> None:
    to_credit, _ = commands(device_type)
    at = data.draw(st.integers(0, len(to_credit.payload) - 1))
    mask = data.draw(st.integers(1, 255))
    octets = bytearray(to_credit.payload)
    octets[at] ^= mask
    passed = why_not_credit(Message(to_credit.header, bytes(octets)), device_type) is None
    times = range(len(octets) - 12, len(octets)) if device_type == "esme" else range(15, 23)
    assert not passed or at in times


@pytest.mark.requirement("M134-5")
def test_a_released_request_passes_when_it_comes_again(make: Make) -> None:
    none = replace(contingency().anomalies.thresholds[0], warning=0, quarantine=0)
    state = replace(contingency(), anomalies=AnomalyDetection((none,)))
    estate = make(MP134B, state)
    request = UpdatePaymentMode(id=estate.request_id(SOLR_CONTINGENCY, DEVICE))
    assert estate.dsp.submit(request).code.code == "AD1"
    counts = AnomalyCounts(estate.ledger.database)
    counts.act(counts.quarantine()[str(request.id)], release=True)
    assert estate.dsp.submit(request).code.code == "I0"


@pytest.mark.requirement("M134-7")
@pytest.mark.parametrize("code", ["E3", "E4"])
def test_which_code_a_refusal_has_is_a_switch(make: Make, code: RefusalCode) -> None:
    policy = Policy(mp134b=True, mp134b_not_failed_code=code, mp134b_uninstructed_code=code)
    assert credit(make(policy, Contingency())) == code
    assert credit(make(policy, contingency(instructed=False))) == code


@pytest.mark.requirement("M134-5")
@pytest.mark.parametrize(("needed", "code"), [(True, "B-ADT"), (False, "I0")])
def test_whether_a_threshold_has_to_be_there_is_a_switch(
    make: Make, needed: bool, code: str
) -> None:
    state = replace(contingency(), anomalies=AnomalyDetection())
    assert credit(make(Policy(mp134b=True, mp134b_thresholds=needed), state)) == code
