"""CS02a and CS02b commands: what they say, read and written (GBCS 13.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from cryptography.hazmat import asn1

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs import security_credentials_asn1 as der_of
from gbcs_hil.gbcs.der import decode, raw, time_from, time_to
from gbcs_hil.gbcs.message import Message, pre_command
from gbcs_hil.gbcs.message_codes import MessageCode, code_of_mode
from gbcs_hil.gbcs.names import CredentialsReplacementMode, RemotePartyRole
from gbcs_hil.gbcs.sequence_numbers import (
    SequenceNumberChange,
    prepayment_floor_from,
    sequence_number_from,
    specialist_floors_to,
)
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT, AUTHORISING_CELLS, TrustAnchorCell

__all__ = [
    "CANCEL",
    "ReadCredentials",
    "Replacement",
    "SequenceNumberChange",
    "UpdateCredentials",
    "read_credentials",
    "update_credentials",
]

CANCEL = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The executionDateTime that cancels a command that waits for its date."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A certificate, DER, and the cell that it is for."""

    certificate: bytes
    cell: TrustAnchorCell


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateCredentials:
    """The payload of a CS02b (or CS02g) command.

    Attributes:
        mode: credentialsReplacementMode.
        sequence_number: authorisingRemotePartySeqNumber, the header's counter once more.
        replacements: what goes where, in the order in which the outcomes will come.
        path: certificationPathCertificates, DER.
        authorising_cell: authorisingRemotePartyTACellIdentifier, or None to leave it out.
        floor: newRemotePartyFloorSeqNumber, or None.
        prepayment_floor: the specialist floor for top-ups, or None.
        other_floors: otherRemotePartySeqNumberChanges.
        apply_time_checks: whether the Device looks at notBefore and notAfter.
        symmetric_key: plaintextSymmetricKey, for contingency only.
        execution: when to execute, in UTC; `CANCEL`; or None for at once.
    """

    mode: CredentialsReplacementMode
    sequence_number: int
    replacements: tuple[Replacement, ...]
    path: tuple[bytes, ...]
    authorising_cell: TrustAnchorCell | None = None
    floor: int | None = None
    prepayment_floor: int | None = None
    other_floors: tuple[SequenceNumberChange, ...] = ()
    apply_time_checks: bool = True
    symmetric_key: bytes | None = None
    execution: datetime | None = None

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a command's payload.

        Raises:
            GbcsError: it is not one, or names something that GBCS does not know.
        """
        der = decode(der_of.CommandPayload, payload, "CS02b command")
        control = der.control
        cell = control.authorising_cell
        number = sequence_number_from
        if control.apply_time_based_cpv_checks not in (0, 1):
            raise GbcsError("applyTimeBasedCPVChecks is neither 0 (apply) nor 1 (disapply)")
        return cls(
            mode=CredentialsReplacementMode.require(control.mode),
            sequence_number=number(control.sequence_number, "authorisingRemotePartySeqNumber"),
            replacements=tuple(
                Replacement(der_of.certificate_from(r.certificate), der_of.cell_from(r.cell))
                for r in der.replacements
            ),
            path=tuple(der_of.certificate_from(element) for element in der.certification_path),
            authorising_cell=None if cell is None else der_of.cell_from(cell),
            floor=None if control.floor is None else number(control.floor, "a floor"),
            prepayment_floor=prepayment_floor_from(control.specialist_floors),
            other_floors=tuple(map(SequenceNumberChange.from_der, control.other_changes or ())),
            apply_time_checks=control.apply_time_based_cpv_checks == 0,
            symmetric_key=control.plaintext_symmetric_key,
            execution=time_from(der.execution) if der.execution else None,
        )

    def encode(self) -> bytes:
        """Return the payload's DER. Numbers out of range are written as they are.

        Raises:
            GbcsError: a certificate is not even one DER value, or the time has no DER form.
        """
        cell = self.authorising_cell
        control = der_of.AuthorisingRemotePartyControl(
            mode=int(self.mode),
            plaintext_symmetric_key=self.symmetric_key,
            apply_time_based_cpv_checks=int(not self.apply_time_checks),
            authorising_cell=None if cell is None else der_of.cell_to(cell),
            sequence_number=self.sequence_number,
            floor=self.floor,
            specialist_floors=specialist_floors_to(self.prepayment_floor),
            other_changes=[change.to_der() for change in self.other_floors] or None,
        )
        command = der_of.CommandPayload(
            control=control,
            replacements=[
                der_of.TrustAnchorReplacement(
                    certificate=raw(r.certificate, "certificate"), cell=der_of.cell_to(r.cell)
                )
                for r in self.replacements
            ],
            certification_path=[raw(certificate, "certificate") for certificate in self.path],
            execution=None if self.execution is None else time_to(self.execution),
        )
        return asn1.encode_der(command)


@dataclass(frozen=True, slots=True)
class ReadCredentials:
    """The payload of a CS02a (or CS02f) command.

    Attributes:
        authorising_cell: the cell that the Device checks the command with.
        roles: which roles to tell about.
    """

    authorising_cell: TrustAnchorCell
    roles: tuple[RemotePartyRole, ...]

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a command's payload.

        Raises:
            GbcsError: it is not one, or names something that GBCS does not know.
        """
        der = decode(der_of.ReadCommandPayload, payload, "CS02a command")
        return cls(
            der_of.cell_from(der.authorising_cell), tuple(map(RemotePartyRole.require, der.roles))
        )

    def encode(self) -> bytes:
        """Return the payload's DER."""
        return asn1.encode_der(
            der_of.ReadCommandPayload(
                authorising_cell=der_of.cell_to(self.authorising_cell),
                roles=[int(role) for role in self.roles],
            )
        )


def read_credentials(
    originator: bytes,
    recipient: bytes,
    counter: int,
    roles: Sequence[RemotePartyRole],
    authorising_cell: TrustAnchorCell = ACB_KEY_AGREEMENT,
    message_code: int = MessageCode.CS02A,
) -> Message:
    """Build a CS02a pre-command: which credentials and counters does the Device hold?

    Args:
        originator: the Access Control Broker's EUI-64 (or that of the cell's holder).
        recipient: the Device's EUI-64.
        counter: Originator Counter.
        roles: whom to ask about.
        authorising_cell: the cell that the command is checked with; the MAC's by default.
        message_code: CS02a, or CS02f.

    Raises:
        GbcsError: an identifier or the counter is out of range.
    """
    payload = ReadCredentials(authorising_cell, tuple(roles)).encode()
    return pre_command(message_code, originator, recipient, counter, payload)


def update_credentials(
    mode: CredentialsReplacementMode,
    originator: bytes,
    recipient: bytes,
    counter: int,
    replacements: Sequence[tuple[bytes, TrustAnchorCell]],
    path: Sequence[bytes],
    *,
    floor: int | None = None,
    prepayment_floor: int | None = None,
    other_floors: Sequence[SequenceNumberChange] = (),
    apply_time_checks: bool = True,
    authorising_cell: TrustAnchorCell | None = None,
    execution: datetime | None = None,
) -> Message:
    """Build a CS02b pre-command, the counter in its header and in its payload.

    A field that contradicts the mode or the header is had by building `UpdateCredentials` and
    `pre_command` apart.

    Args:
        mode: who replaces whose; it also chooses the message code.
        originator: Business Originator ID, the holder of the authorising cell.
        recipient: the Device's EUI-64.
        counter: Originator Counter.
        replacements: certificates, DER, with the cells that they are for.
        path: the certificates between the Device's root and the replacements, DER.
        floor: newRemotePartyFloorSeqNumber; None leaves it out.
        prepayment_floor: the same for top-ups.
        other_floors: counters of other roles.
        apply_time_checks: whether the Device looks at the certificates' validity.
        authorising_cell: another cell than the mode's usual one.
        execution: when, in UTC; `CANCEL`; None for at once.

    Raises:
        GbcsError: an identifier, the counter or a certificate cannot be coded.
    """
    command = UpdateCredentials(
        mode=mode,
        sequence_number=counter,
        replacements=tuple(Replacement(*replacement) for replacement in replacements),
        path=tuple(path),
        authorising_cell=authorising_cell or AUTHORISING_CELLS[mode],
        floor=floor,
        prepayment_floor=prepayment_floor,
        other_floors=tuple(other_floors),
        apply_time_checks=apply_time_checks,
        execution=execution,
    )
    return pre_command(code_of_mode(mode), originator, recipient, counter, command.encode())
