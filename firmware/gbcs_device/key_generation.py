"""Make a private key: in memory only while one is made."""

from gbcs_device._compat import const
from gbcs_device.curve import N
from gbcs_device.p256 import CurveError

# A random scalar is out of range once in 2**32; a source that fails this often is broken.
_ATTEMPTS = const(8)


def generate(random) -> bytes:
    """Return a new private key, drawn evenly from all of them by rejection.

    Args:
        random: called with a number of octets, returns that many from a good source.

    Raises:
        CurveError: the random source gave only octets that are no private key.
    """
    for _ in range(_ATTEMPTS):
        octets = bytes(random(32))
        if len(octets) == 32 and 0 < int.from_bytes(octets, "big") < N:
            return octets
    raise CurveError("random source gives no private key")
