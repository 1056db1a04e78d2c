"""Prove a replacement certificate from the root cell (GBCS 12, RFC 5280 6.1 as far as used).

The path is: root cell, certification path certificates (issuing authorities), replacement
certificate. SMKI issuing authorities have a path length of 0, so each is proved by the root
cell itself.
"""

from gbcs_device.certificate import KEY_CERT_SIGN, Certificate
from gbcs_device.device_types import ACCESS_CONTROL_BROKER, NETWORK_OPERATOR, SUPPLIER
from gbcs_device.p256 import CurveError
from gbcs_device.rejection import Rejected

SUCCESS = 0
BAD_CERTIFICATE = 5
NO_TRUST_ANCHOR = 10

# Cells that may hold an ACB certificate: how a GPF leaves the factory, and MP128A.
_ACB_STANDS_IN_FOR = (SUPPLIER, NETWORK_OPERATOR)


class CertificationPath:
    """The issuing authorities that a command brings, as far as the root cell proves them."""

    def __init__(self, root, certificates: list, now: str, check_times: bool) -> None:
        self._now = now
        self._check_times = check_times
        self._issuers = {}
        for octets in certificates:
            try:
                authority = Certificate(octets)
                if authority.aki != root.ski or not authority.is_ca:
                    continue
                if authority.key_usage == KEY_CERT_SIGN and self._in_time(authority):
                    authority.verify(root.public_key)
                    self._issuers[authority.ski] = authority.public_key
            except (Rejected, CurveError):
                # An authority that proves nothing; what it issued ends as no-trust-anchor.
                continue

    def _in_time(self, certificate: Certificate) -> bool:
        if not self._check_times:
            return True
        return certificate.not_before <= self._now <= certificate.not_after

    def check(self, octets: bytes, target: tuple, any_role: bool) -> tuple:
        """Return (status code, certificate or None) of a certificate for a target cell."""
        try:
            certificate = Certificate(octets)
        except Rejected:
            return BAD_CERTIFICATE, None
        role, usage, _ = target
        fits = certificate.role == role or any_role
        if certificate.role == ACCESS_CONTROL_BROKER and role in _ACB_STANDS_IN_FOR:
            fits = True
        if not fits or certificate.key_usage != usage or len(certificate.unique_id) != 8:
            return BAD_CERTIFICATE, None
        issuer = self._issuers.get(certificate.aki)
        if issuer is None:
            return NO_TRUST_ANCHOR, None
        try:
            certificate.verify(issuer)
        except CurveError:
            return NO_TRUST_ANCHOR, None
        if not self._in_time(certificate):
            return BAD_CERTIFICATE, None
        return SUCCESS, certificate
