"""What Devices answer to CS02a and CS02b, and tell when a date has come (GBCS 13.3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cryptography.hazmat import asn1

from gbcs_hil.gbcs import security_credentials_asn1 as der_of
from gbcs_hil.gbcs.der import decode, decode_sequence_of, encode_sequence_of, time_from, time_to
from gbcs_hil.gbcs.execution_outcomes import (
    ExecutionOutcome,
    eight_octets,
    outcome_from,
    outcome_to,
)
from gbcs_hil.gbcs.names import (
    AlertCode,
    CellUsage,
    RemotePartyRole,
    StatusCode,
)
from gbcs_hil.gbcs.sequence_numbers import LARGEST_COUNTER, sequence_number_from
from gbcs_hil.gbcs.trust_anchors import TrustAnchorCell


@dataclass(frozen=True, slots=True)
class UpdateResponse:
    """The payload of a CS02b response: accepted, and done unless it is to be done later."""

    outcome: ExecutionOutcome | None

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a response's payload.

        Raises:
            GbcsError: it is not one, or names something that GBCS does not know.
        """
        der = decode(der_of.ResponsePayload, payload, "CS02b response")
        return cls(None if der.outcome is None else outcome_from(der.outcome))

    def encode(self) -> bytes:
        """Return the payload's DER."""
        outcome = None if self.outcome is None else outcome_to(self.outcome)
        return asn1.encode_der(der_of.ResponsePayload(accepted=asn1.Null(), outcome=outcome))


@dataclass(frozen=True, slots=True)
class UpdateAlert:
    """The payload of the alert 0x00CB.

    Attributes:
        alert_code: FUTURE_DATED_SUCCESS, or FUTURE_DATED_FAILURE if any cell failed.
        execution: the command's executionDateTime.
        outcome: what it did.
    """

    alert_code: AlertCode
    execution: datetime
    outcome: ExecutionOutcome

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read an alert's payload.

        Raises:
            GbcsError: it is not one, or names something that GBCS does not know.
        """
        der = decode(der_of.AlertPayload, payload, "CS02b alert")
        return cls(
            AlertCode.require(der.alert_code), time_from(der.execution), outcome_from(der.outcome)
        )

    def encode(self) -> bytes:
        """Return the payload's DER."""
        return asn1.encode_der(
            der_of.AlertPayload(
                alert_code=int(self.alert_code),
                execution=time_to(self.execution),
                outcome=outcome_to(self.outcome),
            )
        )


@dataclass(frozen=True, slots=True)
class CellContent:
    """Who is in a cell, and under which subject key identifier."""

    cell: TrustAnchorCell
    eui: bytes
    ski: bytes


@dataclass(frozen=True, slots=True)
class RoleCredentials:
    """What a Device says of one role.

    Attributes:
        role: the role that was asked about.
        status: SUCCESS, or why the rest is missing.
        sequence_number: currentSeqNumber, the role's counter; None unless SUCCESS.
        cells: what the role's cells hold.
    """

    role: RemotePartyRole
    status: StatusCode
    sequence_number: int | None
    cells: tuple[CellContent, ...]


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """The payload of a CS02a response, in the order of the question."""

    roles: tuple[RoleCredentials, ...]

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a response's payload.

        Raises:
            GbcsError: it is not one, or names something that GBCS does not know.
        """
        items = decode_sequence_of(der_of.ReadResponseList, payload, "CS02a response")
        return cls(tuple(map(_role_from, items)))

    def encode(self) -> bytes:
        """Return the payload's DER."""
        items = [_role_to(role) for role in self.roles]
        return encode_sequence_of(der_of.ReadResponseList(items=items))


def _role_from(der: der_of.RoleCredentialsDer) -> RoleCredentials:
    role = RemotePartyRole.require(der.remote_party_role)
    # A role of which the last command had a header-only counter is told with that.
    number = der.sequence_number
    return RoleCredentials(
        role,
        der_of.status_from(der.status),
        None
        if number is None
        else sequence_number_from(number, "currentSeqNumber", LARGEST_COUNTER),
        tuple(
            CellContent(
                TrustAnchorCell(
                    role,
                    der_of.key_usage_from(item.key_usage),
                    CellUsage.require(item.cell_usage),
                ),
                eight_octets(item.eui, "subjectUniqueID"),
                eight_octets(item.ski, "subjectKeyIdentifier"),
            )
            for item in der.cells or ()
        ),
    )


def _role_to(role: RoleCredentials) -> der_of.RoleCredentialsDer:
    cells = [
        der_of.CellContentDer(
            key_usage=der_of.key_usage_to(item.cell.key_usage),
            cell_usage=int(item.cell.cell_usage),
            eui=item.eui,
            ski=item.ski,
        )
        for item in role.cells
    ]
    return der_of.RoleCredentialsDer(
        remote_party_role=int(role.role),
        status=der_of.status_to(role.status),
        sequence_number=role.sequence_number,
        cells=None if role.sequence_number is None else cells,
    )
