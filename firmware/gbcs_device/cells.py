"""Trust anchor cells: what stands in one, and how a message names one."""

from gbcs_device import der
from gbcs_device._compat import const
from gbcs_device.certificate import NO_ROLE, Certificate
from gbcs_device.rejection import malformed

ROOT_UNIQUE_ID = bytes(8)

_FORMAT = const(1)
_LENGTH = const(83)


class Cell:
    """The content of one trust anchor cell.

    Attributes:
        public_key: 65 octets, uncompressed P-256.
        unique_id: the SubjectUniqueID, 8 octets; zeros for the root (GBCS reports it so).
        ski: the subject key identifier, 8 octets.
        certificate_role: the role that the certificate gives its subject, or `NO_ROLE`.
    """

    def __init__(
        self, public_key: bytes, unique_id: bytes, ski: bytes, certificate_role: int = NO_ROLE
    ) -> None:
        self.public_key = public_key
        self.unique_id = unique_id
        self.ski = ski
        self.certificate_role = certificate_role

    def encode(self) -> bytes:
        """Return the 83 octets that the store keeps: format, role, id, key identifier, key."""
        role = self.certificate_role & 0xFF
        return bytes((_FORMAT, role)) + self.unique_id + self.ski + self.public_key


def from_certificate(certificate: Certificate) -> Cell:
    """Return the cell content that a certificate gives."""
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
    return Cell(octets[18:], octets[2:10], octets[10:18], NO_ROLE if role == 0xFF else role)


def read_identifier(reader: der.Reader, tag: int = der.SEQUENCE) -> tuple:
    """Take a TrustAnchorCellIdentifier and return {role, key usage, cell usage} (13.3.3.1)."""
    fields = reader.enter(tag)
    role = fields.integer()
    usage = fields.content(der.BIT_STRING)
    cell_usage = 0
    if fields.more():
        cell_usage = fields.integer()
        if not cell_usage:
            raise malformed("a cell usage of 0 is the default and must be left out")
    fields.finish()
    if len(usage) != 2:
        raise malformed("a key usage of %d octets" % len(usage))
    return role, int.from_bytes(usage, "big"), cell_usage


def write_usage(cell: tuple) -> bytes:
    """Return key usage and, unless it is the default, cell usage."""
    _, usage, cell_usage = cell
    octets = der.encode(der.BIT_STRING, usage.to_bytes(2, "big"))
    return octets + der.integer(cell_usage) if cell_usage else octets


def write_identifier(cell: tuple) -> bytes:
    """Return a TrustAnchorCellIdentifier."""
    return der.encode(der.SEQUENCE, der.integer(cell[0]), write_usage(cell))


def write_content(cell: Cell) -> bytes:
    """Return SubjectUniqueID and SubjectKeyIdentifier, as outcomes and read-outs show them."""
    return der.encode(der.OCTET_STRING, cell.unique_id) + der.encode(der.OCTET_STRING, cell.ski)
