"""Who stands in the trust anchor cells of a device at the start."""

from collections.abc import Mapping

from gbcs_hil.bench.start_state import cells_of
from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.names import RemotePartyRole, format_eui
from gbcs_hil.gbcs.trust_anchors import ROOT_CELL, TrustAnchorCell
from gbcs_hil.rtds.derivation import Told
from gbcs_hil.rtds.keystore import Held, Keystore


class Cells:
    """The certificates in a device's cells, but for the root's.

    Args:
        keystore: holds them.
        general: who stands in a cell where nothing else tells.
        stated: who stands in a cell, whatever else tells.

    Attributes:
        held: cell to certificate.
        notes: what a person should know of how this came about.
    """

    def __init__(
        self,
        keystore: Keystore,
        general: Mapping[TrustAnchorCell, bytes],
        stated: Mapping[TrustAnchorCell, bytes],
    ) -> None:
        self.held: dict[TrustAnchorCell, Held] = {}
        self.notes: list[str] = []
        self._keystore = keystore
        self._general = general
        self._stated = stated

    def fill(
        self,
        device_type: str,
        originator: bytes,
        prover: TrustAnchorCell | RemotePartyRole | None,
        told: Told,
    ) -> None:
        """Choose a certificate for every cell.

        Args:
            device_type: tells which cells there are.
            originator: who sends the command.
            prover: the cell that proves it, or the role whose cells do, if that can be told.
            told: who stood in the cells before it, as far as its answers tell.

        Raises:
            CredentialError: there is none for a cell.
        """
        role = prover.role if isinstance(prover, TrustAnchorCell) else prover
        taken = False
        for cell in cells_of(device_type):
            if cell == ROOT_CELL:
                continue
            if cell in self._stated:
                self.held[cell] = self._required(cell, self._stated[cell])
                continue
            owner = originator if cell.role is role else None
            shown = self._shown(cell, told)
            if cell == prover and shown is not None and shown.eui != originator:
                # Only its originator's certificate can prove a command.
                shown = None
            self.held[cell] = shown or self._expected(cell, owner)
            taken = taken or (shown is not None and shown != self._usual(cell, owner))
        if taken:
            self.notes.insert(0, f"start cells taken from the {told.cells_by}")

    def _shown(self, cell: TrustAnchorCell, told: Told) -> Held | None:
        """Return the certificate that the answers name, if the keystore holds it."""
        occupant = told.cells.get(cell)
        if occupant is None:
            return None
        held = self._keystore.identified(occupant.eui, occupant.ski, cell.key_usage)
        if held is None:
            self.notes.append(
                f"the keystore does not hold what the {told.cells_by} shows in {cell}: "
                f"{format_eui(occupant.eui)}, key identifier {occupant.ski.hex().upper()}"
            )
        return held

    def _expected(self, cell: TrustAnchorCell, owner: bytes | None) -> Held:
        held = self._usual(cell, owner)
        if held is None:
            raise CredentialError(f"the keystore holds no certificate for the cell {cell}")
        if owner is not None and held.eui != owner:
            self.notes.append(f"the keystore holds nothing of {format_eui(owner)} for {cell}")
        return held

    def _usual(self, cell: TrustAnchorCell, owner: bytes | None) -> Held | None:
        """Return the owner's certificate, or who else stands there by default."""
        held = self._keystore.for_cell(cell, owner) if owner is not None else None
        if held is not None:
            return held
        general = self._general.get(cell)
        if general is not None:
            return self._required(cell, general)
        return self._keystore.first_of(cell.role, cell)

    def _required(self, cell: TrustAnchorCell, eui: bytes) -> Held:
        held = self._keystore.for_cell(cell, eui)
        if held is None:
            raise CredentialError(
                f"the keystore holds no certificate of {format_eui(eui)} for the cell {cell}"
            )
        return held
