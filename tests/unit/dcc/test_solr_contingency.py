"""MP134B: SC-15, and each rule by itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.dcc.ledger_database import LedgerDatabase
from gbcs_hil.dcc.participants import PARTICIPANTS
from gbcs_hil.dcc.policy import Policy, RefusalCode, Signer
from gbcs_hil.dcc.registration_data import Registration
from gbcs_hil.dcc.requests import UpdatePaymentMode
from gbcs_hil.dcc.smki_registration import SmkiRegistration
from gbcs_hil.dcc.solr.anomaly_counts import AnomalyCounts, Verdict
from gbcs_hil.dcc.solr.anomaly_detection import (
    AnomalyDetection,
    Office,
    Officer,
    Threshold,
    read_threshold_file,
)
from gbcs_hil.dcc.solr.contingency import Contingency
from gbcs_hil.dcc.solr.credit_only import why_not_credit
from gbcs_hil.errors import AuthenticationError, BadInput
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole, format_eui
from gbcs_hil.gbcs.payment_mode import Prepayment, esme_payment_mode, gsme_payment_mode
from gbcs_hil.scenarios.observations import Answered
from gbcs_hil.scenarios.smets1_estate import DEVICES, Smets1Estate, bench_pki
from gbcs_hil.scenarios.solr_contingency import NOW, PROVIDER, SC_15, contingency, sc_15
from gbcs_hil.smki.parties import SOLR_CONTINGENCY, SUPPLIER_A
from gbcs_hil.smki.xml_signing import xml_signing_credential

MP134B = Policy(mp134b=True)
DEVICE = DEVICES["S1SP1", "esme"]
ORIGINATOR, RECIPIENT = bytes(8), bytes([1] * 8)
ISSUED = datetime(2015, 1, 1, tzinfo=UTC)
PREPAYMENT = Prepayment(0)

Make = Callable[[Policy, Contingency], Smets1Estate]


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


@pytest.mark.requirement(
    "M134-1", "M134-2", "M134-4", "M134-5", "M134-6", "M134-7", "M134-8", "M134-11"
)
def test_sc_15_comes_out_as_expected() -> None:
    steps = sc_15()
    assert {step.name: str(step.seen) for step in steps if not step.held} == {}
    assert {step.name for step in steps} == set(SC_15)


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


@pytest.mark.requirement("M134-8")
@pytest.mark.parametrize(("counts", "expected"), [(True, "E21"), (False, "B-SIGNATURE")])
def test_whether_a_revoked_suppliers_signature_counts_is_a_switch(
    counts: bool, expected: str
) -> None:
    steps = sc_15(policy=Policy(mp134b=True, mp134b_revoked_signature=counts))
    seen = {step.name: step.seen for step in steps}
    assert seen["ecs02"] == Answered("E21")
    assert seen["ecs02-revoked"] == Answered(expected)


@pytest.mark.requirement("M134-3")
def test_the_role_itself_cannot_sign_for_a_device() -> None:
    steps = sc_15(policy=Policy(mp134b=True, mp134b_signer=Signer.CONTINGENCY_ROLE))
    assert {step.name: step.seen for step in steps}["ecs02"] == Answered("B-SIGNATURE")


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
@pytest.mark.parametrize(("live", "to"), [(True, PROVIDER), (False, None)])
def test_alerts_after_revocation_go_to_the_provider_or_nowhere(
    make: Make, live: bool, to: str | None
) -> None:
    estate = make(Policy(mp134b=live), contingency(revoked=True))
    assert estate.alert_recipient(DEVICE, RemotePartyRole.SUPPLIER) == to


@pytest.mark.requirement("M134-4")
def test_the_list_of_services_is_read_from_toml() -> None:
    table = msgspec.toml.decode('mp134b = true\nmp134b-services = ["1.6", "6.24.1"]\n')
    assert Policy.of(table).mp134b_services == frozenset({"1.6", "6.24.1"})


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


OFFICER_KEY = ec.derive_private_key(0x5EED, ec.SECP256R1())
SENIOR = Officer("Sam", Office.SENIOR, SOLR_CONTINGENCY.eui, OFFICER_KEY.public_key())
FILE = (
    "user,service,supplier,warning,quarantine,hours\n"
    f"{format_eui(SOLR_CONTINGENCY.eui)},1.6,SUPA,2,3,24\n"
).encode()


def signed(octets: bytes) -> bytes:
    return OFFICER_KEY.sign(octets, ec.ECDSA(hashes.SHA256()))


@pytest.mark.requirement("M134-5")
def test_a_threshold_file_of_an_authorised_officer_is_read() -> None:
    authorised = SENIOR.nominate("Alex", OFFICER_KEY.public_key())
    assert read_threshold_file(FILE, signed(FILE), authorised) == (
        Threshold(SOLR_CONTINGENCY.eui, "1.6", "SUPA", 2, 3, timedelta(hours=24)),
    )


@pytest.mark.requirement("M134-5")
def test_only_an_authorised_officers_signature_counts() -> None:
    authorised = SENIOR.nominate("Alex", OFFICER_KEY.public_key())
    with pytest.raises(AuthenticationError, match="no Authorised"):
        read_threshold_file(FILE, signed(FILE), SENIOR)
    with pytest.raises(AuthenticationError, match="has not signed"):
        read_threshold_file(FILE + b"\n", signed(FILE), authorised)
    with pytest.raises(BadInput, match="cannot nominate"):
        authorised.nominate("Kim", OFFICER_KEY.public_key())


@pytest.mark.requirement("M134-5")
@pytest.mark.parametrize(
    "octets",
    [
        b"\xff\xfe",
        b"user,service\nx,1.6\n",
        FILE.replace(b",2,3,", b",4,3,"),
        FILE.replace(b",2,3,", b",two,3,"),
        FILE.replace(b"24\n", b"0\n"),
        FILE.replace(format_eui(SOLR_CONTINGENCY.eui).encode(), b"nobody"),
        FILE.replace(
            format_eui(SOLR_CONTINGENCY.eui).encode(), format_eui(SUPPLIER_A.eui).encode()
        ),
    ],
)
def test_a_bad_threshold_file_is_bad_input(octets: bytes) -> None:
    authorised = SENIOR.nominate("Alex", OFFICER_KEY.public_key())
    with pytest.raises(BadInput):
        read_threshold_file(octets, signed(octets), authorised)


def threshold(warning: int, quarantine: int) -> Threshold:
    named = (SOLR_CONTINGENCY.eui, "1.6", "SUPA")
    return Threshold(*named, warning, quarantine, timedelta(hours=24))


@pytest.fixture
def database(ledger_url: str) -> Iterator[LedgerDatabase]:
    """A ledger, on SQLite and on PostgreSQL."""
    opened = LedgerDatabase(ledger_url)
    yield opened
    opened.close()


@pytest.mark.requirement("M134-5")
def test_a_threshold_warns_then_quarantines_and_forgets_with_time(
    database: LedgerDatabase,
) -> None:
    counts, limit = AnomalyCounts(database), threshold(1, 2)
    verdicts = [counts.judge(limit, name, NOW).verdict for name in "abc"]
    assert verdicts == [Verdict.PASS, Verdict.WARN, Verdict.QUARANTINE]
    assert counts.warnings() == ("b",)
    assert counts.judge(limit, "d", NOW + timedelta(hours=24)).verdict is Verdict.PASS


@pytest.mark.requirement("M134-5")
def test_a_quarantined_request_is_released_or_dropped_by_its_reference(
    database: LedgerDatabase,
) -> None:
    counts, limit = AnomalyCounts(database), threshold(0, 0)
    for name in "aab":
        counts.judge(limit, name, NOW)
    references = counts.quarantine()
    assert references == {"a": f"{1:020d}", "b": f"{2:020d}"}
    assert counts.act(references["a"], release=True) == "a"
    assert counts.act(references["b"], release=False) == "b"
    assert counts.judge(limit, "a", NOW).verdict is Verdict.WARN
    assert counts.judge(limit, "a", NOW).reference == f"{3:020d}"
    assert counts.judge(limit, "b", NOW).reference == f"{4:020d}"
    for gone in (references["a"], "nothing"):
        with pytest.raises(BadInput, match="in quarantine"):
            counts.act(gone, release=True)


@pytest.mark.requirement("M134-5")
def test_counts_and_quarantine_outlast_a_restart(ledger_url: str) -> None:
    limit = threshold(1, 1)
    for name, expected in (("a", Verdict.PASS), ("b", Verdict.QUARANTINE)):
        opened = LedgerDatabase(ledger_url)
        assert AnomalyCounts(opened).judge(limit, name, NOW).verdict is expected
        opened.close()


@pytest.mark.requirement("M134-5")
def test_a_released_request_passes_when_it_comes_again(make: Make) -> None:
    state = replace(contingency(), anomalies=AnomalyDetection((threshold(0, 0),)))
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
