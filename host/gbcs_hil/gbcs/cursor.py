"""Reading octets from front to back, remembering what each of them was."""

from dataclasses import dataclass, field

from gbcs_hil.errors import GbcsError


@dataclass(frozen=True, slots=True)
class Span:
    """A named run of octets: `octets[start:end]` of the message that was read."""

    name: str
    start: int
    end: int


@dataclass(slots=True)
class Cursor:
    """A position in octets that never passes `end`.

    Attributes:
        octets: all octets of the message, so that offsets are the message's own.
        offset: the next octet to read.
        end: where reading has to stop.
        spans: what has been taken under a name, in order.
    """

    octets: bytes
    offset: int
    end: int
    spans: list[Span] = field(default_factory=list)

    @property
    def left(self) -> int:
        """The number of octets that are still to be read."""
        return self.end - self.offset

    def take(self, count: int, name: str) -> bytes:
        """Read `count` octets and remember them under `name`.

        Raises:
            GbcsError: fewer are left.
        """
        if count > self.left:
            raise GbcsError(f"offset {self.offset}: {name} takes {count} octets, {self.left} left")
        start = self.offset
        self.offset += count
        self.spans.append(Span(name, start, self.offset))
        return self.octets[start : self.offset]

    def number(self, count: int, name: str) -> int:
        """Read an unsigned big-endian number of `count` octets."""
        return int.from_bytes(self.take(count, name), "big")

    def expect(self, octets: bytes, name: str) -> None:
        """Read octets that can only have one value.

        Raises:
            GbcsError: they have another value, or are missing.
        """
        start = self.offset
        found = self.take(len(octets), name)
        if found != octets:
            raise GbcsError(
                f"offset {start}: {name} is {found.hex().upper()}, expected {octets.hex().upper()}"
            )

    def length(self, name: str) -> int:
        """Read a length coded as BER and A-XDR do, at most 65535, not need be minimal.

        Raises:
            GbcsError: it is coded in another way or reaches beyond the end.
        """
        value, self.offset, _ = read_length(self.octets, self.offset, self.end, name)
        return value

    def finish(self, name: str) -> None:
        """Insist that nothing is left.

        Raises:
            GbcsError: octets are left.
        """
        if self.left:
            raise GbcsError(f"offset {self.offset}: {self.left} octets after the end of {name}")


def read_length(octets: bytes, offset: int, end: int, name: str) -> tuple[int, int, bool]:
    """Read a length at `offset`.

    Returns:
        The length, the offset behind it, and whether it was coded in its shortest form.

    Raises:
        GbcsError: it is cut short, indefinite, above 65535, or reaches beyond `end`.
    """
    if offset >= end:
        raise GbcsError(f"offset {offset}: the length of {name} is missing")
    first = octets[offset]
    behind = offset + 1
    if first < 0x80:
        value, minimal = first, True
    elif first in (0x81, 0x82):
        behind += first - 0x80
        if behind > end:
            raise GbcsError(f"offset {offset}: the length of {name} is cut short")
        value = int.from_bytes(octets[offset + 1 : behind], "big")
        minimal = value > (0x7F if first == 0x81 else 0xFF)
    else:
        raise GbcsError(f"offset {offset}: the length of {name} starts with 0x{first:02X}")
    if value > end - behind:
        raise GbcsError(f"offset {offset}: {name} takes {value} octets, {end - behind} left")
    return value, behind, minimal


def encode_length(length: int) -> bytes:
    """Code a length of at most 65535 in its shortest form.

    Raises:
        GbcsError: the length is larger than a GBCS message can be.
    """
    if length < 0x80:
        return bytes([length])
    if length < 0x100:
        return bytes([0x81, length])
    if length < 0x10000:
        return b"\x82" + length.to_bytes(2, "big")
    raise GbcsError(f"{length} octets do not fit in a GBCS message")
