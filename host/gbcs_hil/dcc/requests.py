"""The Service Requests that the bench knows (DUIS names)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from gbcs_hil.dcc.services import SERVICES, Service
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.names import RemotePartyRole, format_eui, parse_eui
from gbcs_hil.gbcs.payment_mode import Prepayment

_EUI = r"((?:[0-9A-F]{2}-){7}[0-9A-F]{2})"
_ID = re.compile(f"{_EUI}:{_EUI}:([0-9]{{1,20}})", re.ASCII | re.IGNORECASE)
_MAX_COUNTER = 2**64 - 1


@dataclass(frozen=True)
class RequestId:
    """originatorEUI:targetEUI:counter, which names a Service Request; counter to 2^64-1.

    Raises:
        BadInput: the counter is none.
    """

    originator: bytes
    target: bytes
    counter: int

    def __post_init__(self) -> None:
        if not 0 <= self.counter <= _MAX_COUNTER:
            raise BadInput(f"{self.counter} is no counter of a RequestID")

    def __str__(self) -> str:
        return f"{format_eui(self.originator)}:{format_eui(self.target)}:{self.counter}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a RequestID as DUIS writes it.

        Raises:
            BadInput: it is none.
        """
        match = _ID.fullmatch(text)
        if match is None or int(match[3]) > _MAX_COUNTER:
            raise BadInput(f"{text!r} is no RequestID: originatorEUI:targetEUI:counter")
        return cls(parse_eui(match[1]), parse_eui(match[2]), int(match[3]))

    @property
    def response_id(self) -> str:
        """The ResponseID: the same with the EUI-64s swapped."""
        return str(RequestId(self.target, self.originator, self.counter))


@dataclass(frozen=True)
class ReplacementCertificates:
    """DER certificates for one role's cells, and the issuing authorities that prove them."""

    digital_signing: bytes | None = None
    key_agreement: bytes | None = None
    key_agreement_top_up: bytes | None = None
    path: tuple[bytes, ...] = ()

    @property
    def brought(self) -> tuple[bytes, ...]:
        """The certificates for the role's cells, without the path."""
        offered = (self.digital_signing, self.key_agreement, self.key_agreement_top_up)
        return tuple(certificate for certificate in offered if certificate is not None)


@dataclass(frozen=True, kw_only=True)
class ServiceRequest:
    """What every Service Request has.

    Attributes:
        id: who asks for which device, and the user's counter.
        execution: when it is to be executed, in UTC; None for at once.
        variant: the Service Reference Variant, such as "6.15.1".
    """

    id: RequestId
    execution: datetime | None = None
    variant: ClassVar[str] = ""

    @property
    def service(self) -> Service:
        """The row of its variant."""
        return SERVICES[self.variant]

    @property
    def critical(self) -> bool:
        """Whether the user signs the GBCS command itself."""
        return self.service.critical


@dataclass(frozen=True)
class SignedPreCommand:
    """What a user sends back of a critical request: its pre-command, signed.

    Attributes:
        id: the RequestID of the request that was transformed.
        variant: its Service Reference Variant.
        message: the GBCS command with the user's signature.
    """

    id: RequestId
    variant: str
    message: Message


@dataclass(frozen=True, kw_only=True)
class UpdatePaymentMode(ServiceRequest):
    """SRV 1.6: credit mode, or prepayment and how it is to work."""

    prepayment: Prepayment | None = None
    variant: ClassVar[str] = "1.6"


@dataclass(frozen=True, kw_only=True)
class CredentialsRequest(ServiceRequest):
    """What 6.15.1 and 6.21 have in common: certificates for one role's cells.

    The floor may be left out. Then nothing tells the party that comes what its counter has to
    exceed, and no rule makes a device reset it (SMDA-1, SMDA-2).
    """

    role: RemotePartyRole
    certificates: ReplacementCertificates
    floor: int | None = None
    prepayment_floor: int | None = None
    apply_time_based_cpv_checks: bool = True


@dataclass(frozen=True, kw_only=True)
class UpdateSecurityCredentialsKRP(CredentialsRequest):
    """SRV 6.15.1: a Known Remote Party replaces the certificates of its own role."""

    variant: ClassVar[str] = "6.15.1"


@dataclass(frozen=True, kw_only=True)
class RequestHandoverOfDCCControlledDevice(CredentialsRequest):
    """SRV 6.21: a Supplier asks the DCC to hand cells that hold ACB certificates to a party."""

    variant: ClassVar[str] = "6.21"


@dataclass(frozen=True, kw_only=True)
class UpdateSecurityCredentialsCoS(ServiceRequest):
    """SRV 6.23: an incoming Supplier has the DCC put its certificates in; the floor is a must."""

    certificates: ReplacementCertificates
    floor: int
    prepayment_floor: int | None = None
    apply_time_based_cpv_checks: bool = True
    variant: ClassVar[str] = "6.23"
    role: ClassVar[RemotePartyRole] = RemotePartyRole.SUPPLIER


@dataclass(frozen=True, kw_only=True)
class RetrieveDeviceSecurityCredentialsKRP(ServiceRequest):
    """SRV 6.24.1: what stands in the cells of these roles, and their counters."""

    roles: tuple[RemotePartyRole, ...]
    variant: ClassVar[str] = "6.24.1"
