"""The switches of a policy, described: what each stands for and where that is known from."""

import msgspec
from msgspec import Meta

from gbcs_hil.dcc.policy import Policy


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
    meta = next(m for m in field.type.__metadata__ if isinstance(m, Meta))
    source = str((meta.extra or {})["source"])
    return Switch(field.encode_name, meta.title or "", meta.description or "", source)
