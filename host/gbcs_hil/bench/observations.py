"""What a bench sees of a device that nobody else can: its store, behaviour and Security Log."""

from collections.abc import Mapping
from dataclasses import dataclass

_ACCEPTED = "accepted"


@dataclass(frozen=True)
class Delivery:
    """What came of a message.

    Attributes:
        outputs: the GBCS messages that the device sent; a real device shows only these.
        verdict: "accepted" or why the message was discarded; only the bench sees it.
        detail: what the device saw, for a person.
    """

    outputs: tuple[bytes, ...]
    verdict: str
    detail: str

    @property
    def accepted(self) -> bool:
        """Whether the device took the message."""
        return self.verdict == _ACCEPTED


@dataclass(frozen=True)
class DeviceKeys:
    """The public keys (65 octets) of the key pairs that the device made for itself."""

    signing: bytes
    agreement: bytes


@dataclass(frozen=True)
class CellContent:
    """What stands in a trust anchor cell."""

    unique_id: bytes
    ski: bytes
    certificate_role: int


@dataclass(frozen=True)
class PaymentMode:
    """How a meter's consumer pays.

    Attributes:
        mode: "credit" or "prepayment".
        threshold: the disablement threshold, as the command brought it.
        configuration: a GSME's payment control configuration; on an ESME the number of rows
            of its collection configuration.
    """

    mode: str
    threshold: int
    configuration: int


@dataclass(frozen=True)
class Behaviour:
    """How a device behaves where GBCS's public text is silent.

    Attributes:
        profile: the profile's name; None on a virgin device.
        differences: the settings that are not at their default, and their values.
        profiles: every profile that the firmware has, and where it differs from the defaults.
        settings: the names of all settings.
    """

    profile: str | None
    differences: Mapping[str, str]
    profiles: Mapping[str, Mapping[str, str]]
    settings: tuple[str, ...]


@dataclass(frozen=True)
class SecurityEvent:
    """An entry of the Security Log.

    Attributes:
        at: YYYYMMDDhhmmss, UTC.
        event: the event code, such as 0x8F70.
        detail: why, in words; only the bench sees it.
    """

    at: str
    event: int
    detail: str


@dataclass(frozen=True)
class DeviceState:
    """What the device holds in its store, as only the bench can read it."""

    cells: Mapping[str, CellContent]
    counters: Mapping[str, int]
    prepayment_floor: int
    originator_counter: int
    pending: tuple[tuple[int, str], ...]
    payment: PaymentMode
    sequence: int
    epoch: int
    store: str
    now: str
