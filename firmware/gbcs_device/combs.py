"""Combs of the public keys in the cells, kept beside the store: quicker, and never needed.

A comb is a file of its own that no record names: SHA-256 of key and comb, then the comb. One
that is missing, damaged or of another key counts for nothing, and whoever asked does without.
They are made when the line is quiet, one at a time; those of keys that have left are removed.
"""

from binascii import hexlify
from hashlib import sha256

from gbcs_device._compat import const
from gbcs_device.borrowed import Borrowed, forget_kept
from gbcs_device.store import CACHED

_DIGEST = const(32)

# How many authorities' keys are expected to check certificates again.
_AUTHORITIES = const(2)

_medium = None
_full = False
_authorities = []


def use(medium) -> None:
    """Keep combs on a store's medium from now on; None keeps none."""
    global _medium, _full
    _medium = medium
    _full = False


def of(public_key: bytes):
    """Return the comb of a public key, or None."""
    if _medium is None:
        return None
    try:
        octets = _medium.read(name_of(public_key))
    except (OSError, MemoryError):
        return None
    if octets is None:
        return None
    comb = memoryview(octets)[_DIGEST:]
    return comb if octets[:_DIGEST] == digest_of(public_key, comb) else None


def expect(public_key: bytes) -> None:
    """Have a comb made of an authority's key too: most certificates come from the same one."""
    if public_key not in _authorities:
        _authorities.append(public_key)
        if len(_authorities) > _AUTHORITIES:
            _authorities.pop(0)


def tend(cells: dict) -> bool:
    """Make one comb that a device with these cells should have; tell whether one was made."""
    global _full
    if _medium is None or _full:
        return False
    try:
        with Borrowed("comb_tending") as comb_tending:
            return comb_tending.tend(_medium, cells, _authorities)
    except (OSError, MemoryError):
        if forget_kept():
            return True
        # A full medium or memory: what there is must do until the next start.
        _full = True
        return False


def name_of(public_key: bytes) -> str:
    """Return the name of the file that a key's comb stands in."""
    return CACHED + hexlify(sha256(public_key).digest()[:8]).decode()


def digest_of(public_key: bytes, comb: bytes) -> bytes:
    """Return the hash that binds a comb to its key."""
    digest = sha256(public_key)
    digest.update(comb)
    return digest.digest()
