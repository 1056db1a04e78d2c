"""Prove a replacement certificate from the root cell (GBCS 12, RFC 5280 6.1 as far as used).

The path is: root cell, certification path certificates, whatever their order, replacement
certificate. SMKI issuing authorities have a path length of 0 and issue no authorities; a link
certificate, with which an old root certifies a new one, may.
"""

from hashlib import sha256

from gbcs_device import combs
from gbcs_device.certificate import Certificate
from gbcs_device.device_types import (
    ACCESS_CONTROL_BROKER,
    KEY_CERT_SIGN,
    NETWORK_OPERATOR,
    ROOT,
    SUPPLIER,
)
from gbcs_device.p256 import CurveError
from gbcs_device.rejection import Rejected

SUCCESS = 0
BAD_CERTIFICATE = 5
NO_TRUST_ANCHOR = 10
OTHER = 127

# More than a command can bring.
_UNLIMITED = 255

# The hashes of an issuer's key and a certificate that it has been found to sign, the last few:
# one path proves most commands' certificates.
_proven = []
_REMEMBERED = 4

# Cells that may hold an ACB certificate: how a GPF leaves the factory, and MP128A.
_ACB_STANDS_IN_FOR = (SUPPLIER, NETWORK_OPERATOR)


class CertificationPath:
    """The authorities that a command brings, as far as the root cell proves them."""

    def __init__(
        self, root, certificates: list, now: str, settings: dict, check_times: bool
    ) -> None:
        self._now = now
        self._settings = settings
        self._check_times = check_times and settings["time-checks"] == "as-commanded"
        # Key identifier to (public key, how many authorities may stand below it).
        self._issuers = {root.ski: (root.public_key, _UNLIMITED)}
        left = list(certificates)
        while left:
            waiting = [octets for octets in left if self._may_be_proved_later(octets)]
            if len(waiting) == len(left):
                # What they have issued ends as no-trust-anchor.
                break
            left = waiting

    def _may_be_proved_later(self, octets: bytes) -> bool:
        """Take an authority in that is proved; whether another one may yet prove it."""
        try:
            authority = Certificate(octets)
            issuer = self._issuers.get(authority.aki)
            if issuer is None:
                return True
            self._add(authority, issuer)
        except (Rejected, CurveError):
            pass  # An authority that proves nothing.
        return False

    def _add(self, authority: Certificate, issuer: tuple) -> None:
        if not issuer[1] or not authority.is_ca:
            return
        if authority.key_usage == KEY_CERT_SIGN and self._in_time(authority):
            _prove(authority, issuer[0])
            combs.expect(authority.public_key)
            # RFC 5280, 6.1.4 (l) and (m): nobody allows more than was allowed to him.
            below = issuer[1] - 1
            if 0 <= authority.path_length < below:
                below = authority.path_length
            self._issuers[authority.ski] = (authority.public_key, below)

    def _in_time(self, certificate: Certificate) -> bool:
        # A clock that does not count tells no time.
        if not self._check_times or not self._now:
            return True
        return certificate.not_before <= self._now <= certificate.not_after

    def check(self, octets: bytes, target: tuple) -> tuple:
        """Return (status code, certificate or None) of a certificate for a target cell."""
        try:
            certificate = Certificate(octets)
        except Rejected:
            return BAD_CERTIFICATE, None
        settings = self._settings
        if not _fits(certificate, target, settings["certificate-role"] == "any"):
            return int(settings["status-wrong-certificate"]), None
        if target[0] == ROOT:
            if settings["root-rollover"] == "never":
                return OTHER, None
            # Only a rollover: the old root must have certified the new root's key, with a
            # link certificate among those of the path.
            linked = self._issuers.get(certificate.ski)
            issuer = linked if linked and linked[0] == certificate.public_key else None
        else:
            issuer = self._issuers.get(certificate.aki)
        if issuer is None:
            return NO_TRUST_ANCHOR, None
        try:
            certificate.verify(issuer[0], combs.of(issuer[0]))
        except CurveError:
            return NO_TRUST_ANCHOR, None
        if not self._in_time(certificate):
            return int(settings["status-out-of-validity"]), None
        return SUCCESS, certificate


def _prove(authority: Certificate, issuer_public_key: bytes) -> None:
    """Check the signature on an authority's certificate, unless that has been done."""
    digest = sha256(issuer_public_key)
    digest.update(authority.octets)
    proof = digest.digest()
    if proof not in _proven:
        authority.verify(issuer_public_key, combs.of(issuer_public_key))
        _proven.append(proof)
        if len(_proven) > _REMEMBERED:
            _proven.pop(0)


def _fits(certificate: Certificate, target: tuple, any_role: bool) -> bool:
    """Whether a certificate's role and key usage are those of a cell."""
    role, usage, _ = target
    if certificate.key_usage != usage:
        return False
    if role == ROOT:
        return certificate.role == ROOT and certificate.is_ca
    if len(certificate.unique_id) != 8:
        return False
    if certificate.role == ACCESS_CONTROL_BROKER and role in _ACB_STANDS_IN_FOR:
        return True
    return any_role or certificate.role == role
