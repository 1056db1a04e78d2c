"""The Service Requests of the bench as a table: who may send them, to what, how dated."""

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from gbcs_hil.dcc.participants import NETWORK_OPERATORS, SUPPLIERS, UserRole


class FutureDating(Enum):
    """Who keeps a request until its time (DUIS)."""

    NONE = "none"
    DEVICE = "device"
    DSP = "dsp"


@dataclass(frozen=True)
class Service:
    """One row of DUIS's table of Service Requests.

    Attributes:
        variant: the Service Reference Variant.
        element: its body's element in DUIS XML.
        roles: the eligible User Roles.
        critical: whether the user signs the GBCS command itself.
        future_dating: who keeps it until its time.
        devices: the device types that it can target.
    """

    variant: str
    element: str
    roles: frozenset[UserRole]
    critical: bool
    future_dating: FutureDating
    devices: frozenset[str]

    @property
    def reference(self) -> str:
        """The Service Reference: 6.15 of 6.15.1; a variant of two numbers is its own."""
        return ".".join(self.variant.split(".")[:2])


_METERS = frozenset({"esme", "gsme"})
_ALL = frozenset({"esme", "gsme", "gpf"})
_DATING = FutureDating

SERVICES = MappingProxyType(
    {
        service.variant: service
        for service in (
            Service("1.6", "UpdatePaymentMode", SUPPLIERS, True, _DATING.DEVICE, _METERS),
            Service(
                "6.15.1",
                "UpdateSecurityCredentialsKRP",
                SUPPLIERS | NETWORK_OPERATORS,
                True,
                _DATING.DEVICE,
                _ALL,
            ),
            Service(
                "6.21",
                "RequestHandoverOfDCCControlledDevice",
                SUPPLIERS,
                False,
                _DATING.DSP,
                _ALL,
            ),
            Service("6.23", "UpdateSecurityCredentialsCoS", SUPPLIERS, False, _DATING.DSP, _ALL),
            Service(
                "6.24.1",
                "RetrieveDeviceSecurityCredentialsKRP",
                SUPPLIERS | NETWORK_OPERATORS,
                False,
                _DATING.NONE,
                _ALL,
            ),
        )
    }
)
"""By Service Reference Variant. The future dating of 1.6 and 6.23 is the policy's to say."""
