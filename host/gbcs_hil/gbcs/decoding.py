"""What `gbcs-hil decode` does: find the octets, explain them, show the tree."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
from rich.console import Console

from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.gbcs.explain import Node, explain, read_octets, to_json
from gbcs_hil.gbcs.tree import show

# A GBCS message is at most some thousand octets; what is far longer is another file.
_LARGEST_INPUT = 1 << 20
_LIMIT = _LARGEST_INPUT + 1
_UTF_8 = b"\xef\xbb\xbf"


def run(message: str, as_json: bool, xml: Callable[[bytes], Node]) -> None:
    """Print the explanation of a message.

    Args:
        message: a file's path, hexadecimal text, or "-" for standard input.
        as_json: print JSON for programs instead of a tree.
        xml: explains what is XML and no GBCS message.

    Raises:
        BadInput: there is no such file, or it holds no message; says which and why.
    """
    source, text = _read(message)
    try:
        if isinstance(text, bytes) and text.removeprefix(_UTF_8).lstrip()[:1] == b"<":
            node = xml(text)
        else:
            node = explain(read_octets(text))
    except BadInput as error:
        raise BadInput(f"{source}: {error}") from error
    if as_json:
        octets = msgspec.json.format(msgspec.json.encode(to_json(node)), indent=2)
        sys.stdout.write(octets.decode() + "\n")
    else:
        show(Console(), node)


def read(message: str) -> bytes:
    """Return a message's octets; the argument and the errors are as `run`'s."""
    source, text = _read(message)
    try:
        return read_octets(text)
    except GbcsError as error:
        raise BadInput(f"{source}: {error}") from error


def _read(message: str) -> tuple[str, bytes | str]:
    """Return the name of the source, and what it holds."""
    if message == "-":
        if sys.stdin is None:
            raise BadInput("standard input is closed")
        return "standard input", _limited("standard input", sys.stdin.buffer.read(_LIMIT))
    if not message.strip():
        raise BadInput("there is nothing to decode: give a file, hexadecimal text or -")
    path = Path(message)
    try:
        if path.is_dir():
            raise BadInput(f"{message}: a folder; name one file in it")
        if path.exists():
            with path.open("rb") as file:
                return message, _limited(message, file.read(_LIMIT))
    except OSError as error:
        # Hexadecimal text is too long for a file name, which is how most systems refuse it.
        if not _is_hexadecimal(message):
            raise BadInput(f"cannot read {message[:80]}: {error.strerror}") from error
    if not _is_hexadecimal(message):
        raise BadInput(f"{message[:80]}: there is no such file, and it is no hexadecimal text")
    return "the message", message


def _limited(source: str, octets: bytes) -> bytes:
    if len(octets) > _LARGEST_INPUT:
        raise BadInput(f"{source}: more than {_LARGEST_INPUT} octets are no message")
    return octets


def _is_hexadecimal(text: str) -> bool:
    return re.fullmatch(r"(0[xX]|[0-9A-Fa-f\s:,-])+", text) is not None
