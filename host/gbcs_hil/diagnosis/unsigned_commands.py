"""Commands to a device whose parties' keys are elsewhere, for them to sign."""

from collections.abc import Iterable, Sequence

from gbcs_hil.bench.start_state import cell_name
from gbcs_hil.diagnosis.commands import Commands, Holder, forgery
from gbcs_hil.diagnosis.record import NO_SIGNATURE, Act, Kind, Record
from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import authenticate
from gbcs_hil.gbcs.security_credentials import UpdateCredentials
from gbcs_hil.gbcs.trust_anchors import (
    ACB_KEY_AGREEMENT,
    CELLS_OF_ROLE,
    TrustAnchorCell,
    digital_signing,
)
from gbcs_hil.smki.parties import Party

# Makes what stands where the ACB's MAC goes; simulations do not look at it.
_NO_SECRET = bytes(32)


class UnsignedCommands(Commands):
    """Builds pre-commands out of the certificates that the record has.

    A renewal brings the certificates that stand in the cells already.
    """

    unsigned = True

    def __init__(self, record: Record) -> None:
        self._certificates: dict[tuple[str, str], bytes] = {}
        self._chain: tuple[bytes, ...] = ()
        self._keep(record.start.cells.items())
        for event in record.events:
            if event.act.is_command:
                self._learn(event.act.octets)
        super().__init__(record)

    def _learn(self, command: bytes) -> None:
        try:
            update = UpdateCredentials.decode(parse(command).payload)
        except GbcsError:
            # Another command, or a damaged one; it brings nothing.
            return
        self._chain = update.path or self._chain
        self._keep((cell_name(r.cell), r.certificate.hex()) for r in update.replacements)

    def _keep(self, named: Iterable[tuple[str, str]]) -> None:
        for name, text in named:
            certificate = bytes.fromhex(text)
            try:
                self._certificates[name, read_certificate(certificate).ski.hex()] = certificate
            except GbcsError as error:
                raise BadInput(f"the certificate for {name} cannot be read: {error}") from error

    def can_sign(self, holder: Holder) -> bool:
        """Whether the certificates of a cell's holder are known."""
        return any(ski == holder[1] for _, ski in self._certificates)

    def after_renewal(self, role: RemotePartyRole, holder: Holder) -> Holder:
        """Return the same: a renewal brings what was there."""
        return holder

    def others(self, role: RemotePartyRole, holder: Holder) -> Sequence[Party]:
        """Return nobody: others' certificates are not known."""
        return ()

    def _access_control_broker(self, record: Record) -> bytes:
        name = cell_name(ACB_KEY_AGREEMENT)
        return read_certificate(bytes.fromhex(record.start.cells[name])).eui or bytes(8)

    def _replacements(
        self, role: RemotePartyRole, holder: Holder, to: Party | None, misfit: bool
    ) -> Sequence[tuple[bytes, TrustAnchorCell]]:
        signing = self._certificates[cell_name(digital_signing(role)), holder[1]]
        return [
            (signing if misfit else self._held(cell, holder), cell)
            for cell in CELLS_OF_ROLE[role]
            if (cell.key_usage is KeyUsage.KEY_AGREEMENT) or not misfit
        ]

    def _held(self, cell: TrustAnchorCell, holder: Holder) -> bytes:
        """Return the certificate for a cell of the party that holds the role's signing cell."""
        name = cell_name(cell)
        known = [octets for (cell_of, _), octets in self._certificates.items() if cell_of == name]
        eui = bytes.fromhex(holder[0])
        theirs = [octets for octets in known if read_certificate(octets).eui == eui]
        if cell.key_usage is KeyUsage.DIGITAL_SIGNATURE:
            return self._certificates[name, holder[1]]
        return (theirs or known)[-1]

    def _path(self) -> Sequence[bytes]:
        return self._chain

    def _protected(self, command: Message, holder: Holder | None, forged: bool = False) -> Act:
        if forged:
            return Act(Kind.COMMAND, authenticate(forgery(command), _NO_SECRET).encode())
        # A device takes nothing that has no place for them.
        signature = b"" if holder is None else NO_SIGNATURE
        complete = authenticate(command.protected(signature, None), _NO_SECRET)
        return Act(Kind.TRUSTED, complete.encode())
