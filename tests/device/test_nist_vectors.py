"""The device's cryptography against NIST's own vectors (CAVP), as `cryptography` packs them."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gbcs_device import p256
from gbcs_device.gmac import gmac

vectors: Any = pytest.importorskip(
    "cryptography_vectors", reason="NIST's vectors are not installed (dependency group vectors)"
)

Record = dict[str, str]


def records(file: str, section: str, last: str) -> Iterator[Record]:
    """Yield a section's records; `last` is the field that ends each."""
    inside = False
    record: Record = {}
    with vectors.open_vector_file(file, "r") as lines:
        for line in map(str.strip, lines):
            if line.startswith("["):
                inside = line == f"[{section}]" or (inside and " = " in line)
            elif inside and " =" in line:
                name, _, value = line.partition(" =")
                record[name] = value.strip()
                if name == last:
                    yield record
                    record = {}


def octets(value: str) -> bytes:
    """Return the 32 octets of a number, or more if it has more."""
    return bytes.fromhex(value.zfill(max(64, len(value) + len(value) % 2)))


def point(x: str, y: str) -> bytes:
    """Return 04 || x || y."""
    return b"\x04" + octets(x) + octets(y)


def refusal(operation: Any, *arguments: bytes) -> str | None:
    """Return why the device refuses, or None."""
    try:
        operation(*arguments)
    except p256.CurveError as refused:
        return str(refused)
    return None


def test_signatures_to_verify() -> None:
    """FIPS 186-3 SigVer: some good, some with the message, the key, r or s changed."""
    file = "asymmetric/ECDSA/FIPS_186-3/SigVer.rsp"
    results = set()
    for record in records(file, "P-256,SHA-256", "Result"):
        digest = sha256(bytes.fromhex(record["Msg"])).digest()
        signature = octets(record["R"]) + octets(record["S"])
        refused = refusal(p256.verify, point(record["Qx"], record["Qy"]), digest, signature)
        assert (refused is None) == record["Result"].startswith("P"), record
        results.add(record["Result"][0])
    assert results == {"P", "F"}


def test_generated_signatures() -> None:
    """FIPS 186-3 SigGen: each verifies, and its private key gives its public key."""
    found = list(records("asymmetric/ECDSA/FIPS_186-3/SigGen.txt", "P-256,SHA-256", "S"))
    assert len(found) == 15
    for record in found:
        key = point(record["Qx"], record["Qy"])
        assert p256.public_key(octets(record["d"])) == key
        digest = sha256(bytes.fromhex(record["Msg"])).digest()
        p256.verify(key, digest, octets(record["R"]) + octets(record["S"]))


def test_public_keys_to_validate() -> None:
    """FIPS 186-3 PKV: points off the curve and coordinates out of range."""
    results = set()
    for record in records("asymmetric/ECDSA/FIPS_186-3/PKV.rsp", "P-256", "Result"):
        refused = refusal(p256.ecdh, octets("1"), point(record["Qx"], record["Qy"]))
        assert (refused is None) == record["Result"].startswith("P"), record
        results.add(record["Result"][0])
    assert results == {"P", "F"}


def test_key_agreements() -> None:
    """SP 800-56A KAS: good ones agree on Z; a bad public key is refused, a bad Z differs."""
    file = "asymmetric/ECDH/KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_init.fax"
    results = set()
    for record in records(file, "EC - SHA256", "Result"):
        peer, mine = point(record["QsCAVSx"], record["QsCAVSy"]), octets(record["dsIUT"])
        try:
            good = p256.ecdh(mine, peer).hex() == record["Z"].zfill(64)
            good &= p256.public_key(mine) == point(record["QsIUTx"], record["QsIUTy"])
            good &= sha256(bytes.fromhex(record["Z"])).hexdigest() == record["CAVSHashZZ"]
        except p256.CurveError:
            good = False
        assert good == record["Result"].startswith("P"), record
        results.add(record["Result"][0])
    assert results == {"P", "F"}


def test_authentication_tags() -> None:
    """SP 800-38D: AES-128, an iv of 96 bits, no plaintext."""
    file = "ciphers/AES/GCM/gcmEncryptExtIV128.rsp"
    checked = 0
    for record in records(file, "Keylen = 128", "Tag"):
        if len(record["IV"]) == 24 and not record["PT"]:
            cipher = Cipher(algorithms.AES(bytes.fromhex(record["Key"])), modes.ECB())
            tag = gmac(
                cipher.encryptor().update,
                bytes.fromhex(record["IV"]),
                [bytes.fromhex(record["AAD"])],
            )
            assert tag.hex().startswith(record["Tag"]), record
            checked += 1
    assert checked > 400
