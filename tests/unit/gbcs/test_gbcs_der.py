"""DER as devices send it: long lengths are put right, everything else malformed is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.der import normalise_lengths, tlv


@st.composite
def values(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A DER value twice: coded properly, and with lengths of two octets."""
    tree = draw(st.recursive(st.binary(max_size=20), lambda part: st.lists(part, max_size=4)))

    def code(part: object, loose: bool) -> bytes:
        if isinstance(part, list):
            tag, content = 0x30, b"".join(code(item, loose) for item in part)
        else:
            assert isinstance(part, bytes)
            tag, content = 0x04, part
        if loose:
            return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content
        return tlv(tag, content)

    return code(tree, loose=False), code(tree, loose=True)


@given(values())
def test_long_lengths_become_the_shortest(value: tuple[bytes, bytes]) -> None:
    proper, loose = value
    assert normalise_lengths(loose).octets == proper


@given(values())
def test_proper_der_stays_as_it_is(value: tuple[bytes, bytes]) -> None:
    proper, _ = value
    assert normalise_lengths(proper).octets == proper
    assert not normalise_lengths(proper).changed


def test_a_change_is_reported() -> None:
    assert normalise_lengths(bytes.fromhex("3082000405000500")).changed


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        ("", "offset 0: a DER value is missing"),
        ("30", "offset 1: the length"),
        ("3080", "offset 1.*starts with 0x80"),
        ("308300000105", "offset 1.*starts with 0x83"),
        ("3002", "offset 1.*takes 2 octets, 0 left"),
        ("30020501", "offset 3.*takes 1 octets, 0 left"),
        ("05000500", "offset 2: 2 octets after"),
        ("1F0100", "offset 0: GBCS has no tag 0x1F"),
    ],
)
def test_the_error_says_where(octets: str, says: str) -> None:
    with pytest.raises(GbcsError, match=says):
        normalise_lengths(bytes.fromhex(octets))


def test_deep_nesting_is_refused() -> None:
    octets = b""
    for _ in range(5000):
        octets = tlv(0x30, octets)
    with pytest.raises(GbcsError, match="deeper"):
        normalise_lengths(octets)
