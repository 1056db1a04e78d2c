"""The command of CS02b: what it says, and whether who sent it may say so.

    SEQUENCE { control, SEQUENCE OF { certificate, cell }, SEQUENCE OF certificate, date? }

The control is read in `update_control` (GBCS 13.3.3, 13.3.5).
"""

from gbcs_device import cell_identifiers, der
from gbcs_device.device_types import (
    ACB_KA,
    NETWORK_OPERATOR_DS,
    NETWORK_OPERATOR_KA,
    RECOVERY,
    RECOVERY_CELL,
    SUPPLIER,
    SUPPLIER_DS,
    SUPPLIER_KA,
    SUPPLIER_KA_PREPAYMENT,
    TRANSITIONAL_COS_DS,
    cells_of,
)
from gbcs_device.rejection import NOT_AUTHORISED, UNSUPPORTED, Rejected, malformed
from gbcs_device.security import MAC, SIGNATURE, SIGNATURE_AND_MAC
from gbcs_device.update_control import UpdateControl
from gbcs_device.use_case import AT_ONCE, Scheduled

FIRST_CODE = 0x0100
_MAX_REPLACEMENTS = 16
_MAX_PATH = 4

_SUPPLIER_CELLS = (SUPPLIER_DS, SUPPLIER_KA, SUPPLIER_KA_PREPAYMENT)
_ANY = None

# Credentials replacement mode: authorising cell, protection, cells that it may replace.
_MODES = {
    2: (SUPPLIER_DS, SIGNATURE_AND_MAC, _SUPPLIER_CELLS),
    3: (NETWORK_OPERATOR_DS, SIGNATURE_AND_MAC, (NETWORK_OPERATOR_DS, NETWORK_OPERATOR_KA)),
    4: (ACB_KA, MAC, (ACB_KA,)),
    6: (TRANSITIONAL_COS_DS, SIGNATURE_AND_MAC, (TRANSITIONAL_COS_DS,)),
    7: (TRANSITIONAL_COS_DS, SIGNATURE_AND_MAC, _SUPPLIER_CELLS),
    8: (RECOVERY_CELL, SIGNATURE, _ANY),
}


class UpdateCommand(Scheduled):
    """A CS02b command.

    Attributes:
        authorising_cell: the cell whose key proves the command in its mode.
        protection: what the mode requires.
        control: the command's `update_control.UpdateControl`.
        mode: the credentials replacement mode.
        role: the role of the authorising cell.
        replacements: ((start, stop) of a certificate, target cell).
        path: (start, stop) of certification path certificates.
    """

    def __init__(self, message, identity) -> None:
        super().__init__(message, identity)
        mode = message.code - FIRST_CODE
        if mode not in _MODES:
            raise Rejected(UNSUPPORTED, "credentials replacement mode %d" % mode)
        self.mode = mode
        held = cells_of(identity)
        self.authorising_cell, self.protection, self._replaceable = _MODES[mode]
        if self.authorising_cell not in held:
            raise Rejected(UNSUPPORTED, "this device has no cell that authorises mode %d" % mode)
        self.role = self.authorising_cell[0]
        self.counter_role = self.role
        if self.role == RECOVERY and identity.settings["recovery-replay-protection"] == "off":
            self.counter_role = None
        self._held = held
        outer = der.payload_reader(message, identity)
        body = outer.enter()
        outer.finish()
        checked = identity.settings["replacement-mode"] != "not-checked"
        self.control = UpdateControl(body.enter(), mode, self.role, checked)
        self._read_replacements(body.enter())
        path = body.enter()
        self.path = []
        while path.more():
            self.path.append(path.span(der.SEQUENCE))
            if len(self.path) > _MAX_PATH:
                raise malformed("more than %d certification path certificates" % _MAX_PATH)
        self.execution = body.time() if body.next_is(der.GENERALIZED_TIME) else AT_ONCE
        body.finish()

    def _read_replacements(self, replacements: der.Reader) -> None:
        self.replacements = []
        while replacements.more():
            replacement = replacements.enter()
            certificate = replacement.span(der.SEQUENCE)
            target = cell_identifiers.read_identifier(replacement)
            replacement.finish()
            self.replacements.append((certificate, target))
            if len(self.replacements) > _MAX_REPLACEMENTS:
                raise malformed("more than %d replacements" % _MAX_REPLACEMENTS)

    def authorise(self) -> None:
        """Refuse what the authorising party may not ask for in this mode.

        Raises:
            Rejected: not-authorised.
        """
        control = self.control
        if control.named_cell != self.authorising_cell and not (
            # GBCS 13.3.5: only the ACB replacing its own credentials leaves the cell out.
            control.named_cell is None and self.authorising_cell == ACB_KA
        ):
            raise Rejected(NOT_AUTHORISED, "mode %d is not for the cell it names" % self.mode)
        settings = self.identity.settings
        checked = settings["sequence-number"] != "not-checked"
        if checked and control.sequence_number != self.message.counter:
            raise Rejected(
                NOT_AUTHORISED, "authorisingRemotePartySeqNumber is not the Originator Counter"
            )
        if control.prepayment_floor is not None and self.role != SUPPLIER:
            raise Rejected(NOT_AUTHORISED, "only a supplier has a prepayment floor")
        self._authorise_targets([target for _, target in self.replacements], settings)
        if settings["floor-outside-mode"] == "refuse-command":
            for role, _, _ in control.changes:
                if not self.may_set_counter(role):
                    raise Rejected(
                        NOT_AUTHORISED,
                        "mode %d may not set the counter of role %d" % (self.mode, role),
                    )

    def _authorise_targets(self, targets: list, settings: dict) -> None:
        if settings["no-replacements"] == "refuse-command" and not targets:
            raise Rejected(NOT_AUTHORISED, "the command names no cell")
        if settings["cell-absent"] == "refuse-command":
            for target in targets:
                if self.may_replace(target) and target not in self._held:
                    raise Rejected(NOT_AUTHORISED, "this device does not have that cell")
        if settings["cell-outside-mode"] == "refuse-command":
            for target in targets:
                if not self.may_replace(target):
                    raise Rejected(NOT_AUTHORISED, "mode %d may not replace that cell" % self.mode)
        if settings["cell-named-twice"] == "refuse-command":
            for at in range(len(targets)):
                if targets[at] in targets[:at]:
                    raise Rejected(NOT_AUTHORISED, "the command names a cell twice")
        if settings["cells-of-a-role"] == "together":
            for cell in self._held:
                if cell not in targets and cell[0] in [target[0] for target in targets]:
                    raise Rejected(NOT_AUTHORISED, "the command leaves a cell of its role out")

    def may_replace(self, target: tuple) -> bool:
        """Whether the mode may replace a cell, which this device need not have."""
        return self._replaceable is _ANY or target in self._replaceable

    def may_set_counter(self, role: int) -> bool:
        """Whether the mode may set a role's counter, for which this device has to have one."""
        return role == self.role or role in [cell[0] for cell in self._replaceable or self._held]
