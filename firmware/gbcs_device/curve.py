"""The numbers of NIST P-256, and the arithmetic on them that needs no point.

Nothing here checks its input: `p256` does. The running time depends on the values, so nothing
here resists a side channel.
"""

from gbcs_device._compat import const

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
"""The prime of the field."""

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the generator, a prime."""

_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B

GENERATOR = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

WIDTH = const(5)
"""Of the window for a point without a comb: a table of 2**(WIDTH - 2) points."""

TEETH = const(6)
"""Rows of a comb: its table has 2**(TEETH - 1) points."""

COLUMNS = const(43)
"""Columns of a comb: TEETH * COLUMNS bits hold any scalar."""


def on_curve(x: int, y: int) -> bool:
    """Tell whether (x, y) with 0 <= x, y < P is a point; infinity has no such coordinates."""
    return (y * y - (x * x - 3) * x - _B) % P == 0
