"""The switches of a policy, described: what each stands for and where that is known from."""

from collections.abc import Mapping

import msgspec
from msgspec import Meta

from gbcs_hil.dcc.policy import Fault, Policy


class Switch(msgspec.Struct, frozen=True):
    """One field of a policy, described.

    Attributes:
        name: as TOML spells it.
        modification: which modification it stands for, or "none".
        description: what it does when it is on.
        source: where that is known from.
    """

    name: str
    modification: str
    description: str
    source: str


def switches() -> tuple[Switch, ...]:
    """Return every field of `Policy` with its modification and source."""
    return tuple(_described(field) for field in msgspec.structs.fields(Policy))


def _described(field: msgspec.structs.FieldInfo) -> Switch:
    meta = next(m for m in field.type.__metadata__ if isinstance(m, Meta) and m.title)
    source = str((meta.extra or {})["source"])
    return Switch(field.encode_name, meta.title or "", meta.description or "", source)


_FAULTS: Mapping[Fault, str] = {
    Fault.H1: "the counter of a 6.15.1 is not recorded",
    Fault.H2: "it is recorded when the request comes, even if the device refuses it",
    Fault.H3: "the record is lost when the DSP starts anew",
    Fault.H4: "the handover's counter is at least the recorded one, not above it",
    Fault.H5: "a floor above the recorded counter is not looked at",
    Fault.H6: "one counter of the ACB's for all devices, and it goes backwards",
    Fault.H7: "the registration data are one change behind",
    Fault.H8: "a modification is live at the DSP and not at one S1SP",
    Fault.H9: "an exemption for network operators is given to Suppliers too",
    Fault.H10: "alerts go to whom the registration data name, not to whose certificate is held",
}


def fault_description(fault: Fault) -> str:
    """Return what a DCC with a fault does wrong, a sentence."""
    return _FAULTS[fault]
