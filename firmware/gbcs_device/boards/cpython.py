"""An emulated board without MicroPython: the same firmware under CPython, files in a folder.

Run as `python -m gbcs_device.boards.cpython FOLDER [STORE]`. What littlefs does for
MicroPython is done here, in the store `files`, by writing a file beside the old one, syncing
it and renaming it. The other stores are on a flash in a file, which FOLDER then is.
"""

import gc
import os
import select
import sys
import time

from gbcs_device import app, store
from gbcs_device.borrowed import Borrowed
from gbcs_device.files import Files

_DEFAULT_STORE = "files"


class SyncedFiles(Files):
    """Small named files in one folder of a host file system."""

    def write(self, name: str, octets: bytes) -> None:
        """Replace a file's content; durable when this returns."""
        path = self._path(name)
        with open(path + "~", "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + "~", path)

    def names(self) -> list:
        """Return the names of all files but those that a cut left unfinished."""
        return [name for name in super().names() if not name.endswith("~")]


class _Input:
    """What comes in, unbuffered, so that what poll says is what is found."""

    def readline(self, limit: int) -> bytes:
        """Wait for a line or a part of one and return it; nothing at the end of the line."""
        return os.read(0, limit)


class Board:
    """What the device needs of this board."""

    name = "cpython"

    def __init__(self, path: str, store: str = _DEFAULT_STORE) -> None:
        self.reset_cause = os.getenv("GBCS_HIL_RESET_CAUSE") or "power-on"
        self.store, self.flash, self.medium = _open(path, store)
        self.cache = self.medium if store == _DEFAULT_STORE else None
        self.unique_id = b"cpython:" + os.path.basename(path).encode()
        self.stream_in = _Input()
        self.stream_out = open(1, "wb", buffering=0)
        self.poll = select.poll()
        self.poll.register(0, select.POLLIN)

    def random(self, count: int) -> bytes:
        """Return octets from the system's random source."""
        return os.urandom(count)

    def now(self) -> str:
        """Return the system's time in UTC as YYYYMMDDhhmmss."""
        return time.strftime("%Y%m%d%H%M%S", time.gmtime())

    def aes(self, key: bytes):
        """Return AES-128 of one block under a key."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        # GMAC is made of single blocks, which is all that MicroPython's cryptolib gives too.
        return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305

    def loaded(self) -> None:
        """Do nothing: memory is no concern here."""

    def tidy(self) -> None:
        """Do nothing, for the same reason."""

    def heap(self) -> dict:
        """Return nothing: CPython's memory says nothing about a board's."""
        return {}

    def cycles(self) -> None:
        """Return nothing: they are not counted."""


def verify(public_key: bytes, digest: bytes, signature: bytes) -> bool:
    """Tell whether OpenSSL finds an ECDSA signature right; the arguments are as `p256.verify`'s.

    For simulations of many devices, where the device's own curve would take most of the time.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    r, s = signature[:32], signature[32:]
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
        key.verify(
            utils.encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big")),
            digest,
            ec.ECDSA(utils.Prehashed(hashes.SHA256())),
        )
    except (InvalidSignature, ValueError):
        return False
    return len(signature) == 64


def gmac(key: bytes, initialisation: bytes, parts) -> bytes:
    """Return OpenSSL's GMAC, 16 octets, for the same purpose."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key).encrypt(initialisation, b"", b"".join(parts))


def keep_loaded() -> None:
    """Have what the firmware borrows stay in memory, which is no concern here."""
    Borrowed.__exit__ = lambda *_: None


class _Littlefs:
    """The file system of a store that has one; loaded when it is used, which takes a while."""

    @staticmethod
    def format(flash) -> None:
        """Make a file system on the flash."""
        from gbcs_device.boards.cpython_littlefs import Littlefs

        Littlefs.format(flash)

    @staticmethod
    def mount(flash):
        """Return the files on the flash."""
        from gbcs_device.boards.cpython_littlefs import Littlefs

        return Littlefs.mount(flash)


def _open(path: str, kind: str) -> tuple:
    """Return the store's name, the flash if there is one, and the medium."""
    if kind != _DEFAULT_STORE:
        from gbcs_device.boards import flash_store

        return (flash_store.name_of(kind), *flash_store.open_store(path, kind, _Littlefs))
    if not os.path.isdir(path):
        files = SyncedFiles(path + ".new")
        store.manufacture(files)
        os.replace(path + ".new", path)
    return kind, None, SyncedFiles(path)


if __name__ == "__main__":
    keep_loaded()
    # Nor need the collector look at what is loaded.
    gc.freeze()
    sys.exit(app.run(Board(*sys.argv[1:])))
