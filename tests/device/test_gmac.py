"""GMAC against OpenSSL's AES-GCM, and on MicroPython."""

import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gbcs_device.gmac import gmac

BlockCipher = Callable[[bytes], bytes]

keys = st.binary(min_size=16, max_size=16)
ivs = st.binary(min_size=12, max_size=12)


def aes(key: bytes) -> BlockCipher:
    """Return AES of one block under the key."""
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update


def tag(key: bytes, iv: bytes, *parts: bytes) -> bytes:
    """Return the device's tag."""
    made: bytes = gmac(aes(key), iv, parts)
    return made


def openssl_tag(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Return OpenSSL's tag."""
    return AESGCM(key).encrypt(iv, b"", data)


def test_no_data_at_all() -> None:
    """Test case 1 of the GCM specification."""
    assert tag(bytes(16), bytes(12)).hex() == "58e2fccefa7e3061367f1d57a4e7455a"


@settings(max_examples=150, derandomize=True, deadline=None)
@given(keys, ivs, st.lists(st.binary(max_size=50), max_size=8))
@example(bytes(16), bytes(12), [b"", b"", b""])
@example(b"\xff" * 16, b"\xff" * 12, [b"\xff" * 16, b"\xff", b"\xff" * 31])
def test_parts_are_authenticated_as_their_concatenation(
    key: bytes, iv: bytes, parts: list[bytes]
) -> None:
    """How the data is cut does not show in the tag."""
    assert tag(key, iv, *parts) == openssl_tag(key, iv, b"".join(parts))


@pytest.mark.parametrize("size", [*range(35), 255, 256, 1500, 2048])
def test_every_remainder_of_a_block(size: int) -> None:
    """The last block is padded with zeros, and a full one is not."""
    key, iv = sha256(b"key").digest()[:16], sha256(b"iv").digest()[:12]
    data = (sha256(b"data").digest() * 64)[:size]
    assert tag(key, iv, data) == openssl_tag(key, iv, data)


def product(x: int, y: int) -> int:
    """Multiply two blocks a bit at a time (SP 800-38D, algorithm 1)."""
    z = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            z ^= y
        y = y >> 1 ^ (0xE1 << 120 if y & 1 else 0)
    return z


# Zero, one, the highest power, the powers that the reduction meets twice, and all of them.
EXTREMES = (0, 1 << 127, 1, 0x7F, 0x80, 0xE1 << 120, int("55" * 16, 16), (1 << 128) - 1)


@pytest.mark.parametrize("h", EXTREMES)
@pytest.mark.parametrize("block", EXTREMES)
def test_multiplies_extreme_blocks(h: int, block: int) -> None:
    """No key is known whose H is extreme, so the cipher here is a pretended one."""

    def cipher(plain: bytes) -> bytes:
        return h.to_bytes(16, "big") if plain == bytes(16) else bytes(16)

    expected = product(product(block, h) ^ (128 << 64), h)
    assert gmac(cipher, bytes(12), [block.to_bytes(16, "big")]) == expected.to_bytes(16, "big")


@pytest.mark.parametrize("iv", [b"", bytes(11), bytes(13), bytes(16)])
def test_refuses_another_iv(iv: bytes) -> None:
    """Other lengths are legal in GCM, hashed first, and GBCS has none."""
    with pytest.raises(ValueError, match="iv is not 12 octets"):
        tag(bytes(16), iv, b"data")


def test_takes_any_bytes_like_part_from_any_iterable() -> None:
    """A message is authenticated where it lies."""
    key, iv, data = bytes(range(16)), bytes(12), bytes(range(100))
    parts = (part for part in (bytearray(data[:7]), memoryview(data)[7:60], data[60:]))
    assert gmac(aes(key), memoryview(iv), parts) == openssl_tag(key, iv, data)


def test_does_not_build_the_concatenation() -> None:
    """A long message costs no memory of its own."""
    long = bytes(20_000)
    tracemalloc.start()
    try:
        tag(bytes(16), bytes(12), long)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(long) // 2


MICROPYTHON = """
import sys
sys.modules.update({"gbcs_device." + name: sys for name in sys.argv[2:]})
from cryptolib import aes
from gbcs_device import gmac as chosen
from gbcs_device.gmac import gmac

# The fall-back's tables are two lists.
print(type(chosen._table(bytes(16))).__name__)
with open(sys.argv[1]) as cases:
    for case in cases:
        key, iv, data, cut = case.split()
        data = memoryview(bytes.fromhex(data[1:]))
        parts = (data[: int(cut)], data[int(cut) :])
        print(gmac(aes(bytes.fromhex(key), 1).encrypt, bytes.fromhex(iv), parts).hex())
"""


@pytest.mark.parametrize("withheld", [[], ["ghash_viper"]], ids=["viper", "big integers"])
def test_micropython_agrees(micropython: Any, tmp_path: Path, withheld: list[str]) -> None:
    """The tags are the same there, with the kernel and without."""
    lines, expected = [], []
    for i in range(150):
        seed = sha256(bytes([i])).digest()
        key, iv, data = seed[:16], seed[16:28], (seed * 50)[: i * 10]
        lines.append(f"{key.hex()} {iv.hex()} ={data.hex()} {i % 40}")
        expected.append(openssl_tag(key, iv, data).hex())
    file, script = tmp_path / "cases", tmp_path / "script.py"
    file.write_text("\n".join(lines))
    script.write_text(MICROPYTHON)
    chosen, *tags = micropython.run_script(script, str(file), *withheld).splitlines()
    assert tags == expected
    assert chosen == ("tuple" if withheld else "bytearray")
