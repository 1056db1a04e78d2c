"""How a message names a trust anchor cell, and shows what stands in it (GBCS 13.3.3.1)."""

from gbcs_device import der
from gbcs_device.borrowed import Borrowed
from gbcs_device.rejection import malformed


def sent(identity, payload: bytes) -> bytes:
    """Return a payload, DER, in the lengths that the profile has the device write."""
    if identity.settings["der-lengths-sent"] == "shortest":
        return payload
    with Borrowed("long_lengths") as long_lengths:
        return long_lengths.lengthened(payload)


def read_identifier(reader: der.Reader, tag: int = der.SEQUENCE) -> tuple:
    """Take a TrustAnchorCellIdentifier and return {role, key usage, cell usage}."""
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


def write_content(cell) -> bytes:
    """Return SubjectUniqueID and SubjectKeyIdentifier, as outcomes and read-outs show them."""
    return der.encode(der.OCTET_STRING, cell.unique_id) + der.encode(der.OCTET_STRING, cell.ski)
