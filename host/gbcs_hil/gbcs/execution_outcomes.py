"""What a CS02b command did on a Device, cell by cell (GBCS 13.3)."""

from dataclasses import dataclass

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs import security_credentials_asn1 as der_of
from gbcs_hil.gbcs.names import CredentialsReplacementMode, StatusCode
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange, sequence_number_from
from gbcs_hil.gbcs.trust_anchors import TrustAnchorCell


@dataclass(frozen=True, slots=True)
class ReplacementOutcome:
    """What became of one cell; after a failure, replacing repeats existing.

    Attributes:
        cell: which cell.
        status: whether, or why not.
        existing_eui: who was in the cell, 8 octets; zeros for the root.
        existing_ski: under which subject key identifier, 8 octets.
        replacing_eui: who is in it now.
        replacing_ski: under which subject key identifier.
    """

    cell: TrustAnchorCell
    status: StatusCode
    existing_eui: bytes
    existing_ski: bytes
    replacing_eui: bytes
    replacing_ski: bytes


@dataclass(frozen=True, slots=True)
class ExecutionOutcome:
    """What a CS02b command did.

    Attributes:
        sequence_number: the command's authorisingRemotePartySeqNumber.
        mode: the command's mode.
        changes: the counters that the command set.
        outcomes: one for each replacement, in the command's order.
    """

    sequence_number: int
    mode: CredentialsReplacementMode
    changes: tuple[SequenceNumberChange, ...]
    outcomes: tuple[ReplacementOutcome, ...]

    @property
    def succeeded(self) -> bool:
        """Whether every cell was replaced."""
        return all(outcome.status is StatusCode.SUCCESS for outcome in self.outcomes)


def eight_octets(octets: bytes, name: str) -> bytes:
    """Return an identifier of 8 octets.

    Raises:
        GbcsError: it has another length.
    """
    if len(octets) != 8:
        raise GbcsError(f"{name} has {len(octets)} octets, expected 8")
    return octets


def outcome_from(der: der_of.ExecutionOutcomeDer) -> ExecutionOutcome:
    """Read an ExecutionOutcome.

    Raises:
        GbcsError: it names something that GBCS does not know.
    """
    return ExecutionOutcome(
        sequence_number_from(der.sequence_number, "authorisingRemotePartySeqNumber"),
        CredentialsReplacementMode.require(der.mode),
        tuple(map(SequenceNumberChange.from_der, der.changes)),
        tuple(
            ReplacementOutcome(
                der_of.cell_from(item.cell),
                der_of.status_from(item.status),
                eight_octets(item.existing_eui, "existingSubjectUniqueID"),
                eight_octets(item.existing_ski, "existingSubjectKeyIdentifier"),
                eight_octets(item.replacing_eui, "replacingSubjectUniqueID"),
                eight_octets(item.replacing_ski, "replacingSubjectKeyIdentifier"),
            )
            for item in der.outcomes
        ),
    )


def outcome_to(outcome: ExecutionOutcome) -> der_of.ExecutionOutcomeDer:
    """Return an ExecutionOutcome as DER."""
    return der_of.ExecutionOutcomeDer(
        sequence_number=outcome.sequence_number,
        mode=int(outcome.mode),
        changes=[change.to_der() for change in outcome.changes],
        outcomes=[
            der_of.ReplacementOutcomeDer(
                cell=der_of.cell_to(item.cell),
                status=der_of.status_to(item.status),
                existing_eui=item.existing_eui,
                existing_ski=item.existing_ski,
                replacing_eui=item.replacing_eui,
                replacing_ski=item.replacing_ski,
            )
            for item in outcome.outcomes
        ],
    )
