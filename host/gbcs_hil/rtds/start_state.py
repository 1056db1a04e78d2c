"""The state that a device starts in before one command is played to it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gbcs_hil.bench.board import Provisioning
from gbcs_hil.bench.start_state import cell_name, cells_of
from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole, format_eui
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT, ROOT_CELL, TrustAnchorCell
from gbcs_hil.rtds.commands import facts
from gbcs_hil.rtds.keystore import FOLDER, SECRETS, Held, Keystore, read_root, read_secrets
from gbcs_hil.rtds.pairing import Exchange
from gbcs_hil.rtds.provisioning import Layer, ProvisioningFile

_PROFILE = "P-FLOOR"


@dataclass(frozen=True)
class StartState:
    """What a device is before a command.

    Attributes:
        provisioning: what the board is given.
        clock: what the device's clock is set to.
        holders: cell name to the file whose certificate stands in it.
        notes: what a person should know of how this came about.
        own_counter_from_alert: whether nothing but the alert told the device's own counter.
    """

    provisioning: Provisioning
    clock: datetime.datetime
    holders: Mapping[str, str]
    notes: tuple[str, ...]
    own_counter_from_alert: bool


class World:
    """The keystore and the provisioning file: all that start states are made of."""

    def __init__(self, folder: Path, file: ProvisioningFile) -> None:
        """Read the keystore, the root's key and the shared secrets.

        Args:
            folder: holds `keystore/` and `shared-secrets.json`.
            file: says what the devices are.

        Raises:
            BadInput: one of them is missing or malformed.
        """
        self.keystore = Keystore.read(folder / FOLDER)
        self._root = read_root(folder / FOLDER, file.root)
        self._secrets = read_secrets(folder / SECRETS, self.keystore)
        self._file = file

    def device_type(self, eui: bytes) -> str | None:
        """Return a device's type, or None if the provisioning file does not know the device."""
        device = self._file.devices.get(eui)
        return device.device_type if device else None

    def secret(self, device: bytes, party: bytes) -> bytes | None:
        """Return Z of a device and a party's key agreement key, if both are known."""
        held = self.keystore.of(party, KeyUsage.KEY_AGREEMENT)
        if held is None:
            return None
        return self._secrets.get(device, {}).get(held.read.public_key)

    def device_signing_key(self, eui: bytes) -> bytes | None:
        """Return the public key that the reference data's device signs with, if it is known."""
        held = self.keystore.of(eui, KeyUsage.DIGITAL_SIGNATURE)
        return held.read.public_key if held else None

    def start_state(self, exchange: Exchange) -> StartState:
        """Return the state that an exchange starts from.

        Raises:
            CredentialError: the keystore holds no certificate for a cell of the device.
        """
        header = exchange.command.message.header
        device = self._file.devices[header.recipient]
        stated = device.stated(header.message_code)
        layer = self._file.start.under(stated)
        role = self._authorising_role(exchange)
        secrets = self._secrets.get(header.recipient, {})
        standing: dict[bytes, bytes] = {}
        holders: dict[str, str] = {}
        cells: dict[str, bytes | Mapping[str, bytes]] = {cell_name(ROOT_CELL): self._root}
        notes = []
        for cell in cells_of(device.device_type):
            if cell == ROOT_CELL:
                continue
            name = cell_name(cell)
            owner = header.originator if cell.role is role else None
            held, note = self._holder(cell, stated.cells.get(cell), owner)
            cells[name], holders[name] = held.certificate, held.name
            secret = secrets.get(held.read.public_key)
            if secret is not None:
                standing[held.read.public_key] = secret
            elif cell == ACB_KEY_AGREEMENT:
                note = f"{SECRETS} names no secret of the device and {held.name}"
            notes += [note] if note else []
        own, from_alert = _own_counter(layer, exchange)
        provisioning = Provisioning(
            device_type=device.device_type,
            eui=header.recipient,
            cells=cells,
            counters={role.gbcs_name: count for role, count in layer.counters.items()},
            originator_counter=own,
            profile=layer.profile or _PROFILE,
            settings=layer.settings,
            shared_secrets=tuple(standing.items()),
        )
        assert layer.clock is not None, "reading the file has made sure"
        return StartState(provisioning, layer.clock, holders, tuple(notes), from_alert)

    def _authorising_role(self, exchange: Exchange) -> RemotePartyRole | None:
        """Return the role whose cells prove a command."""
        cell = facts(exchange.command.message).authorising_cell
        if cell is not None:
            return cell.role
        header = exchange.command.message.header
        for usage in (KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT):
            held = self.keystore.of(header.originator, usage)
            if held is not None:
                return held.read.role
        return None

    def _holder(
        self, cell: TrustAnchorCell, stated: bytes | None, originator: bytes | None
    ) -> tuple[Held, str]:
        """Return the certificate for a cell, and a note if it is not the one wanted.

        Raises:
            CredentialError: there is none.
        """
        if stated is not None:
            return self._required(cell, stated), ""
        note = ""
        if originator is not None:
            held = self.keystore.for_cell(cell, originator)
            if held is not None:
                return held, ""
            note = f"the keystore holds nothing of {format_eui(originator)} for {cell}"
        general = self._file.start.cells.get(cell)
        if general is not None:
            return self._required(cell, general), note
        held = self.keystore.first_of(cell.role, cell)
        if held is None:
            raise CredentialError(f"the keystore holds no certificate for the cell {cell}")
        return held, note

    def _required(self, cell: TrustAnchorCell, eui: bytes) -> Held:
        held = self.keystore.for_cell(cell, eui)
        if held is None:
            raise CredentialError(
                f"the keystore holds no certificate of {format_eui(eui)} for the cell {cell}"
            )
        return held


def _own_counter(layer: Layer, exchange: Exchange) -> tuple[int, bool]:
    """Return the device's own counter, and whether it comes from the alert to compare."""
    if layer.originator_counter is not None:
        return layer.originator_counter, False
    if not exchange.alerts:
        return 0, False
    return max(0, exchange.alerts[0].message.header.counter - 1), True
