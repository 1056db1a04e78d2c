"""DUIS XML: what is written is read back; what is out of place is refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcc_world import AUTHORITY, PKI, certificates_of
from gbcs_hil.dcc import duis, duis_signature
from gbcs_hil.dcc.duis_bodies import ROLES
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.requests import (
    ReplacementCertificates,
    RequestHandoverOfDCCControlledDevice,
    RequestId,
    RetrieveDeviceSecurityCredentialsKRP,
    ServiceRequest,
    UpdatePaymentMode,
    UpdateSecurityCredentialsCoS,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.dcc.services import SERVICES
from gbcs_hil.errors import AuthenticationError, BadInput
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.payment_mode import Prepayment
from gbcs_hil.smki.parties import GAS_NETWORK_B, SUPPLIER_A, SUPPLIER_B
from gbcs_hil.smki.xml_signing import xml_signing_credential

EUIS = st.binary(min_size=8, max_size=8)
IDS = st.builds(RequestId, EUIS, EUIS, st.integers(0, 2**64 - 1))
TIMES = st.none() | st.datetimes(
    datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)
).map(lambda time: time.replace(microsecond=0))
DER = st.binary(min_size=1, max_size=40)
PATHS = st.lists(DER, min_size=1, max_size=3).map(tuple)
FLOORS = st.none() | st.integers(0, 2**63 - 1)


def certificates(signing: st.SearchStrategy[bytes | None]) -> st.SearchStrategy[object]:
    return st.builds(ReplacementCertificates, signing, st.none() | DER, st.none() | DER, PATHS)


CREDENTIALS = {
    "id": IDS,
    "execution": TIMES,
    "role": st.sampled_from(list(ROLES.values())),
    "floor": FLOORS,
    "prepayment_floor": FLOORS,
    "apply_time_based_cpv_checks": st.booleans(),
}
REQUESTS = st.one_of(
    st.builds(
        UpdateSecurityCredentialsKRP,
        **{**CREDENTIALS, "certificates": certificates(st.none() | DER)},
    ),
    st.builds(
        RequestHandoverOfDCCControlledDevice, **{**CREDENTIALS, "certificates": certificates(DER)}
    ),
    st.builds(
        UpdateSecurityCredentialsCoS,
        id=IDS,
        execution=TIMES,
        certificates=certificates(DER),
        floor=st.integers(0, 2**63 - 1),
        prepayment_floor=FLOORS,
        apply_time_based_cpv_checks=st.booleans(),
    ),
    st.builds(
        RetrieveDeviceSecurityCredentialsKRP,
        id=IDS,
        execution=st.none(),
        roles=st.lists(st.sampled_from(list(ROLES.values())), min_size=1).map(tuple),
    ),
    st.builds(
        UpdatePaymentMode,
        id=IDS,
        execution=TIMES,
        prepayment=st.none()
        | st.builds(Prepayment, st.integers(-(2**31), 2**31 - 1), st.booleans(), st.booleans()),
    ),
)


@settings(max_examples=60)
@given(request=REQUESTS)
def test_what_is_written_is_read_back(request: ServiceRequest) -> None:
    assert duis.read(duis.write(request)) == request


def handover() -> RequestHandoverOfDCCControlledDevice:
    return RequestHandoverOfDCCControlledDevice(
        id=RequestId(SUPPLIER_A.eui, bytes(8), 2**64 - 1),
        role=RemotePartyRole.NETWORK_OPERATOR,
        certificates=certificates_of(GAS_NETWORK_B),
        floor=2**63 - 1,
    )


@pytest.mark.requirement("DUIS-9")
def test_the_counter_is_exact_to_64_bits_and_the_floor_to_63() -> None:
    document = duis.write(handover())
    assert b":18446744073709551615<" in document
    read = duis.read(document)
    assert (read.id.counter, read.execution) == (2**64 - 1, None)
    with pytest.raises(BadInput, match="FloorSeqNumber cannot be '9223372036854775808'"):
        duis.read(document.replace(b">9223372036854775807<", b">9223372036854775808<"))
    with pytest.raises(BadInput, match="RequestID cannot be"):
        duis.read(document.replace(b":18446744073709551615<", b":18446744073709551616<"))


def test_a_6_23_without_its_floor_is_refused() -> None:
    """There it is a must, in 6.15.1 and 6.21 it is not."""
    request = UpdateSecurityCredentialsCoS(
        id=RequestId(SUPPLIER_B.eui, bytes(8), 1),
        certificates=certificates_of(SUPPLIER_B),
        floor=7,
    )
    document = duis.write(request)
    floor = b"<sr:SupplierFloorSeqNumber>7</sr:SupplierFloorSeqNumber>"
    assert floor in document
    with pytest.raises(BadInput, match="SupplierFloorSeqNumber is expected"):
        duis.read(document.replace(floor, b""))


NO_FLOOR = b"<sr:RemotePartyFloorSeqNumber>9223372036854775807</sr:RemotePartyFloorSeqNumber>"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"NetworkOperator<", b"Nobody<", "RemotePartyRole cannot be 'Nobody'"),
        (b"CommandVariant>1<", b"CommandVariant>4<", "no such Service Reference"),
        (b"Reference>6.21<", b"Reference>6.22<", "no such Service Reference"),
        (b"CommandVariant>1<", b"CommandVariant>5<", "no such Service Reference"),
        (b"Variant>6.21<", b"Variant>6.22<", "no such Service Reference"),
        (b"<sr:Body>", b"<sr:Body><sr:Extra/>", "is expected, not Extra"),
        (b"</sr:Body>", b"<sr:Extra/></sr:Body>", "Extra is not expected"),
        (b"true<", b"perhaps<", "ApplyTimeBasedCPVChecks cannot be"),
        (b"ServiceUserGateway", b"Other", "not a Request of"),
        (b"<sr:Body>", b"<sr:Body", "no XML"),
        (NO_FLOOR, NO_FLOOR * 2, "ReplacementCertificates is expected"),
    ],
)
def test_what_is_out_of_place_is_refused(old: bytes, new: bytes, said: str) -> None:
    document = duis.write(handover())
    assert old in document
    with pytest.raises(BadInput, match=said):
        duis.read(document.replace(old, new))


def test_a_document_type_is_refused_and_no_entity_is_read() -> None:
    document = duis.write(handover()).replace(
        b"<sr:Request", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><sr:Request', 1
    )
    with pytest.raises(BadInput, match="document type"):
        duis.read(document)


SIGNER = xml_signing_credential(AUTHORITY, SUPPLIER_A.eui, SUPPLIER_A.name)


@pytest.mark.requirement("DUIS-14")
def test_a_signed_document_says_the_same_and_verifies() -> None:
    signed = duis_signature.sign(duis.write(handover()), SIGNER)
    assert duis.read(signed) == handover()
    assert duis.read(duis_signature.verify(signed, SIGNER.certificate)) == handover()


@pytest.mark.requirement("DUIS-14")
def test_what_was_changed_or_signed_by_another_or_not_at_all_is_noticed() -> None:
    document = duis.write(handover())
    signed = duis_signature.sign(document, SIGNER)
    other = xml_signing_credential(AUTHORITY, SUPPLIER_B.eui, SUPPLIER_B.name)
    changed = signed.replace(b"NetworkOperator<", b"Supplier<")
    for wrong, certificate in (
        (changed, SIGNER.certificate),
        (signed, other.certificate),
        (document, SIGNER.certificate),
    ):
        with pytest.raises(AuthenticationError, match="XML signature"):
            duis_signature.verify(wrong, certificate)


def test_the_xml_key_is_another_than_the_one_that_signs_gbcs() -> None:
    gbcs = PKI.credential(SUPPLIER_A.eui, KeyUsage.DIGITAL_SIGNATURE)
    assert gbcs.certificate != SIGNER.certificate


@pytest.mark.requirement("DUIS-2", "DUIS-10")
def test_the_table_of_services_is_what_duis_says() -> None:
    told = {
        variant: (sorted(service.roles), service.critical, service.future_dating.value)
        for variant, service in SERVICES.items()
    }
    suppliers, all_four = ["GS", "IS"], ["ED", "GS", "GT", "IS"]
    assert told == {
        "1.6": (suppliers, True, "device"),
        "6.15.1": (all_four, True, "device"),
        "6.21": (suppliers, False, "dsp"),
        "6.23": (suppliers, False, "dsp"),
        "6.24.1": (all_four, False, "none"),
    }


@pytest.mark.requirement("DUIS-9")
def test_a_response_id_has_the_eui_64s_swapped() -> None:
    identifier = RequestId.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1200")
    assert identifier.response_id == "00-DB-12-34-56-78-90-A0:90-B3-D5-1F-30-01-00-00:1200"


def test_what_no_public_source_tells_is_a_switch() -> None:
    """The namespace, and the elements of a 6.23's second floor and a 6.24.1's roles."""
    policy = Policy(
        duis_namespace="urn:another",
        duis_6_23_top_up_floor="TopUpFloor",
        duis_6_24_1_role="Role",
    )
    identifier = RequestId(SUPPLIER_B.eui, bytes(8), 1)
    change = UpdateSecurityCredentialsCoS(
        id=identifier,
        certificates=certificates_of(SUPPLIER_B),
        floor=7,
        prepayment_floor=8,
    )
    read = RetrieveDeviceSecurityCredentialsKRP(
        id=identifier, roles=(RemotePartyRole.NETWORK_OPERATOR,)
    )
    for request, said in ((change, b"<sr:TopUpFloor>8<"), (read, b"<sr:Role>NetworkOperator<")):
        document = duis.write(request, policy)
        assert said in document
        assert duis.read(document, policy) == request
        with pytest.raises(BadInput, match=r"not a Request of http://www\."):
            duis.read(document)


@pytest.mark.parametrize(
    "kind", [UpdateSecurityCredentialsKRP, RetrieveDeviceSecurityCredentialsKRP]
)
def test_a_role_that_duis_has_no_word_for_is_not_written(kind: type[ServiceRequest]) -> None:
    role = RemotePartyRole.WAN_PROVIDER
    fields = (
        {"roles": (role,)}
        if kind is RetrieveDeviceSecurityCredentialsKRP
        else {"role": role, "certificates": certificates_of(SUPPLIER_B)}
    )
    with pytest.raises(BadInput, match="no RemotePartyRole"):
        duis.write(kind(id=RequestId(bytes(8), bytes(8), 1), **fields))
