"""A test PKI as a folder of PEM files."""

import os
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.names import CellUsage, KeyUsage
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.credential import Credential
from gbcs_hil.smki.parties import Pki

_NOTICE = """TEST KEYS ONLY

These keys and certificates were made by gbcs-hil for test benches. Nothing real may trust
them: the private keys lie here unencrypted. `.pem` files are certificates, `.key` files are
private keys; `-ds` signs, `-ka` agrees on keys, `-pp-ka` does so for top-ups.
"""
_AUTHORITIES = ("root", "issuing", "device_root", "device_issuing")
_NUMBERED = "[0-9][0-9][0-9][0-9]-*"
_LABELS = {
    (KeyUsage.DIGITAL_SIGNATURE, CellUsage.MANAGEMENT): "ds",
    (KeyUsage.KEY_AGREEMENT, CellUsage.MANAGEMENT): "ka",
    (KeyUsage.KEY_AGREEMENT, CellUsage.PREPAYMENT_TOP_UP): "pp-ka",
}


def save(pki: Pki, folder: Path) -> None:
    """Write a PKI to a folder, made if need be. Its seed, if it has one, is not written.

    Every file is in place complete or not at all; private keys are readable by their owner
    alone. A folder that holds an earlier state of the same PKI is brought up to date.

    Raises:
        CredentialError: the folder holds something else, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_other_contents(pki, folder)
        earlier = {path for kind in (".pem", ".key") for path in folder.glob(_NUMBERED + kind)}
        _write(folder / "README.txt", _NOTICE.encode())
        for name in _AUTHORITIES:
            _write_credential(folder, f"authority-{name}", getattr(pki.authority, name))
        for number, held in enumerate(pki.credentials, 1):
            label = _LABELS[held.key_usage, held.cell_usage]
            stem = f"{number:04}-{held.eui.hex()}-{label}"
            _write_credential(folder, stem, held)
            earlier -= {folder / f"{stem}.pem", folder / f"{stem}.key"}
        for path in earlier:
            path.unlink()
    except OSError as error:
        raise CredentialError(f"cannot write the test PKI to {folder}: {error}") from None


def load(folder: Path) -> Pki:
    """Read a PKI that `save` wrote.

    Raises:
        CredentialError: a file is missing, unreadable, or does not fit its partner.
    """
    root, issuing, device_root, device_issuing = (
        _read(folder / f"authority-{name}.pem") for name in _AUTHORITIES
    )
    authority = Authority(
        root=root, issuing=issuing, device_root=device_root, device_issuing=device_issuing
    )
    return Pki(authority, tuple(_read(file) for file in sorted(folder.glob(_NUMBERED + ".pem"))))


def _refuse_other_contents(pki: Pki, folder: Path) -> None:
    if not any(folder.iterdir()):
        return
    root = folder / "authority-root.pem"
    if not root.is_file():
        raise CredentialError(f"{folder} holds other files; choose an empty folder")
    if _read(root).certificate != pki.authority.root.certificate:
        raise CredentialError(f"{folder} holds another PKI; choose an empty folder")


def _write_credential(folder: Path, stem: str, held: Credential) -> None:
    certificate = x509.load_der_x509_certificate(held.certificate)
    key = held.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(folder / f"{stem}.key", key, mode=0o600)
    _write(folder / f"{stem}.pem", certificate.public_bytes(Encoding.PEM))


def _write(path: Path, octets: bytes, mode: int = 0o644) -> None:
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(octets)
    part.replace(path)


def _read(path: Path) -> Credential:
    prepayment = path.stem.endswith("-pp-ka")
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        key = load_pem_private_key(path.with_suffix(".key").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise CredentialError("the private key is not one of P-256")
        usage = CellUsage.PREPAYMENT_TOP_UP if prepayment else CellUsage.MANAGEMENT
        return Credential.of(certificate.public_bytes(Encoding.DER), key, usage)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CredentialError(f"cannot read the credential {path}: {error}") from None
