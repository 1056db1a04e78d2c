"""Trust anchor cells: what stands in one."""

from gbcs_device._compat import const
from gbcs_device.device_types import NO_ROLE

ROOT_UNIQUE_ID = bytes(8)

_FORMAT = const(1)
_LENGTH = const(83)


class Cell:
    """The content of one trust anchor cell.

    It is one piece of memory, as the store keeps it: a device that replaces its cells holds
    them twice for a while.

    Args:
        public_key: 65 octets, uncompressed P-256.
        unique_id: the SubjectUniqueID, 8 octets; zeros for the root (GBCS reports it so).
        ski: the subject key identifier, 8 octets.
        certificate_role: the role that the certificate gives its subject, or `NO_ROLE`.
        name: what the store calls it once it was to be durable; before, None.
    """

    def __init__(
        self, public_key: bytes, unique_id: bytes, ski: bytes, certificate_role: int = NO_ROLE
    ) -> None:
        head = bytes((_FORMAT, certificate_role & 0xFF))
        self._octets = b"".join((head, unique_id, ski, public_key))
        self.name = None

    @property
    def certificate_role(self) -> int:
        """The role that the certificate gives its subject, or `NO_ROLE`."""
        role = self._octets[1]
        return NO_ROLE if role == NO_ROLE & 0xFF else role

    @property
    def unique_id(self) -> bytes:
        """The SubjectUniqueID, 8 octets."""
        return self._octets[2:10]

    @property
    def ski(self) -> bytes:
        """The subject key identifier, 8 octets."""
        return self._octets[10:18]

    @property
    def public_key(self) -> bytes:
        """65 octets, uncompressed P-256."""
        return self._octets[18:]

    def encode(self) -> bytes:
        """Return the 83 octets that the store keeps: format, role, id, key identifier, key."""
        return self._octets


def from_certificate(certificate) -> Cell:
    """Return the cell content that a `certificate.Certificate` gives."""
    return Cell(
        certificate.public_key,
        certificate.unique_id or ROOT_UNIQUE_ID,
        certificate.ski,
        certificate.role,
    )


def decode(octets: bytes) -> Cell:
    """Return the cell content that `Cell.encode` wrote.

    Raises:
        ValueError: these octets are not one.
    """
    if len(octets) != _LENGTH or octets[0] != _FORMAT:
        raise ValueError("not a trust anchor cell")
    role = octets[1]
    return Cell(octets[18:], octets[2:10], octets[10:18], role)
