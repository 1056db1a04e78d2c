"""The commands of experiments, signed with the test keys of the record's parties."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from gbcs_hil.diagnosis.record import Act, Kind, Record
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.names import CellUsage, CredentialsReplacementMode, KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import authenticate, sign
from gbcs_hil.gbcs.security_credentials import read_credentials, update_credentials
from gbcs_hil.gbcs.trust_anchors import CELLS_OF_ROLE
from gbcs_hil.smki.credential import Credential
from gbcs_hil.smki.parties import ACB, EVERYBODY, Party, Pki

_ROLE = RemotePartyRole
_MODES = {
    _ROLE.NETWORK_OPERATOR: CredentialsReplacementMode.NETWORK_OPERATOR_BY_NETWORK_OPERATOR,
    _ROLE.SUPPLIER: CredentialsReplacementMode.SUPPLIER_BY_SUPPLIER,
}
_GENERATIONS = (1, 2, 3, 4)


class Commands:
    """Builds commands to the device of a record.

    Args:
        record: whose start state has the device and Z.
        pki: the parties' test credentials.

    Attributes:
        now: the device's clock, YYYYMMDDhhmmss.
        roles: the roles whose cells the device has and a command can replace.

    Raises:
        BadInput: the record's device holds the root of another PKI.
    """

    def __init__(self, record: Record, pki: Pki) -> None:
        start = record.start
        self._pki = pki
        self._device = bytes.fromhex(start.eui)
        root = pki.authority.root.certificate.hex()
        if not any(text.lower() == root for text in start.cells.values()):
            raise BadInput("the record's device holds another root; give the run's own --seed")
        (_, secret), *_ = start.shared_secrets
        self._secret = bytes.fromhex(secret)
        clocks = [event.act.now for event in record.events if event.act.now]
        self.now = clocks[-1] if clocks else "20240101000000"
        self.roles = tuple(
            r for r in _MODES if any(n.startswith(r.gbcs_name) for n in start.cells)
        )
        self._last = max(
            (
                parse(event.act.octets).header.counter
                for event in record.events
                if event.act.is_command and parse(event.act.octets).header.originator == ACB.eui
            ),
            default=0,
        )
        self._issued = cache(self._issue)

    def read(self) -> Act:
        """Return a 6.24.1 for all roles whose counters matter."""
        roles = [_ROLE.SUPPLIER, _ROLE.NETWORK_OPERATOR, _ROLE.ACCESS_CONTROL_BROKER]
        command = read_credentials(ACB.eui, self._device, self._last + 1, roles)
        return self._authenticated(command.protected(b"", None))

    def can_sign(self, holder: tuple[str, str]) -> bool:
        """Whether the key of a cell's holder (EUI-64 and key identifier) is at hand."""
        return self._signer(holder) is not None

    def others(self, role: RemotePartyRole, holder: tuple[str, str]) -> Sequence[Party]:
        """Return who else could stand in a role's cells: one of the role, and the ACB."""
        eui = bytes.fromhex(holder[0])
        fit = [p for p in EVERYBODY if p.role is role and p.eui != eui]
        acb = [ACB] if role is _ROLE.NETWORK_OPERATOR and ACB.eui != eui else []
        return (*fit[:1], *acb)

    def renew(
        self,
        role: RemotePartyRole,
        holder: tuple[str, str],
        counter: int,
        *,
        to: Party | None = None,
        by: Party | None = None,
        floor: int | None = None,
        execution: datetime | None = None,
        misfit: bool = False,
        forged: bool = False,
    ) -> Act:
        """Return a command that replaces the certificates of a role.

        Args:
            role: whose cells.
            holder: EUI-64 and key identifier of who stands in its signing cell, hexadecimal.
            counter: Originator Counter.
            to: whose certificates it brings; the holder's newer ones if None.
            by: who signs; the holder if None.
            floor: the floor that it names.
            execution: when it is to be executed.
            misfit: bring certificates that are of another role.
            forged: spoil the signature.
        """
        signer = self._issued(by, 1)[0] if by else self._signer(holder)
        assert signer is not None, "can_sign was asked"
        owner = to or next(p for p in EVERYBODY if p.eui == signer.eui)
        if misfit:
            owner = next(p for p in EVERYBODY if p.role in _MODES and p.role is not role)
        present = bytes.fromhex(holder[1])
        generation = next(g for g in (2, 3) if self._issued(owner, g)[0].ski != present)
        given = self._issued(owner, 1 if to else generation)
        command = update_credentials(
            _MODES[role],
            signer.eui,
            self._device,
            counter,
            [
                (_fitting(given, cell.key_usage, cell.cell_usage), cell)
                for cell in CELLS_OF_ROLE[role]
            ],
            self._pki.authority.path,
            floor=floor,
            execution=execution,
        )
        signed = sign(command, signer.private_key)
        if forged:
            octets = signed.signature or b""
            signed = signed.protected(octets[:-1] + bytes([octets[-1] ^ 1]), None)
        return self._authenticated(signed)

    def _authenticated(self, command: Message) -> Act:
        return Act(Kind.COMMAND, octets=authenticate(command, self._secret).encode())

    def _issue(self, party: Party, generation: int) -> tuple[Credential, ...]:
        if generation == 1:
            return tuple(held for held in self._pki.credentials if held.eui == party.eui)
        return self._pki.authority.organisation(
            party.role, party.eui, party.name, generation=generation
        )

    def _signer(self, holder: tuple[str, str]) -> Credential | None:
        eui, ski = map(bytes.fromhex, holder)
        for party in EVERYBODY:
            if party.eui != eui:
                continue
            for generation in _GENERATIONS:
                for held in self._issued(party, generation):
                    if held.ski == ski and held.key_usage is KeyUsage.DIGITAL_SIGNATURE:
                        return held
        return None


def _fitting(given: Sequence[Credential], usage: KeyUsage, cell: CellUsage) -> bytes:
    """Return the certificate for a cell; one key agreement certificate can serve for top-ups."""
    of_usage = [held for held in given if held.key_usage is usage]
    exact = [held for held in of_usage if held.cell_usage is cell]
    return (exact or of_usage)[0].certificate
