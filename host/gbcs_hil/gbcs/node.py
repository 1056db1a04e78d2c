"""The tree that a person reads: every part of a message with its name and its octets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from gbcs_hil.gbcs.cursor import Cursor
from gbcs_hil.gbcs.names import format_eui
from gbcs_hil.gbcs.printable import printable


@dataclass(frozen=True, slots=True)
class Node:
    """One part of a message.

    Attributes:
        name: what GBCS calls it.
        value: what it says, in words; may be empty.
        offset: where its octets start in the message.
        octets: its octets.
        children: its own parts, in order.
    """

    name: str
    value: str
    offset: int
    octets: bytes
    children: tuple["Node", ...] = ()


class NodeData(TypedDict):
    """A node as plain data: octets are hexadecimal text."""

    name: str
    value: str
    offset: int
    octets: str
    children: list["NodeData"]


@dataclass(frozen=True, slots=True)
class Source:
    """A message that is being explained.

    Attributes:
        octets: all of it.
        directory: the names of parties and devices that somebody knows, by EUI-64.
    """

    octets: bytes
    directory: Mapping[bytes, str] = field(default_factory=dict)

    def eui(self, octets: bytes) -> str:
        """Return an EUI-64 with the name behind it, if there is one."""
        name = self.directory.get(octets)
        return format_eui(octets) + (f" {name}" if name else "")

    def node(
        self, name: str, value: str, start: int, end: int, children: tuple[Node, ...] = ()
    ) -> Node:
        """Return a node for a run of the message's octets; what the value quotes is escaped."""
        return Node(name, printable(value), start, self.octets[start:end], children)

    def last(self, cursor: Cursor, value: str) -> Node:
        """Return a node for what a cursor took last."""
        span = cursor.spans[-1]
        return self.node(span.name, value, span.start, span.end)


def to_json(node: Node) -> NodeData:
    """Return a tree as plain data."""
    return NodeData(
        name=node.name,
        value=node.value,
        offset=node.offset,
        octets=node.octets.hex().upper(),
        children=[to_json(child) for child in node.children],
    )
