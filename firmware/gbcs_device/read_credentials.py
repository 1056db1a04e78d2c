"""CS02a Provide Security Credential Details (message code 0008, SRV 6.24.1).

command  SEQUENCE { authorising cell, SEQUENCE OF RemotePartyRole }
response SEQUENCE OF { role, status, [ counter, SEQUENCE OF { usage, id, key id } ] }
"""

from gbcs_device import cell_identifiers, der
from gbcs_device.device_types import ACB_KA, TRANSITIONAL_COS_DS, cells_of
from gbcs_device.rejection import NOT_AUTHORISED, Rejected, malformed
from gbcs_device.security import MAC, SIGNATURE
from gbcs_device.state import counter_of
from gbcs_device.use_case import UseCase

_SUCCESS = 0
_TRUST_ANCHOR_NOT_FOUND = 25
_MAX_ROLES = 16

# Which cell may authorise a read, and the protection that goes with it.
_PROTECTION = {ACB_KA: MAC, TRANSITIONAL_COS_DS: SIGNATURE}


class ReadCredentials(UseCase):
    """A CS02a command."""

    read_only = True
    dated_response = False

    def __init__(self, message, identity) -> None:
        super().__init__(message, identity)
        self._held = cells_of(identity)
        outer = der.payload_reader(message, identity)
        body = outer.enter()
        outer.finish()
        self.authorising_cell = cell_identifiers.read_identifier(body)
        roles = body.enter()
        body.finish()
        self._roles = []
        while roles.more():
            self._roles.append(roles.integer())
            if len(self._roles) > _MAX_ROLES:
                raise malformed("more than %d roles" % _MAX_ROLES)
        if self.authorising_cell not in _PROTECTION:
            raise Rejected(NOT_AUTHORISED, "that cell does not authorise a read")
        self.protection = _PROTECTION[self.authorising_cell]
        self.signed_response = self.protection == SIGNATURE
        self.counter_role = None
        if identity.settings["cs02a-replay-protection"] == "on":
            self.counter_role = self.authorising_cell[0]

    def execute(self, state, now: str, random) -> bytes:
        """Return the response payload; nothing changes."""
        parts = [self._read(state, role) for role in self._roles]
        return cell_identifiers.sent(self.identity, der.encode(der.SEQUENCE, *parts))

    def counter_of(self, state, role: int) -> int:
        """Return what is told of a role's execution counter."""
        return counter_of(state, role)

    def _read(self, state, role: int) -> bytes:
        held = [cell for cell in self._held if cell[0] == role]
        status = _SUCCESS if held else _TRUST_ANCHOR_NOT_FOUND
        head = der.integer(role) + der.integer(status, der.ENUMERATED)
        if not held:
            return der.encode(der.SEQUENCE, head)
        contents = [
            der.encode(
                der.SEQUENCE,
                cell_identifiers.write_usage(cell),
                cell_identifiers.write_content(state.cells[cell]),
            )
            for cell in held
        ]
        return der.encode(
            der.SEQUENCE,
            head,
            der.integer(self.counter_of(state, role)),
            der.encode(der.SEQUENCE, *contents),
        )


USE_CASES = {0x0008: ReadCredentials}
