"""The GBZ frames that GBCS's payment mode commands consist of (GCS02, GCS03)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from gbcs_hil.errors import GbcsError

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
PREPAYMENT_CLUSTER = 0x0705
NOW, CANCEL = 0, 0xFFFFFFFF
UNUSED = 0xFFFFFFFF

CREDIT, PREPAYMENT, PREPAYMENT_SUSPENDED = 0x0C94, 0x0897, 0x0097
CONFIGURATIONS = MappingProxyType(
    {
        CREDIT: "credit",
        PREPAYMENT: "prepayment",
        PREPAYMENT_SUSPENDED: "prepayment, debt suspended in emergency credit",
    }
)
STATUSES = MappingProxyType({0x00: "success", 0xC0: "hardware failure"})


@dataclass(frozen=True, slots=True)
class GbzField:
    """A little-endian number in a frame: its name, octets, and how it is said."""

    name: str
    size: int
    text: Callable[[int], str] = str


@dataclass(frozen=True, slots=True)
class Frame:
    """A ZCL frame: its name and fields."""

    name: str
    fields: tuple[GbzField, ...]


def seconds(time: datetime) -> int:
    """Return a time with time zone as seconds since 2000.

    Raises:
        GbcsError: the time has no time zone, or GBZ cannot say it.
    """
    if time.tzinfo is None:
        raise GbcsError(f"{time} has no time zone, so it cannot be sent to a Device")
    value = int((time - EPOCH).total_seconds())
    if not NOW < value < CANCEL:
        raise GbcsError(f"{time} cannot be said in seconds since 2000")
    return value


def time_text(value: int) -> str:
    """Return seconds since 2000 as a time."""
    return f"{EPOCH + timedelta(seconds=value):%Y-%m-%d %H:%M:%S}"


def _activation(value: int) -> str:
    return {NOW: "now", CANCEL: "never (cancels the command)"}.get(value) or time_text(value)


def _amount(value: int) -> str:
    # The cut-off value is signed; credit mode fills its octets with ones.
    if value == UNUSED:
        return "not used"
    return str(value - (1 << 32) if value & 1 << 31 else value)


def _configuration(value: int) -> str:
    return f"{CONFIGURATIONS.get(value, 'other')} (0x{value:04X})"


_DEFAULT_RESPONSE = Frame(
    "Default Response",
    (
        GbzField("command", 1, lambda value: f"0x{value:02X}"),
        GbzField("status", 1, lambda value: f"{STATUSES.get(value, 'failure')} (0x{value:02X})"),
    ),
)
FRAMES: MappingProxyType[tuple[int, int, int], Frame] = MappingProxyType(
    {
        (PREPAYMENT_CLUSTER, 0x01, 0x06): Frame(
            "Change Payment Mode",
            (
                GbzField("provider id", 4),
                GbzField("issuer event id", 4, lambda value: f"{value}, {time_text(value)}"),
                GbzField("implementation time", 4, _activation),
                GbzField("proposed payment control configuration", 2, _configuration),
                GbzField("cut-off value", 4, _amount),
            ),
        ),
        (PREPAYMENT_CLUSTER, 0x19, 0x02): Frame(
            "Change Payment Mode Response",
            (
                GbzField("friendly credit", 1),
                GbzField("friendly credit calendar id", 4),
                GbzField("emergency credit limit", 4),
                GbzField("emergency credit threshold", 4),
            ),
        ),
        **{
            (PREPAYMENT_CLUSTER, control, 0x0B): _DEFAULT_RESPONSE
            for control in (0x00, 0x08, 0x10, 0x18)
        },
    }
)
"""Frames by cluster, ZCL frame control and command id."""
