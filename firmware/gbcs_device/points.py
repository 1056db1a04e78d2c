"""Sums of multiples of points, and the one place that chooses how points are computed.

A table is made once for a point and used with every scalar. `odd_multiples` is for a point that
is met once; a comb costs a verification to make, and makes the next ones three times as fast.
"""

from gbcs_device.borrowed import Borrowed
from gbcs_device.curve import GENERATOR

try:
    from gbcs_device.field_machine import (
        KERNEL,
        Point,
        combine,
        inverse,
        odd_multiples,
        pack,
    )
except (ImportError, SyntaxError, ValueError):
    from gbcs_device.big_points import (  # noqa: F401
        KERNEL,
        Point,
        combine,
        inverse,
        odd_multiples,
        pack,
    )

_generator_comb = None


def generator_comb() -> bytearray:
    """Return the generator's comb, computed by the first call and kept (2 KB)."""
    global _generator_comb
    if _generator_comb is None:
        _generator_comb = comb(affine(GENERATOR[0], GENERATOR[1]))
    return _generator_comb


def affine(x: int, y: int) -> bytes:
    """Return a table of the one point (x, y)."""
    return x.to_bytes(32, "little") + y.to_bytes(32, "little")


def comb(point: bytes) -> bytearray:
    """Return the comb of a table of Q alone."""
    with Borrowed("comb_making") as comb_making:
        return comb_making.comb(point)
