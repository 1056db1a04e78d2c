"""The commands of experiments: what they say. Who protects them is said elsewhere."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime

from gbcs_hil.diagnosis.record import Act, Record
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.names import CredentialsReplacementMode, RemotePartyRole
from gbcs_hil.gbcs.payment_mode import esme_payment_mode, gsme_payment_mode
from gbcs_hil.gbcs.security_credentials import read_credentials, update_credentials
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.gbcs.trust_anchors import TrustAnchorCell
from gbcs_hil.smki.parties import ACB, Party

ROLE = RemotePartyRole
MODES = {
    ROLE.NETWORK_OPERATOR: CredentialsReplacementMode.NETWORK_OPERATOR_BY_NETWORK_OPERATOR,
    ROLE.SUPPLIER: CredentialsReplacementMode.SUPPLIER_BY_SUPPLIER,
}
"""The roles whose cells their own party can replace, and how."""

REOPENED_BY = {
    ROLE.NETWORK_OPERATOR: (
        ROLE.RECOVERY,
        CredentialsReplacementMode.ANY_EXCEPT_ABNORMAL_ROOT_BY_RECOVERY,
    ),
    ROLE.SUPPLIER: (
        ROLE.TRANSITIONAL_COS,
        CredentialsReplacementMode.SUPPLIER_BY_TRANS_COS,
    ),
}
"""Who else can set the counter of such a role, and how: where its own party is locked out."""

Holder = tuple[str, str]
"""Who stands in a role's signing cell: EUI-64 and key identifier, hexadecimal."""

FORGED = bytes([1]) * 64
"""A signature that is nobody's."""

_AT_FIRST = "20240101000000"


class Commands(ABC):
    """Builds commands to the device of a record.

    Args:
        record: whose start state has the device.

    Attributes:
        now: the device's clock, YYYYMMDDhhmmss.
        roles: the roles whose cells the device has and a command can replace.
        unsigned: whether somebody else has to sign the commands and add their MACs.
    """

    unsigned = False

    def __init__(self, record: Record) -> None:
        self._start = record.start
        self._device = bytes.fromhex(record.start.eui)
        clocks = [event.act.now for event in record.events if event.act.now]
        self.now = clocks[-1] if clocks else _AT_FIRST
        self.roles = tuple(
            r for r in MODES if any(n.startswith(r.gbcs_name) for n in record.start.cells)
        )
        headers = [parse(e.act.octets).header for e in record.events if e.act.is_command]
        self._broker = self._access_control_broker(record)
        self._last = max((h.counter for h in headers if h.originator == self._broker), default=0)

    def read(self) -> Act:
        """Return a 6.24.1 for all roles whose counters matter."""
        roles = [ROLE.SUPPLIER, ROLE.NETWORK_OPERATOR, ROLE.ACCESS_CONTROL_BROKER]
        command = read_credentials(self._broker, self._device, self._last + 1, roles)
        return self._protected(command, None)

    def pay(self, holder: Holder, counter: int) -> Act | None:
        """Return a 1.6 (credit mode), whose counter may be of 64 bits; None for a GPF."""
        addressed = (bytes.fromhex(holder[0]), self._device, counter)
        if self._start.type == "esme":
            return self._protected(esme_payment_mode(*addressed, None), holder)
        if self._start.type == "gsme":
            issued = datetime.strptime(f"{self.now}+0000", "%Y%m%d%H%M%S%z").astimezone(UTC)
            return self._protected(gsme_payment_mode(*addressed, None, issued), holder)
        return None

    def renew(
        self,
        role: RemotePartyRole,
        holder: Holder,
        counter: int,
        *,
        to: Party | None = None,
        floor: int | None = None,
        execution: datetime | None = None,
        misfit: bool = False,
        forged: bool = False,
    ) -> Act:
        """Return a command that replaces the certificates of a role.

        Args:
            role: whose cells.
            holder: who stands in its signing cell.
            counter: Originator Counter.
            to: whose certificates it brings; the holder's other ones if None.
            floor: the floor that it names.
            execution: when it is to be executed.
            misfit: bring certificates that do not fit the cells.
            forged: with a signature that is not the holder's.
        """
        command = update_credentials(
            MODES[role],
            bytes.fromhex(holder[0]),
            self._device,
            counter,
            self._replacements(role, holder, to, misfit),
            self._path(),
            floor=floor,
            execution=execution,
        )
        return self._protected(command, holder, forged)

    def reopen(self, role: RemotePartyRole, holder: Holder, by: Holder, counter: int) -> Act:
        """Return a command of another role's that renews a role's certificates, with floor 0.

        Args:
            role: whose cells and counter.
            holder: who stands in its signing cell.
            by: who stands in that of the role which `REOPENED_BY` names.
            counter: Originator Counter of that one.
        """
        _, mode = REOPENED_BY[role]
        command = update_credentials(
            mode,
            bytes.fromhex(by[0]),
            self._device,
            counter,
            self._replacements(role, holder, None, misfit=False),
            self._path(),
            other_floors=[SequenceNumberChange(role, 0)],
        )
        return self._protected(command, by)

    @abstractmethod
    def can_sign(self, holder: Holder) -> bool:
        """Whether commands of a cell's holder can be made."""

    @abstractmethod
    def after_renewal(self, role: RemotePartyRole, holder: Holder) -> Holder:
        """Return who stands in a role's signing cell once its holder has renewed."""

    @abstractmethod
    def others(self, role: RemotePartyRole, holder: Holder) -> Sequence[Party]:
        """Return who else could stand in a role's cells: one of the role, and the ACB."""

    @abstractmethod
    def _access_control_broker(self, record: Record) -> bytes:
        """Return the EUI-64 of the ACB."""

    @abstractmethod
    def _replacements(
        self, role: RemotePartyRole, holder: Holder, to: Party | None, misfit: bool
    ) -> Sequence[tuple[bytes, TrustAnchorCell]]:
        """Return certificates and the cells that they are for."""

    @abstractmethod
    def _path(self) -> Sequence[bytes]:
        """Return the certification path's certificates."""

    @abstractmethod
    def _protected(self, command: Message, holder: Holder | None, forged: bool = False) -> Act:
        """Return a command with what it needs of signature and MAC, as far as can be.

        Args:
            command: the pre-command.
            holder: who signs; None if nobody does.
            forged: spoil the signature.
        """


def forgery(command: Message) -> Message:
    """Return a pre-command with a signature that is nobody's."""
    return command.protected(FORGED, None)


def acb_if_other(role: RemotePartyRole, eui: bytes) -> Sequence[Party]:
    """Return the ACB where its certificates may stand in a role's cells and do not yet."""
    return [ACB] if role is ROLE.NETWORK_OPERATOR and ACB.eui != eui else []
