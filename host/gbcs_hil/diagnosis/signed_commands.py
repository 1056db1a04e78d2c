"""Commands that are ready to send, by the test keys of a bench's parties."""

from collections.abc import Sequence
from functools import cache

from gbcs_hil.diagnosis.commands import MODES, Commands, Holder, acb_if_other, forgery
from gbcs_hil.diagnosis.record import Act, Kind, Record
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import authenticate, sign
from gbcs_hil.gbcs.trust_anchors import CELLS_OF_ROLE, TrustAnchorCell
from gbcs_hil.smki.credential import Credential
from gbcs_hil.smki.parties import ACB, EVERYBODY, Party, Pki

_GENERATIONS = (1, 2, 3, 4)


class SignedCommands(Commands):
    """Builds signed commands with the ACB's MAC.

    Args:
        record: whose start state has the device and Z.
        pki: the parties' test credentials.

    Raises:
        BadInput: the record's device holds the root of another PKI, or Z is not known.
    """

    def __init__(self, record: Record, pki: Pki) -> None:
        root = pki.authority.root.certificate.hex()
        if not any(text.lower() == root for text in record.start.cells.values()):
            raise BadInput("the record's device holds another root; give the run's own --seed")
        if not record.start.shared_secrets:
            raise BadInput("the record's start has no shared secret, so no MAC can be made")
        self._pki = pki
        (_, secret), *_ = record.start.shared_secrets
        self._secret = bytes.fromhex(secret)
        self._issued = cache(self._issue)
        super().__init__(record)

    def can_sign(self, holder: Holder) -> bool:
        """Whether the key of a cell's holder is at hand."""
        return self._signer(holder) is not None

    def after_renewal(self, role: RemotePartyRole, holder: Holder) -> Holder:
        """Return who stands in a role's signing cell once its holder has renewed."""
        given = self._renewed(_party(holder), holder)
        signing = next(held for held in given if held.key_usage is KeyUsage.DIGITAL_SIGNATURE)
        return holder[0], signing.ski.hex()

    def others(self, role: RemotePartyRole, holder: Holder) -> Sequence[Party]:
        """Return who else could stand in a role's cells: one of the role, and the ACB."""
        eui = bytes.fromhex(holder[0])
        fit = [p for p in EVERYBODY if p.role is role and p.eui != eui]
        return (*fit[:1], *acb_if_other(role, eui))

    def _access_control_broker(self, record: Record) -> bytes:
        return ACB.eui

    def _replacements(
        self, role: RemotePartyRole, holder: Holder, to: Party | None, misfit: bool
    ) -> Sequence[tuple[bytes, TrustAnchorCell]]:
        owner = to or _party(holder)
        if misfit:
            owner = next(p for p in EVERYBODY if p.role in MODES and p.role is not role)
        given = self._issued(owner, 1) if to else self._renewed(owner, holder)
        return [
            (_fitting(given, cell.key_usage, cell.cell_usage), cell)
            for cell in CELLS_OF_ROLE[role]
        ]

    def _renewed(self, owner: Party, holder: Holder) -> tuple[Credential, ...]:
        """Return a party's certificates that do not stand in a cell yet."""
        present = bytes.fromhex(holder[1])
        both = (self._issued(owner, generation) for generation in (2, 3))
        return next(given for given in both if all(held.ski != present for held in given))

    def _path(self) -> Sequence[bytes]:
        return self._pki.authority.path

    def _protected(self, command: Message, holder: Holder | None, forged: bool = False) -> Act:
        if holder is not None:
            signer = self._signer(holder)
            assert signer is not None, "can_sign was asked"
            command = forgery(command) if forged else sign(command, signer.private_key)
        return Act(Kind.COMMAND, octets=authenticate(command, self._secret).encode())

    def _issue(self, party: Party, generation: int) -> tuple[Credential, ...]:
        if generation == 1:
            return tuple(held for held in self._pki.credentials if held.eui == party.eui)
        return self._pki.authority.organisation(
            party.role, party.eui, party.name, generation=generation
        )

    def _signer(self, holder: Holder) -> Credential | None:
        eui, ski = map(bytes.fromhex, holder)
        for party in EVERYBODY:
            if party.eui != eui:
                continue
            for generation in _GENERATIONS:
                for held in self._issued(party, generation):
                    if held.ski == ski and held.key_usage is KeyUsage.DIGITAL_SIGNATURE:
                        return held
        return None


def _party(holder: Holder) -> Party:
    return next(p for p in EVERYBODY if p.eui == bytes.fromhex(holder[0]))


def _fitting(given: Sequence[Credential], usage: KeyUsage, cell: CellUsage) -> bytes:
    """Return the certificate for a cell; one key agreement certificate can serve for top-ups."""
    of_usage = [held for held in given if held.key_usage is usage]
    exact = [held for held in of_usage if held.cell_usage is cell]
    return (exact or of_usage)[0].certificate
