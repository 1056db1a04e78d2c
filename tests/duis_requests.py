"""The five Service Requests as hypothesis makes them, and one of each with all that it has."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from gbcs_hil.dcc.duis.bodies import ROLES
from gbcs_hil.dcc.requests import (
    ReplacementCertificates,
    RequestHandoverOfDCCControlledDevice,
    RequestId,
    RetrieveDeviceSecurityCredentialsKRP,
    UpdatePaymentMode,
    UpdateSecurityCredentialsCoS,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.gbcs.payment_mode import Prepayment

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

_ID = RequestId(bytes.fromhex("90B3D51F30010000"), bytes.fromhex("00DB1234567890A3"), 1_001)
_FULL: dict[str, Any] = {
    "id": _ID,
    "execution": datetime(2030, 1, 15, 9, 30, tzinfo=UTC),
    "certificates": ReplacementCertificates(b"a", b"b", b"c", (b"d", b"e")),
    "floor": 0,
    "prepayment_floor": 1,
}
FULL = (
    UpdatePaymentMode(
        id=_ID, execution=_FULL["execution"], prepayment=Prepayment(-5, True, False)
    ),
    UpdateSecurityCredentialsKRP(role=RemotePartyRole.NETWORK_OPERATOR, **_FULL),
    RequestHandoverOfDCCControlledDevice(role=RemotePartyRole.NETWORK_OPERATOR, **_FULL),
    UpdateSecurityCredentialsCoS(**_FULL),
    RetrieveDeviceSecurityCredentialsKRP(
        id=_ID, roles=(RemotePartyRole.NETWORK_OPERATOR, RemotePartyRole.SUPPLIER)
    ),
)
"""One of each, with everything that it can have."""
