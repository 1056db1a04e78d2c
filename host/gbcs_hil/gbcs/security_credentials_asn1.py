"""The DER of CS02a and CS02b as declarative classes, field by field (GBCS 13.3).

Certificates are kept as the octets that came: a Device, or a test, may be handed one that is
broken, and its octets have to survive. ENUMERATED has no declarative type and is kept as
octets as well.
"""

from typing import Annotated

from cryptography.hazmat import asn1

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.der import ENUMERATED, SEQUENCE, raw, tlv
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole, StatusCode
from gbcs_hil.gbcs.trust_anchors import TrustAnchorCell


@asn1.sequence
class TrustAnchorCellIdentifier:
    """TrustAnchorCellIdentifier."""

    remote_party_role: int
    key_usage: asn1.BitString
    cell_usage: Annotated[int, asn1.Default(0)]


@asn1.sequence
class SpecialistSequenceNumber:
    """SpecialistSeqNumber: seqNumberUsage 0 is prepaymentTopUp."""

    usage: int
    sequence_number: int


@asn1.sequence
class RemotePartySequenceNumberChange:
    """RemotePartySeqNumberChange."""

    remote_party_role: int
    floor: int
    specialist_floors: list[SpecialistSequenceNumber] | None


@asn1.sequence
class AuthorisingRemotePartyControl:
    """AuthorisingRemotePartyControl: all that a CS02b command says besides certificates."""

    mode: int
    plaintext_symmetric_key: Annotated[bytes | None, asn1.Implicit(0)]
    apply_time_based_cpv_checks: Annotated[int, asn1.Implicit(1), asn1.Default(0)]
    authorising_cell: Annotated[TrustAnchorCellIdentifier | None, asn1.Implicit(2)]
    sequence_number: Annotated[int, asn1.Implicit(3)]
    floor: Annotated[int | None, asn1.Implicit(4)]
    specialist_floors: Annotated[list[SpecialistSequenceNumber] | None, asn1.Implicit(5)]
    other_changes: Annotated[list[RemotePartySequenceNumberChange] | None, asn1.Implicit(6)]


@asn1.sequence
class TrustAnchorReplacement:
    """TrustAnchorReplacement."""

    certificate: asn1.TLV
    cell: TrustAnchorCellIdentifier


@asn1.sequence
class CommandPayload:
    """CS02b's command, and CS02g's."""

    control: AuthorisingRemotePartyControl
    replacements: list[TrustAnchorReplacement]
    certification_path: list[asn1.TLV]
    execution: asn1.GeneralizedTime | None


@asn1.sequence
class ReplacementOutcomeDer:
    """ReplacementOutcome."""

    cell: TrustAnchorCellIdentifier
    status: asn1.TLV
    existing_eui: bytes
    existing_ski: bytes
    replacing_eui: bytes
    replacing_ski: bytes


@asn1.sequence
class ExecutionOutcomeDer:
    """ExecutionOutcome."""

    sequence_number: int
    mode: int
    changes: list[RemotePartySequenceNumberChange]
    outcomes: list[ReplacementOutcomeDer]


@asn1.sequence
class ResponsePayload:
    """CS02b's response; without outcome if the command is to be executed later."""

    accepted: asn1.Null
    outcome: ExecutionOutcomeDer | None


@asn1.sequence
class AlertPayload:
    """The alert 0x00CB of a command that was executed later."""

    alert_code: int
    execution: asn1.GeneralizedTime
    outcome: ExecutionOutcomeDer


@asn1.sequence
class ReadCommandPayload:
    """CS02a's command."""

    authorising_cell: TrustAnchorCellIdentifier
    roles: list[int]


@asn1.sequence
class CellContentDer:
    """What one cell of a role holds."""

    key_usage: asn1.BitString
    cell_usage: Annotated[int, asn1.Default(0)]
    eui: bytes
    ski: bytes


@asn1.sequence
class RoleCredentialsDer:
    """What a Device says of one role; the last two are absent unless the status is success."""

    remote_party_role: int
    status: asn1.TLV
    sequence_number: int | None
    cells: list[CellContentDer] | None


@asn1.sequence
class ReadResponseList:
    """CS02a's response is this list alone."""

    items: list[RoleCredentialsDer]


def key_usage_from(bits: asn1.BitString) -> KeyUsage:
    """Read the only bit of a keyUsage.

    Raises:
        GbcsError: it names none, several, or one that GBCS does not use.
    """
    for usage in KeyUsage:
        if key_usage_to(usage) == bits:
            return usage
    raise GbcsError(f"keyUsage {bits.as_bytes().hex().upper()} is none that a cell may have")


def key_usage_to(usage: KeyUsage) -> asn1.BitString:
    """Return a keyUsage as a named bit list, trailing zeros left out."""
    return asn1.BitString(bytes([0x80 >> usage]), 7 - usage)


def cell_from(der: TrustAnchorCellIdentifier) -> TrustAnchorCell:
    """Read a cell's name.

    Raises:
        GbcsError: its role, key usage or cell usage is unknown.
    """
    return TrustAnchorCell(
        RemotePartyRole.require(der.remote_party_role),
        key_usage_from(der.key_usage),
        CellUsage.require(der.cell_usage),
    )


def cell_to(cell: TrustAnchorCell) -> TrustAnchorCellIdentifier:
    """Return a cell's name as DER."""
    return TrustAnchorCellIdentifier(
        remote_party_role=int(cell.role),
        key_usage=key_usage_to(cell.key_usage),
        cell_usage=int(cell.cell_usage),
    )


def status_from(element: asn1.TLV) -> StatusCode:
    """Read an ENUMERATED statusCode.

    Raises:
        GbcsError: it is something else, or unknown.
    """
    content = bytes(element.data)
    if element.tag_bytes != bytes([ENUMERATED]) or len(content) != 1:
        raise GbcsError("statusCode is not an ENUMERATED of one octet")
    return StatusCode.require(content[0])


def status_to(status: StatusCode) -> asn1.TLV:
    """Return a statusCode as ENUMERATED."""
    return raw(tlv(ENUMERATED, bytes([status])), "statusCode")


def certificate_from(element: asn1.TLV) -> bytes:
    """Return a certificate's octets.

    Raises:
        GbcsError: it is not even a SEQUENCE.
    """
    if element.tag_bytes != bytes([SEQUENCE]):
        raise GbcsError("a certificate is expected, which is a SEQUENCE")
    return tlv(SEQUENCE, bytes(element.data))
