"""What a test asks of a board: the marker `needs`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import get_args

import pytest

from gbcs_hil.bench import rig

ROLES = get_args(rig.Role)
_CAPABILITIES = get_args(rig.Capability)


@dataclass(frozen=True)
class Need:
    """What a test asks of a board.

    Attributes:
        role: the device that it plays, or None for any.
        caps: the capabilities that it must have.
    """

    role: str | None = None
    caps: frozenset[str] = frozenset()

    def fits(self, board: rig.RigBoard) -> bool:
        """Return whether a board has it all."""
        return self.role in (None, board.role) and self.caps <= set(board.capabilities)

    def __str__(self) -> str:
        wants = [f"role={self.role}"] * bool(self.role) + sorted(self.caps)
        return "no board with " + " and ".join(wants) if wants else "no board"


def need_of(item: pytest.Item) -> Need:
    """Return what a test's marker `needs` asks for.

    Raises:
        pytest.UsageError: the marker makes no sense.
    """
    marker = item.get_closest_marker("needs")
    if marker is None:
        return Need()
    unknown = set(marker.kwargs) - {"role", "caps"}
    if marker.args or unknown:
        raise _usage(item, f"takes role= and caps= alone, not {[*marker.args, *sorted(unknown)]}")
    return need(item, marker.kwargs.get("role"), marker.kwargs.get("caps", ()))


def complaints(items: Collection[pytest.Item]) -> list[str]:
    """Return a line for each marker `needs` that makes no sense."""
    wrong = []
    for item in items:
        try:
            need_of(item)
        except pytest.UsageError as error:
            wrong.append(str(error))
    return wrong


def need(item: pytest.Item, role: object, caps: object) -> Need:
    """Return the need of a role and capabilities.

    Raises:
        pytest.UsageError: there is no such role or capability.
    """
    if role is not None and role not in ROLES:
        raise _usage(item, f"knows no role {role!r}; there are {', '.join(ROLES)}")
    if isinstance(caps, str) or not isinstance(caps, Collection):
        raise _usage(item, f"wants caps as a set of texts, not {caps!r}")
    for cap in caps:
        if cap not in _CAPABILITIES:
            raise _usage(item, f"knows no capability {cap!r}; {', '.join(_CAPABILITIES)}")
    return Need(None if role is None else str(role), frozenset(caps))


def _usage(item: pytest.Item, what: str) -> pytest.UsageError:
    return pytest.UsageError(f"{item.nodeid}: the marker needs {what}")
