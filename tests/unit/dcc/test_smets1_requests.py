"""What the DSP and an S1SP do with requests for SMETS1 devices, one rule at a time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gbcs_hil.dcc.audit_trail import Filter, Kind
from gbcs_hil.dcc.check import Case, Step
from gbcs_hil.dcc.eligibility import exemption
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.policy import Fault, Policy, Reading
from gbcs_hil.dcc.policy_file import policy_of
from gbcs_hil.dcc.registration_data import Registration
from gbcs_hil.dcc.requests import ReplacementCertificates, UpdateSecurityCredentialsKRP
from gbcs_hil.dcc.smets1.data_update import update_slots
from gbcs_hil.dcc.smets1.enrolment import Source
from gbcs_hil.dcc.smets1.tables import (
    EnrolmentCertificate,
    MarketParticipant,
    OperatorOfMeterPoint,
    OrganisationCertificate,
)
from gbcs_hil.dcc.users import User
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.scenarios.smets1_estate import DEVICES, OPERATOR, SINCE, Smets1Estate, bench_pki
from gbcs_hil.smki.parties import (
    ACB,
    ELECTRICITY_NETWORK_A,
    ELECTRICITY_NETWORK_B,
    OTHER_USER,
    SUPPLIER_B,
)

RIGHT, WRONG = ELECTRICITY_NETWORK_A, ELECTRICITY_NETWORK_B
ESME, GPF = DEVICES["S1SP1", "esme"], DEVICES["S1SP1", "gpf"]
SUPPLIER = RemotePartyRole.SUPPLIER
NOW = datetime(2023, 5, 1, tzinfo=UTC)
LIVE, NOT_LIVE = Policy(), Policy(secmp0107=False, secmp0107_s1sps=frozenset())

Make = Callable[[Policy], Smets1Estate]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Smets1Estate] = []

    def build(policy: Policy) -> Smets1Estate:
        made.append(Smets1Estate(policy, clock=lambda: NOW))
        return made[-1]

    yield build
    for estate in made:
        estate.close()


@pytest.mark.requirement("S107-3", "S107-6")
def test_without_the_change_the_right_operators_own_mistake_cannot_be_undone(make: Make) -> None:
    estate = make(NOT_LIVE)
    estate.hand_over(ESME, RIGHT)
    assert estate.update(RIGHT, ESME, WRONG).code.code == "I0"
    assert estate.update(RIGHT, ESME, RIGHT).code.code == "S1VE64"
    assert estate.update(WRONG, ESME, RIGHT).code.code == "E4"


@pytest.mark.requirement("S107-6", "S107-22")
def test_with_the_change_it_can(make: Make) -> None:
    estate = make(LIVE)
    estate.hand_over(ESME, RIGHT)
    estate.update(RIGHT, ESME, WRONG)
    assert estate.update(WRONG, ESME, RIGHT).code.code == "I0"
    assert estate.update(RIGHT, ESME, RIGHT).code.code == "I0"


@pytest.mark.requirement("S107-17", "S107-21", "S107-25")
@pytest.mark.parametrize(
    ("reading", "code"), [(Reading.DESIGN, "E4"), (Reading.LEGAL_TEXT, "S1VE64")]
)
def test_what_an_operator_may_target_without_registration(
    make: Make, reading: Reading, code: str
) -> None:
    """The Supplier's certificates: refused by the DSP, or only because it does not hold them."""
    estate = make(Policy(secmp0107_reading=reading))
    assert estate.update(RIGHT, ESME, RIGHT, SUPPLIER).code.code == code


@pytest.mark.requirement("S107-5", "S107-16", "S107-24")
def test_an_unregistered_supplier_is_refused_even_for_its_own_certificates(make: Make) -> None:
    estate = make(LIVE)
    assert estate.update(SUPPLIER_B, ESME, SUPPLIER_B, SUPPLIER).code.code == "E4"


@pytest.mark.requirement("S107-4", "S107-16")
@pytest.mark.parametrize("policy", [LIVE, NOT_LIVE])
def test_a_critical_command_to_smets2_is_not_asked_about_registration(policy: Policy) -> None:
    """The wrong operator can repair the device: only the certificates in it count."""
    pki = bench_pki()
    signing, agreement = pki.authority.device(b"\x02GBHIX\x00\x09")
    meter = SmartMeter.of("esme", signing.certificate, agreement.certificate)
    meter = meter.linked("0000000000009")
    estate = Smets1Estate(policy, more={meter: "SUPA"})
    request = UpdateSecurityCredentialsKRP(
        id=estate.request_id(WRONG, meter), role=OPERATOR, certificates=estate.certificates(RIGHT)
    )
    # It is sent, and there is no device to answer.
    assert User(WRONG, pki).ask(estate.dsp, request).code.code == "E21"
    estate.close()


@pytest.mark.requirement("S107-13", "S107-24")
def test_h9_exempts_no_supplier_that_holds_nothing(make: Make) -> None:
    estate = make(Policy(faults=frozenset({Fault.H9})))
    estate.hand_over(ESME, WRONG)
    assert estate.update(SUPPLIER_B, ESME, RIGHT).code.code == "S1VE64"


@pytest.mark.requirement("S107-24")
def test_a_6_21_of_an_unregistered_supplier_is_refused(make: Make) -> None:
    assert make(LIVE).hand_over(ESME, RIGHT, SUPPLIER_B).code.code == "E4"


@pytest.mark.requirement("S107-7")
def test_registration_counts_when_a_request_is_executed(make: Make) -> None:
    """(ii) the time of execution if there is one, else (iii) the time of the check."""
    estate = make(NOT_LIVE)
    estate.hand_over(ESME, WRONG)
    taken_over = Registration(ESME.meter_point or "", NOW.date().replace(month=6), "SUPA", "EDNB")
    data = estate.estate.registration.with_registration(taken_over)
    estate.dsp.estate = replace(estate.estate, registration=data)
    request = UpdateSecurityCredentialsKRP(
        id=estate.request_id(WRONG, ESME), role=OPERATOR, certificates=estate.certificates(WRONG)
    )
    later = replace(request, execution=NOW.replace(month=6, day=2))
    assert estate.dsp.submit(request).code.code == "E4"
    # The DSP lets it pass; the bench's S1SPs keep nothing for later.
    assert estate.dsp.submit(later).check == "S1SP1 undated"


@pytest.mark.requirement("S107-25")
def test_the_responsible_supplier_is_known_where_registration_is_not_asked(make: Make) -> None:
    estate = make(LIVE)
    for sender in (WRONG, OTHER_USER):
        request = UpdateSecurityCredentialsKRP(
            id=estate.request_id(sender, ESME),
            role=OPERATOR,
            certificates=estate.certificates(RIGHT),
        )
        case = Case(request, None, estate.estate, estate.pki, LIVE, NOW, estate.ledger, Step.SEND)
        row = exemption(case)
        assert row is not None
        assert row.clause == ("6.2(d)" if sender is WRONG else "6.2(c)")
        supplier = estate.estate.responsible_supplier(ESME, NOW)
        assert supplier is not None
        assert supplier.mpid == "SUPA"


@pytest.mark.requirement("S107-10")
@pytest.mark.parametrize(
    "source", [Source.MIGRATION_AUTHORISATION, Source.DORMANT_METER_MIGRATION_NOTIFICATION]
)
def test_the_supplier_provides_at_enrolment(make: Make, source: Source) -> None:
    estate = make(LIVE)
    estate.slots.provide(GPF.eui, source, estate.certificates(RIGHT))
    assert estate.slots.owner(GPF.eui, OPERATOR) == RIGHT.eui
    assert {held.source for held in estate.slots.held(GPF.eui, OPERATOR).values()} == {source}


@pytest.mark.requirement("S107-10")
def test_the_migration_control_centre_provides_for_an_esme_without_one(make: Make) -> None:
    estate = make(LIVE)
    centre, own = Source.MIGRATION_CONTROL_CENTRE, estate.certificates(RIGHT)
    with pytest.raises(BadInput, match="not a gpf"):
        estate.slots.provide(GPF.eui, centre, own)
    estate.slots.provide(ESME.eui, centre, own)
    with pytest.raises(BadInput, match="already"):
        estate.slots.provide(ESME.eui, centre, estate.certificates(WRONG))
    assert estate.slots.owner(ESME.eui, OPERATOR) == RIGHT.eui


@pytest.mark.requirement("S107-10")
def test_a_6_21_fills_what_is_empty_or_the_acbs(make: Make) -> None:
    estate = make(LIVE)
    assert estate.hand_over(ESME, ACB).code.code == "I0"
    assert estate.hand_over(ESME, RIGHT).code.code == "I0"
    assert estate.hand_over(ESME, WRONG).code.code == "B-S1-SLOTS"
    lenient = make(Policy(handover_needs_free_slots=False))
    lenient.hand_over(ESME, RIGHT)
    assert lenient.hand_over(ESME, WRONG).code.code == "I0"


@pytest.mark.requirement("S107-2")
def test_certificates_of_the_wrong_use_do_not_go_into_slots(make: Make) -> None:
    estate = make(LIVE)
    own = estate.certificates(RIGHT)
    swapped = ReplacementCertificates(own.key_agreement, own.digital_signing, None, own.path)
    for bad in (swapped, replace(own, digital_signing=b"\x30\x00"), ReplacementCertificates()):
        request = UpdateSecurityCredentialsKRP(
            id=estate.request_id(RIGHT, ESME), role=OPERATOR, certificates=bad
        )
        estate.slots.place(ESME.eui, {}, "nothing")
        estate.hand_over(ESME, RIGHT)
        assert estate.dsp.submit(request).code.code == "B-S1-CERT"
    assert estate.slots.owner(ESME.eui, OPERATOR) == RIGHT.eui


@pytest.mark.requirement("S107-2", "S107-26")
@pytest.mark.parametrize("mirrored", [False, True])
def test_alerts_follow_what_requests_change(make: Make, mirrored: bool) -> None:
    estate = make(Policy(dsp_slot_mirror=mirrored))
    assert estate.alert_recipient(ESME) is None
    estate.hand_over(ESME, WRONG)
    assert estate.alert_recipient(ESME) == WRONG.name
    estate.update(WRONG, ESME, RIGHT)
    assert estate.alert_recipient(ESME) == RIGHT.name


@pytest.mark.requirement("S107-2", "S107-26", "S107-28")
def test_the_data_update_moves_alerts_unless_a_mirror_at_the_dsp_is_out_of_date(
    make: Make,
) -> None:
    estate = make(Policy(dsp_slot_mirror=True))
    estate.hand_over(ESME, WRONG)
    estate.hand_over(DEVICES["S1SP2", "esme"], RIGHT)  # So that its certificates are known.
    with Session(estate.engine) as session:
        session.add(MarketParticipant(mpid="EDNA", name=RIGHT.name, eui=RIGHT.eui))
        session.flush()
        session.add(
            OperatorOfMeterPoint(meter_point=ESME.meter_point, start=SINCE, operator="EDNA")
        )
        owned = select(OrganisationCertificate).where(OrganisationCertificate.owner == RIGHT.eui)
        for known in session.scalars(owned).all():
            session.add(
                EnrolmentCertificate(
                    mpid="EDNA", key_usage=known.key_usage, certificate=known.number
                )
            )
        session.commit()
    assert update_slots(estate.engine, NOW.date()).devices == 1
    assert estate.slots.owner(ESME.eui, OPERATOR) == RIGHT.eui
    assert estate.alert_recipient(ESME) == WRONG.name
    estate.mirror.refresh(ESME.eui, OPERATOR)
    assert estate.alert_recipient(ESME) == RIGHT.name


@pytest.mark.requirement("S107-19", "S107-38")
def test_what_an_s1sp_checked_and_its_alert_are_in_the_audit_trail(make: Make) -> None:
    estate = make(Policy(secmp0107_s1sps=frozenset()))
    estate.hand_over(ESME, WRONG)
    outcome = estate.update(WRONG, ESME, RIGHT)
    rows = estate.ledger.trail.rows(Filter(service="6.15.1"))
    checks = [row.event for row in rows if row.kind == Kind.CHECK]
    assert checks[-1] == "S1SP1 registered-user" == outcome.check
    alert = next(row for row in rows if row.event == "S1SPAlert")
    assert alert.detail.startswith("S1VE4 for 02-47-42-48-49-53-00-0A")
    assert rows[-1].event == "S1VE4"


@pytest.mark.requirement("S107-18")
def test_the_policy_is_read_from_toml() -> None:
    table = msgspec.toml.decode(
        'secmp0107 = true\nsecmp0107-s1sps = ["S1SP1"]\nsecmp0107-reading = "legal-text"\n'
    )
    policy = policy_of(table)
    assert policy.secmp0107_s1sps == frozenset({"S1SP1"})
    assert policy.secmp0107_reading is Reading.LEGAL_TEXT
