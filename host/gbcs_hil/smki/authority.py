"""A test PKI: a root, an issuing authority, and the certificates that they issue."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding

from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import load_public_key, public_octets
from gbcs_hil.gbcs.trust_anchors import CELLS_OF_ROLE, TrustAnchorCell
from gbcs_hil.smki import profile
from gbcs_hil.smki.credential import Credential

SEEDED_NOT_BEFORE = datetime(2024, 1, 1, tzinfo=UTC)
"""When the certificates of a seeded authority start to be valid, unless it is told."""

_DEVICE_NOT_AFTER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_ROOT_YEARS, _ISSUING_YEARS, _ORGANISATION_YEARS = 50, 25, 10
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class _Secrets:
    """Where keys and serial numbers come from: chance, or a seed and a label."""

    seed: bytes | None

    def _octets(self, label: str, count: int) -> bytes:
        if self.seed is None:
            return secrets.token_bytes(count)
        info = f"gbcs-hil test PKI {label}".encode()
        return HKDF(hashes.SHA256(), count, salt=None, info=info).derive(self.seed)

    def key(self, label: str) -> ec.EllipticCurvePrivateKey:
        # 48 octets leave a bias of 2**-128 after the reduction.
        number = int.from_bytes(self._octets(f"key {label}", 48), "big")
        return ec.derive_private_key(number % (_P256_ORDER - 1) + 1, ec.SECP256R1())

    def serial(self, label: str) -> int:
        octets = self._octets(f"serial {label}", 16)
        # The first bits 01 make it positive and 16 octets long.
        return int.from_bytes(bytes([octets[0] & 0x3F | 0x40]) + octets[1:], "big")
...
