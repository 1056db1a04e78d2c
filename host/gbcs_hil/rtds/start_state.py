"""The state that a device starts in before one command is played to it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gbcs_hil.bench.board import Provisioning
from gbcs_hil.bench.start_state import cell_name, cells_of
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole, format_eui
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT, ROOT_CELL, TrustAnchorCell
from gbcs_hil.rtds.anchors import SECRETS, read_root, read_secrets
from gbcs_hil.rtds.cells import Cells
from gbcs_hil.rtds.commands import facts
from gbcs_hil.rtds.derivation import RESPONSE, Told, told_by
from gbcs_hil.rtds.keystore import FOLDER, Keystore
from gbcs_hil.rtds.layers import NOTHING, Layer
from gbcs_hil.rtds.pairing import Exchange
from gbcs_hil.rtds.provisioning import ProvisioningFile

_PROFILE = "P-FLOOR"
_TAKEN = "{} taken from the {}"


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

    def why_unknown(self, eui: bytes) -> str:
        """Return why commands to a device that the provisioning file lacks are not played."""
        what = self._file.aside.get(eui)
        if what is not None:
            return f"{format_eui(eui)} is {what}"
        return f"no device {format_eui(eui)} in the provisioning file"

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
            CredentialError: the keystore holds no certificate for a cell of the device, or not
                the file that the provisioning file names.
        """
        header = exchange.command.message.header
        device = self._file.devices[header.recipient]
        stated = device.stated(header.message_code)
        start = _for_type(self._file.start, device.device_type)
        told = told_by(exchange, self.keystore)
        layer, notes = _with_what_is_told(start, told, stated)
        cells = Cells(self.keystore, start.cells, stated.cells)
        cells.fill(device.device_type, header.originator, self._prover(exchange), told)
        secrets = self._standing(cells, header.recipient)
        broker = cells.held[ACB_KEY_AGREEMENT]
        if broker.read.public_key not in secrets:
            notes.append(f"{SECRETS} names no secret of the device and {broker.name}")
        terms = layer.credit_terms if device.device_type == "gsme" else None
        assert layer.clock is not None, "reading the file has made sure"
        provisioning = Provisioning(
            device_type=device.device_type,
            eui=header.recipient,
            cells=self._contents(cells),
            counters={role.gbcs_name: count for role, count in layer.counters.items()},
            originator_counter=layer.originator_counter or 0,
            profile=layer.profile or _PROFILE,
            settings=layer.settings,
            shared_secrets=tuple(secrets.items()),
            certificates=self._certificates(told, stated),
            requested_keys=self._requested_keys(told, stated),
            credit_terms=terms.terms if terms else None,
        )
        own = start.under(stated).originator_counter
        return StartState(
            provisioning,
            layer.clock,
            {cell_name(cell): held.name for cell, held in cells.held.items()},
            (*cells.notes, *notes),
            own is None and told.originator_counter is not None,
        )

    def _contents(self, cells: Cells) -> dict[str, bytes | Mapping[str, bytes]]:
        held = {cell_name(cell): held.certificate for cell, held in cells.held.items()}
        return {cell_name(ROOT_CELL): self._root, **held}

    def _prover(self, exchange: Exchange) -> TrustAnchorCell | RemotePartyRole | None:
        """Return the cell that proves a command, or the role whose cells do."""
        cell = facts(exchange.command.message).authorising_cell
        if cell is not None:
            return cell
        header = exchange.command.message.header
        for usage in (KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT):
            held = self.keystore.of(header.originator, usage)
            if held is not None:
                return held.read.role
        return None

    def _standing(self, cells: Cells, device: bytes) -> dict[bytes, bytes]:
        """Return the secrets that a device shares with those who stand in its cells."""
        known = self._secrets.get(device, {})
        keys = [held.read.public_key for held in cells.held.values()]
        return {key: known[key] for key in keys if key in known}

    def _certificates(self, told: Told, stated: Layer) -> dict[KeyUsage, bytes]:
        chosen = dict(told.certificates)
        for usage, name in stated.certificates.items():
            chosen[usage] = None if name == NOTHING else self.keystore.file(name).certificate
        return {usage: octets for usage, octets in chosen.items() if octets is not None}

    def _requested_keys(self, told: Told, stated: Layer) -> dict[KeyUsage, bytes]:
        chosen = dict(told.requested_keys)
        for usage, name in stated.requested_keys.items():
            chosen[usage] = None if name == NOTHING else self.keystore.file(name).read.public_key
        return {usage: key for usage, key in chosen.items() if key is not None}


def _for_type(start: Layer, device_type: str) -> Layer:
    """Return what holds for every device without the counters that one does not have."""
    roles = {cell.role for cell in cells_of(device_type)}
    counters = {role: start.counters.get(role, 0) for role in roles}
    return msgspec.structs.replace(start, counters=counters)


def _with_what_is_told(start: Layer, told: Told, stated: Layer) -> tuple[Layer, list[str]]:
    """Put what an exchange tells between the layers of the file, and say what it decided."""
    notes = []
    counters = {
        role: count
        for role, count in told.counters.items()
        if role in start.counters and role not in stated.counters and count != start.counters[role]
    }
    if counters:
        shown = ", ".join(f"{role.gbcs_name} {count}" for role, count in counters.items())
        notes.append(_TAKEN.format(f"counters ({shown})", RESPONSE))
    terms = told.credit_terms
    if terms and not stated.credit_terms and terms != start.credit_terms:
        notes.append(_TAKEN.format("credit terms", RESPONSE))
    own = told.originator_counter if start.originator_counter is None else None
    layer = Layer(originator_counter=own, credit_terms=terms, counters=counters)
    if not stated.certificates and not stated.requested_keys:
        notes += told.notes
    return start.under(layer).under(stated), notes
