"""Counters of remote parties as CS02a and CS02b tell them (GBCS 13.3, 4.3.1.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs import security_credentials_asn1 as der_of
from gbcs_hil.gbcs.names import RemotePartyRole

LARGEST_SEQUENCE_NUMBER = (1 << 63) - 1
"""Sequence numbers and floors end here; a grouping header's counter goes to 2**64-1."""

LARGEST_COUNTER = (1 << 64) - 1
"""Of a grouping header, and so of a device that was given it."""

_PREPAYMENT_TOP_UP = 0


@dataclass(frozen=True, slots=True)
class SequenceNumberChange:
    """A role's counter after the command.

    Attributes:
        role: whose counter.
        floor: 0 to 2**63-1.
        prepayment_floor: the same for top-ups, or None to say nothing of them.
    """

    role: RemotePartyRole
    floor: int
    prepayment_floor: int | None = None

    @classmethod
    def from_der(cls, der: der_of.RemotePartySequenceNumberChange) -> Self:
        """Read one.

        Raises:
            GbcsError: a role or number is out of range.
        """
        return cls(
            RemotePartyRole.require(der.remote_party_role),
            sequence_number_from(der.floor, "a floor"),
            prepayment_floor_from(der.specialist_floors),
        )

    def to_der(self) -> der_of.RemotePartySequenceNumberChange:
        """Return it as DER."""
        return der_of.RemotePartySequenceNumberChange(
            remote_party_role=int(self.role),
            floor=self.floor,
            specialist_floors=specialist_floors_to(self.prepayment_floor),
        )


def sequence_number_from(number: int, name: str, largest: int = LARGEST_SEQUENCE_NUMBER) -> int:
    """Return a sequence number or floor that is in range.

    Raises:
        GbcsError: it is negative or above the largest, which is 2**63-1 unless told.
    """
    if not 0 <= number <= largest:
        shown = str(number) if number.bit_length() <= 128 else f"of {number.bit_length()} bits"
        raise GbcsError(f"{name} is {shown}, expected 0 to {largest}")
    return number


def prepayment_floor_from(
    specialist: Sequence[der_of.SpecialistSequenceNumber] | None,
) -> int | None:
    """Read the floor for top-ups, the only specialist one.

    Raises:
        GbcsError: other ones are named, or it is out of range.
    """
    if specialist is None:
        return None
    if len(specialist) != 1 or specialist[0].usage != _PREPAYMENT_TOP_UP:
        raise GbcsError("specialist floors name something else than prepaymentTopUp, once")
    return sequence_number_from(specialist[0].sequence_number, "a prepayment floor")


def specialist_floors_to(floor: int | None) -> list[der_of.SpecialistSequenceNumber] | None:
    """Return the floor for top-ups as DER."""
    if floor is None:
        return None
    return [der_of.SpecialistSequenceNumber(usage=_PREPAYMENT_TOP_UP, sequence_number=floor)]
