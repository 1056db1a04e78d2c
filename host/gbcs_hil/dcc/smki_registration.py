"""The SMKI registration side: certificate requests, revocation requests, who is leaving.

A network operator that intends to cease to be a DCC User subscribes for no further
Organisation Certificates and submits a Certificate Revocation Request (MP128A-9).
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from gbcs_hil.dcc.ledger_database import LedgerDatabase
from gbcs_hil.dcc.ledger_tables import SmkiRow
from gbcs_hil.dcc.participants import Participant, UserRole
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.errors import AuthenticationError, CredentialError, GbcsError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.certification_request import CertificationRequest
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.smki.authority import Authority


class SmkiKind(StrEnum):
    """What a party can ask for."""

    SUBSCRIBE = "csr"
    REVOKE = "crr"
    LEAVE = "leave"


class RevocationReason(StrEnum):
    """Why a certificate is to be revoked (SEC Appendix B, 4.9.1(A); MP128A-10)."""

    COMPROMISE = "compromise"
    CEASING = "ceasing to be a DCC User"


@dataclass(frozen=True)
class Decision:
    """What SMKI registration says to a request.

    Attributes:
        granted: whether it does what was asked.
        detail: why, or why not.
        certificate: what was issued, DER.
    """

    granted: bool
    detail: str
    certificate: bytes | None = None


class SmkiRecord:
    """What parties have asked of the registration side, in a ledger.

    Args:
        database: the ledger's.
    """

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def is_leaving(self, party: Participant) -> bool:
        """Return whether a party said that it intends to cease to be a DCC User."""
        return bool(self._granted(party, SmkiKind.LEAVE))

    def revocations(self, party: Participant) -> tuple[str, ...]:
        """Return what Certificate Revocation Requests are on file, as serial numbers."""
        return tuple(row.detail.split()[0] for row in self._granted(party, SmkiKind.REVOKE))

    def _granted(self, party: Participant, kind: SmkiKind) -> list[SmkiRow]:
        query = select(SmkiRow).where(
            SmkiRow.mpid == party.mpid, SmkiRow.kind == kind.value, SmkiRow.granted
        )
        with self._database.transaction("read") as session:
            return list(session.scalars(query.order_by(SmkiRow.number)))


class SmkiRegistration(SmkiRecord):
    """The registration side; what was asked and decided is in the ledger.

    Args:
        database: the ledger's.
        authority: issues what is granted.
        policy: with MP128A, ceasing to be a DCC User is a circumstance for revocation.
    """

    def __init__(self, database: LedgerDatabase, authority: Authority, policy: Policy) -> None:
        super().__init__(database)
        self._authority = authority
        self._policy = policy

    def announce_leaving(self, party: Participant) -> Decision:
        """Note that a party intends to cease to be a DCC User."""
        return self._decide(party, SmkiKind.LEAVE, Decision(True, f"{party.name} is leaving"))

    def subscribe(
        self, party: Participant, role: RemotePartyRole, usage: KeyUsage, request: bytes
    ) -> Decision:
        """Take a certificate signing request, PKCS#10 DER, for an Organisation Certificate."""
        return self._decide(party, SmkiKind.SUBSCRIBE, self._issue(party, role, usage, request))

    def revoke(self, party: Participant, certificate: bytes, reason: RevocationReason) -> Decision:
        """Take a Certificate Revocation Request for one of a party's certificates, DER."""
        return self._decide(party, SmkiKind.REVOKE, self._revocable(party, certificate, reason))

    def _issue(
        self, party: Participant, role: RemotePartyRole, usage: KeyUsage, request: bytes
    ) -> Decision:
        if party.eui is None:
            return Decision(False, f"{party.name} has no EUI-64")
        if UserRole.SOLR_CONTINGENCY in party.roles and usage is KeyUsage.DIGITAL_SIGNATURE:
            # M134-3: it has an XML signing certificate and no key for Critical Commands.
            return Decision(False, f"{party.name} signs no Critical Commands")
        if self._policy.mp128a and self.is_leaving(party):
            return Decision(False, f"{party.name} is leaving and gets no further certificates")
        try:
            asked = CertificationRequest.decode(request)
            asked.verify()
            certificate = self._authority.organisation_certificate(
                role, party.eui, party.name, asked.public_key, usage
            )
        except (GbcsError, AuthenticationError, CredentialError) as error:
            return Decision(False, str(error))
        serial = read_certificate(certificate).serial
        return Decision(True, f"{serial:x} {usage.gbcs_name}", certificate)

    def _revocable(
        self, party: Participant, certificate: bytes, reason: RevocationReason
    ) -> Decision:
        try:
            read = read_certificate(certificate)
        except CredentialError as error:
            return Decision(False, str(error))
        if read.eui != party.eui:
            return Decision(False, f"the certificate is not one of {party.name}'s")
        if reason is RevocationReason.CEASING and not self._policy.mp128a:
            return Decision(False, f"{reason} is no circumstance for revocation")
        return Decision(True, f"{read.serial:x} {reason}")

    def _decide(self, party: Participant, kind: SmkiKind, decision: Decision) -> Decision:
        with self._database.transaction("write") as session:
            session.add(
                SmkiRow(
                    at=datetime.datetime.now(datetime.UTC),
                    mpid=party.mpid,
                    kind=kind.value,
                    granted=decision.granted,
                    detail=decision.detail,
                )
            )
        return decision
