"""Reading a policy from a TOML file; what it may not say is told with the file and the switch."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from gbcs_hil.dcc.policy import Policy
from gbcs_hil.errors import BadInput

TABLE = "policy"


def load_policy(path: Path | None) -> Policy:
    """Read a policy from the table `policy` of a TOML file; without a file, the default.

    Raises:
        BadInput: the file cannot be read, or has no good table `policy`; says which switch.
    """
    if path is None:
        return Policy()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInput(f"{path}: cannot read the policy: {why}") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path}: not TOML: {error}") from None
    if not isinstance(document.get(TABLE), dict):
        raise BadInput(f"{path}: there is no table [{TABLE}] in it")
    return policy_of(document[TABLE], f"{path}: [{TABLE}]")


def policy_of(table: Mapping[str, Any], source: str = f"[{TABLE}]") -> Policy:
    """Take a policy from a TOML table.

    Args:
        table: names of switches to their values.
        source: what to call the table in an error.

    Raises:
        BadInput: it names a switch or a value that there is not.
    """
    try:
        return msgspec.convert(table, Policy, strict=True)
    except msgspec.ValidationError as error:
        raise BadInput(f"{source} {_said(str(error))}") from None


def _said(message: str) -> str:
    """Say one of msgspec's messages with the switch first, and what there is instead."""
    if unknown := re.search("unknown field `([^`]*)`", message):
        names = [field.encode_name for field in msgspec.structs.fields(Policy)]
        near = difflib.get_close_matches(unknown[1], names, 1)
        instead = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
        return f"has no switch {unknown[1]}; {instead}"
    reason, _, place = message.replace("`", "").partition(" - at $.")
    switch = place.partition("[")[0]
    choices = ", ".join(_choices(switch))
    if value := re.fullmatch("Invalid enum value (.*)", reason):
        return f"{switch} cannot be {value[1]}; there are {choices}"
    reason = reason[:1].lower() + reason[1:]
    return f"{switch}: {reason}" + (f", one of {choices}" if choices else "")


def _choices(switch: str) -> Iterator[str]:
    """Yield the values of a switch that has few."""
    field = next(f for f in msgspec.structs.fields(Policy) if f.encode_name == switch)
    left = [get_type_hints(Policy)[field.name]]
    while left:
        kind = left.pop()
        if get_origin(kind) is Literal:
            yield from get_args(kind)
        elif isinstance(kind, type) and issubclass(kind, Enum):
            yield from (member.value for member in kind)
        else:
            left += get_args(kind)
