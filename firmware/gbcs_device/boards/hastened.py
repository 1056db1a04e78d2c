"""What makes devices in the memory of this machine quick; on CPython only.

OpenSSL and this process's memory stand in for what a board has to work out each time.
"""

from functools import lru_cache

from gbcs_device import p256, security
from gbcs_device.boards import cpython

_REMEMBERED = 4096
# What a board borrows for a command and forgets; here it is loaded once, and stays.
_LENT = (
    "provisioning",
    "read_credentials",
    "update_credentials",
    "device_credentials",
    "esme_payment",
    "gsme_payment",
    "defects.authority",
    "defects.counters",
    "defects.floors",
    "defects.storage",
)


def hasten() -> None:
    """Have OpenSSL and this process's memory do what a board has to work out each time."""
    own = p256.verify

    def verify(public_key: bytes, digest: bytes, signature: bytes) -> None:
        # The device's own curve says why one does not verify.
        if not cpython.verify(public_key, digest, signature):
            own(public_key, digest, signature)

    p256.verify = verify
    for name in ("verify", "sign", "ecdh", "public_key", "check_public_key"):
        setattr(p256, name, _remembered(getattr(p256, name)))
    security.gmac = cpython.gmac
    for module in _LENT:
        __import__("gbcs_device." + module)
    cpython.keep_loaded()


def _remembered(function):
    """Return a function of octets that works each thing out once, refusals included."""

    @lru_cache(_REMEMBERED)
    def found(*octets):
        try:
            return function(*octets), None
        except p256.CurveError as error:
            return None, error

    def called(*octets):
        # A comb is None here: without a file system beside the store there are none.
        result, error = found(*[bytes(each) for each in octets if each is not None])
        if error is not None:
            raise error
        return result

    return called
