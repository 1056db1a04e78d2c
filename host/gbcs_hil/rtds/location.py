"""Saying in words where two messages differ."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.explain import explain
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.node import Node

_LIST = re.compile(r"\d+ items?|none")
_SHOWN_OCTETS = 12


@dataclass(frozen=True, slots=True)
class _Pair:
    """The same part of both messages."""

    name: str
    expected: Node
    actual: Node

    def parts(self) -> Iterator["_Pair"]:
        """Yield the parts that both have: by place in a list, else by name and occurrence."""
        if self.is_list:
            for number, pair in enumerate(
                zip(self.expected.children, self.actual.children, strict=False)
            ):
                yield _Pair(f"{self.name}[{number}]", *pair)
            return
        theirs = _numbered(self.actual)
        for key, node in _numbered(self.expected).items():
            if key in theirs:
                yield _Pair(f"{self.name}.{_path(key)}".lstrip("."), node, theirs[key])

    @property
    def is_list(self) -> bool:
        """Whether the parts have no names of their own."""
        return all(_LIST.fullmatch(node.value) for node in (self.expected, self.actual))


def locate(expected: Message, actual: Message) -> list[str]:
    """Return where two messages differ: header and payload, one text for each place.

    Args:
        expected: with every length in its shortest form.
        actual: the same.
    """
    theirs, ours = expected.grouping_octets, actual.grouping_octets
    start = len(theirs) - len(expected.payload)
    trees = []
    # Signature and MAC are left out here; they are compared elsewhere.
    for whose, octets in (("the vector's", theirs), ("the device's", ours)):
        try:
            trees.append(explain(octets))
        except GbcsError as error:
            return [f"payload: {whose} cannot be read: {error}"]
    return list(_differences(_Pair("", *trees), start)) or [_octets(theirs, ours, start)]


def _differences(pair: _Pair, start: int) -> Iterator[str]:
    """Yield the differences in the smallest parts that differ."""
    expected, actual = pair.expected, pair.actual
    if expected.octets == actual.octets:
        return
    found = False
    for text in _unmatched(pair):
        found = True
        yield text
    for part in pair.parts():
        for text in _differences(part, start):
            found = True
            yield text
    if not found and not _only_parents(pair):
        yield _difference(pair, start)


def _only_parents(pair: _Pair) -> bool:
    """Whether the parts cover all that can differ: the whole message, and its header."""
    return pair.name in ("", "Grouping Header")


def _difference(pair: _Pair, start: int) -> str:
    expected, actual = pair.expected, pair.actual
    at = expected.offset + _first(expected.octets, actual.octets)
    place = f"payload octet {at - start}, " if at >= start else ""
    said = (expected.value, actual.value)
    if said[0] == said[1] or not all(said):
        said = (_hex(expected.octets), _hex(actual.octets))
    name = pair.name.removeprefix("Grouping Header.").removeprefix("Payload.")
    return f"{place}{name}: expected {said[0]}, device says {said[1]}"


def _unmatched(pair: _Pair) -> Iterator[str]:
    """Yield what one of the two lacks."""
    name = pair.name.removeprefix("Payload.") or "message"
    if pair.is_list:
        if len(pair.expected.children) != len(pair.actual.children):
            yield f"{name}: expected {pair.expected.value}, device says {pair.actual.value}"
        return
    theirs, ours = _numbered(pair.expected), _numbered(pair.actual)
    for key in theirs:
        if key not in ours:
            yield f"{name}: expected {_path(key)}, which the device leaves out"
    for key in ours:
        if key not in theirs:
            yield f"{name}: the device adds {_path(key)}"


def _numbered(node: Node) -> dict[tuple[str, int], Node]:
    """Return a node's children by name and occurrence."""
    seen: Counter[str] = Counter()
    numbered = {}
    for child in node.children:
        numbered[child.name, seen[child.name]] = child
        seen[child.name] += 1
    return numbered


def _path(key: tuple[str, int]) -> str:
    name, occurrence = key
    return f"{name}[{occurrence}]" if occurrence else name


def _octets(expected: bytes, actual: bytes, start: int) -> str:
    """Return the first difference of two runs of octets, of which `start` begin a header."""
    at = _first(expected, actual)
    place = f"payload octet {at - start}" if at >= start else f"header octet {at}"
    return f"{place}: expected {_hex(expected[at:])}, device says {_hex(actual[at:])}"


def _first(expected: bytes, actual: bytes) -> int:
    """Return the place of the first octet that differs."""
    pairs = zip(expected, actual, strict=False)
    different = (at for at, (theirs, ours) in enumerate(pairs) if theirs != ours)
    return next(different, min(len(expected), len(actual)))


def _hex(octets: bytes) -> str:
    if not octets:
        return "nothing"
    more = "…" if len(octets) > _SHOWN_OCTETS else ""
    return octets[:_SHOWN_OCTETS].hex().upper() + more
