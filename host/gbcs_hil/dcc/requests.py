"""The Service Requests that this version of the bench knows (DUIS names)."""

from dataclasses import dataclass, field

from gbcs_hil.gbcs.names import RemotePartyRole


@dataclass(frozen=True)
class RequestId:
    """originatorEUI:targetEUI:counter, which names a Service Request."""

    originator: bytes
    target: bytes
    counter: int

    def __str__(self) -> str:
        return f"{self.originator.hex('-')}:{self.target.hex('-')}:{self.counter}".upper()


@dataclass(frozen=True)
class ReplacementCertificates:
    """DER certificates for one role's cells, and the issuing authorities that prove them."""

    digital_signing: bytes | None = None
    key_agreement: bytes | None = None
    key_agreement_top_up: bytes | None = None
    path: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class ServiceRequest:
    """What every Service Request has.

    Attributes:
        id: who asks for which device, and the user's counter.
        service: the Service Reference Variant, such as "6.15.1".
        critical: whether the user signs the GBCS command itself.
    """

    id: RequestId
    service: str = field(init=False, default="")
    critical: bool = field(init=False, default=False)


@dataclass(frozen=True)
class UpdateSecurityCredentialsKRP(ServiceRequest):
    """SRV 6.15.1: a Known Remote Party replaces the certificates of its own role."""

    role: RemotePartyRole
    certificates: ReplacementCertificates
    floor: int | None = None
    prepayment_floor: int | None = None
    apply_time_based_cpv_checks: bool = True
    service: str = field(init=False, default="6.15.1")
    critical: bool = field(init=False, default=True)


@dataclass(frozen=True)
class RequestHandoverOfDCCControlledDevice(ServiceRequest):
    """SRV 6.21: a Supplier asks the DCC to hand cells that hold ACB certificates to a party."""

    role: RemotePartyRole
    certificates: ReplacementCertificates
    floor: int | None = None
    prepayment_floor: int | None = None
    apply_time_based_cpv_checks: bool = True
    service: str = field(init=False, default="6.21")


@dataclass(frozen=True)
class RetrieveDeviceSecurityCredentialsKRP(ServiceRequest):
    """SRV 6.24.1: what stands in the cells of these roles, and their counters."""

    roles: tuple[RemotePartyRole, ...]
    service: str = field(init=False, default="6.24.1")
