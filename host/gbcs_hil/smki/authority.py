"""A test PKI: a root, an issuing authority, and the certificates that they issue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import load_public_key, public_octets
from gbcs_hil.gbcs.trust_anchors import CELLS_OF_ROLE, TrustAnchorCell
from gbcs_hil.smki import profile
from gbcs_hil.smki.credential import Credential
from gbcs_hil.smki.issuing import Order, Secrets, issue, last_second

SEEDED_NOT_BEFORE = datetime(2024, 1, 1, tzinfo=UTC)
"""When the certificates of a seeded authority start to be valid, unless it is told."""

_DEVICE_NOT_AFTER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_ROOT_YEARS, _ISSUING_YEARS, _ORGANISATION_YEARS = 50, 25, 10


@dataclass(frozen=True, kw_only=True)
class Authority:
    """The root and issuing authorities of a test PKI, for organisations and for devices.

    The two sides are apart, as SMKI's are: nothing that a device checks leads to the roots of
    device certificates. An authority made from the same seed and start of validity issues the
    same certificates, octet for octet, where the cryptographic backend signs by RFC 6979.

    Attributes:
        root: goes into the root cell of every device.
        issuing: issues organisation certificates.
        device_root: issues `device_issuing` alone.
        device_issuing: issues device certificates.
        seed: what keys and serial numbers are derived from, or None.
    """

    root: Credential
    issuing: Credential
    device_root: Credential
    device_issuing: Credential
    seed: bytes | None = None

    @classmethod
    def create(cls, seed: bytes | None = None, not_before: datetime | None = None) -> "Authority":
        """Make a PKI.

        Args:
            seed: derive all keys and serial numbers from this; None for chance.
            not_before: start of validity with time zone. By default the start of this year,
                or `SEEDED_NOT_BEFORE` with a seed.

        Raises:
            CredentialError: `not_before` has no time zone.
        """
        start = _start(seed, not_before)
        role = RemotePartyRole
        root = _authority(seed, "HIL TEST ROOT", role.ROOT, start, None)
        device_root = _authority(seed, "HIL TEST DEVICE ROOT", None, start, None)
        return cls(
            root=root,
            issuing=_authority(seed, "HIL TEST ISSUER", role.ISSUING_AUTHORITY, start, root),
            device_root=device_root,
            device_issuing=_authority(seed, "HIL TEST DEVICE ISSUER", None, start, device_root),
            seed=seed,
        )

    @property
    def path(self) -> tuple[bytes, ...]:
        """The certificates between the root and an organisation's certificate, DER."""
        return (self.issuing.certificate,)

    @property
    def not_before(self) -> datetime:
        """When this authority's certificates start to be valid."""
        return x509.load_der_x509_certificate(self.issuing.certificate).not_valid_before_utc

    def organisation(
        self,
        role: RemotePartyRole,
        eui: bytes,
        name: str | None = None,
        cells: Sequence[TrustAnchorCell] | None = None,
        *,
        generation: int = 1,
        not_before: datetime | None = None,
    ) -> tuple[Credential, ...]:
        """Issue an organisation's credentials, each with a new key.

        Args:
            role: the subject's role.
            eui: the organisation's EUI-64.
            name: a common name, or None.
            cells: the cells that the credentials are for, of any role: key usage and cell
                usage count. By default every cell of the role.
            generation: tells renewed credentials of a seeded authority from the first ones.
            not_before: another start of validity than the authority's.

        Raises:
            CredentialError: the EUI-64 is malformed, `not_before` has no time zone, or the
                role is that of an authority.
        """
        start = self.not_before if not_before is None else _start(None, not_before)
        subject = profile.organisation_name(role, profile.check_eui(eui), name)
        chosen = CELLS_OF_ROLE.get(role, ()) if cells is None else cells
        if not chosen or KeyUsage.KEY_CERT_SIGN in [cell.key_usage for cell in chosen]:
            raise CredentialError(f"there are no organisation certificates of {role.gbcs_name}")
        label = f"{role} {eui.hex()} {generation}"
        return tuple(self._organisation(subject, cell, start, label) for cell in chosen)

    def _organisation(
        self, subject: x509.Name, cell: TrustAnchorCell, start: datetime, label: str
    ) -> Credential:
        label = f"{label} {cell.key_usage} {cell.cell_usage}"
        key = Secrets(self.seed).key(label)
        certificate = self._subscribed(subject, key.public_key(), cell.key_usage, start, label)
        return Credential.of(certificate, key, cell.cell_usage)

    def organisation_certificate(
        self, role: RemotePartyRole, eui: bytes, name: str, public_key: bytes, usage: KeyUsage
    ) -> bytes:
        """Issue a certificate for a key that an organisation has made.

        Args:
            role: the subject's role.
            eui: the organisation's EUI-64.
            name: a common name.
            public_key: 65 octets, uncompressed.
            usage: digitalSignature or keyAgreement.

        Returns:
            The certificate, DER.

        Raises:
            CredentialError: the EUI-64 or the key is malformed.
        """
        subject = profile.organisation_name(role, profile.check_eui(eui), name)
        label = f"{role} {eui.hex()} {usage} {public_key.hex()}"
        key = load_public_key(public_key)
        return self._subscribed(subject, key, usage, self.not_before, label)

    def _subscribed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        usage: KeyUsage,
        start: datetime,
        label: str,
    ) -> bytes:
        order = Order(
            label,
            subject,
            key,
            start,
            last_second(start, _ORGANISATION_YEARS),
            profile.leaf_extensions(usage, public_octets(key), self.issuing.ski),
        )
        return issue(order, self.issuing, self.seed)

    def device_certificates(
        self, eui: bytes, signing: bytes, agreement: bytes
    ) -> dict[KeyUsage, bytes]:
        """Issue certificates for both keys that a device has made; see `device_certificate`."""
        keys = {KeyUsage.DIGITAL_SIGNATURE: signing, KeyUsage.KEY_AGREEMENT: agreement}
        return {usage: self.device_certificate(eui, key, usage) for usage, key in keys.items()}

    def device_certificate(self, eui: bytes, public_key: bytes, usage: KeyUsage) -> bytes:
        """Issue a certificate for a key that a device has made.

        Args:
            eui: the device's EUI-64.
            public_key: 65 octets, uncompressed.
            usage: digitalSignature or keyAgreement.

        Returns:
            The certificate, DER.

        Raises:
            CredentialError: the EUI-64 or the key is malformed.
        """
        key = load_public_key(public_key)
        order = Order(
            f"device {eui.hex()} {usage} {public_key.hex()}",
            x509.Name([]),
            key,
            self.not_before,
            _DEVICE_NOT_AFTER,
            profile.leaf_extensions(
                usage, public_key, self.device_issuing.ski, profile.check_eui(eui)
            ),
        )
        return issue(order, self.device_issuing, self.seed)

    def device(self, eui: bytes, *, generation: int = 1) -> tuple[Credential, Credential]:
        """Make a device's two keys outside the device, and issue their certificates.

        Returns:
            Its digital signing credential and its key agreement credential.

        Raises:
            CredentialError: the EUI-64 is malformed.
        """
        signing, agreement = (
            self._device(eui, usage, generation)
            for usage in (KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT)
        )
        return signing, agreement

    def _device(self, eui: bytes, usage: KeyUsage, generation: int) -> Credential:
        key = Secrets(self.seed).key(f"device {eui.hex()} {usage} {generation}")
        public_key = public_octets(key.public_key())
        return Credential.of(self.device_certificate(eui, public_key, usage), key)


def _start(seed: bytes | None, not_before: datetime | None) -> datetime:
    if not_before is None:
        return (
            SEEDED_NOT_BEFORE
            if seed is not None
            else datetime(datetime.now(UTC).year, 1, 1, tzinfo=UTC)
        )
    if not_before.tzinfo is None:
        raise CredentialError(f"the start of validity {not_before} has no time zone")
    return not_before.astimezone(UTC).replace(microsecond=0)


def _subject_key_identifier(key: ec.EllipticCurvePublicKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier(profile.key_identifier(public_octets(key)))


def _authority(
    seed: bytes | None,
    name: str,
    role: RemotePartyRole | None,
    start: datetime,
    issuer: Credential | None,
) -> Credential:
    key = Secrets(seed).key(name)
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (profile.key_usage_extension(KeyUsage.KEY_CERT_SIGN), True),
        (x509.BasicConstraints(ca=True, path_length=0 if issuer else None), True),
        (profile.policies(device=role is None), True),
        (_subject_key_identifier(key.public_key()), False),
    ]
    if issuer:
        extensions.append((profile.authority_key_identifier(issuer.ski), False))
    order = Order(
        name,
        profile.authority_name(name, role),
        key.public_key(),
        start,
        last_second(start, _ISSUING_YEARS if issuer else _ROOT_YEARS),
        tuple(extensions),
    )
    return Credential.of(issue(order, issuer or key, seed), key)
