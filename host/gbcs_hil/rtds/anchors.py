"""What a keystore holds besides certificates: the root's public key, and shared secrets."""

import json
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gbcs_hil.errors import BadInput, CredentialError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.security import public_octets
from gbcs_hil.rtds.keystore import Keystore
from gbcs_hil.rtds.pem import CERTIFICATE, pem_blocks
from gbcs_hil.smki.credential import NO_EUI
from gbcs_hil.smki.profile import key_identifier

SECRETS = "shared-secrets.json"


def read_root(folder: Path, name: str) -> bytes | Mapping[str, bytes]:
    """Return the content of the root cell.

    Args:
        folder: the keystore.
        name: a file in it or in the folder above, that holds a certificate or a bare public
            key in PEM.

    Returns:
        A certificate in DER, or a map of public_key, unique_id and ski as provisioning takes.

    Raises:
        CredentialError: the file is missing or holds neither.
    """
    for path in (folder / name, folder.parent / name):
        if path.is_file():
            return _root(path)
    raise CredentialError(
        f"{folder / name}: no such file; it holds the root's public key (PEM), "
        "from which every certificate of the commands is proved"
    )


def _root(path: Path) -> bytes | Mapping[str, bytes]:
    try:
        content = path.read_bytes()
        for der in pem_blocks(content, CERTIFICATE):
            read_certificate(der)
            return der
        key = load_pem_public_key(content)
    except OSError as error:
        raise CredentialError(f"{path}: {error.strerror}") from None
    except CredentialError as error:
        raise CredentialError(f"{path}: {error}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise CredentialError(f"{path}: neither a public key nor a certificate in PEM") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CredentialError(f"{path}: the public key is not one of P-256")
    octets = public_octets(key)
    return {"public_key": octets, "unique_id": NO_EUI, "ski": key_identifier(octets)}


def read_secrets(path: Path, keystore: Keystore) -> dict[bytes, dict[bytes, bytes]]:
    """Return the shared secrets: device EUI-64 to the peer's public key to Z.

    The names in the file are those of key agreement certificates in the keystore, a party's and
    a device's in either order. A secret between others is left out.

    Raises:
        BadInput: the file is missing or malformed.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise BadInput(
            f"{path}: {error.strerror}; it holds the shared secrets Z that stand in for the "
            "devices' private keys"
        ) from None
    except ValueError as error:
        raise BadInput(f"{path}: not JSON: {error}") from None
    if not isinstance(content, dict):
        raise BadInput(f"{path}: an object of names and secrets is expected")
    secrets: dict[bytes, dict[bytes, bytes]] = {}
    for names, text in content.items():
        first, separator, second = names.partition(" x ")
        if not separator:
            raise BadInput(f"{path}: {names!r} does not name two certificates: 'a x b'")
        secret = _secret(path, names, text)
        ends = (keystore.by_stem(first.strip()), keystore.by_stem(second.strip()))
        for peer, device in (ends, ends[::-1]):
            if peer is not None and device is not None and device.read.role is None:
                secrets.setdefault(device.eui, {})[peer.read.public_key] = secret
    return secrets


def _secret(path: Path, names: str, text: object) -> bytes:
    try:
        secret = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        secret = b""
    if len(secret) != 32:
        raise BadInput(f"{path}: {names!r}: a secret is 32 octets in hexadecimal")
    return secret
