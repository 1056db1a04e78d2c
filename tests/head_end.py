"""Everybody that a device under test talks to: their test keys, and commands as they make them.

All of it comes from the host's codec and PKI, which share no code with the device.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.bench.start_state import HOLDERS, cells_of, certificate_for
from gbcs_hil.gbcs.credential_responses import UpdateResponse
from gbcs_hil.gbcs.dlms_time import encode_time
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome
from gbcs_hil.gbcs.message import Message, parse, pre_command
from gbcs_hil.gbcs.message_codes import code_of_mode
from gbcs_hil.gbcs.names import CellUsage, Cra, CredentialsReplacementMode, KeyUsage, StatusCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security import (
    authenticate,
    public_octets,
    shared_secret,
    sign,
    verify_mac,
    verify_signature,
)
from gbcs_hil.gbcs.security_credentials import (
    ReadCredentials,
    Replacement,
    UpdateCredentials,
)
from gbcs_hil.gbcs.trust_anchors import (
    ACB_KEY_AGREEMENT,
    AUTHORISING_CELLS,
    TrustAnchorCell,
)
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.credential import Credential
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    RECOVERY,
    SUPPLIER_A,
    TRANSITIONAL_COS,
    Party,
    Pki,
)

AUTHORITY = Authority.create(b"device tests")
PKI = Pki.issue(AUTHORITY)

SUPPLIER_BY_SUPPLIER = CredentialsReplacementMode.SUPPLIER_BY_SUPPLIER
NETWORK_BY_NETWORK = CredentialsReplacementMode.NETWORK_OPERATOR_BY_NETWORK_OPERATOR
ACB_BY_ACB = CredentialsReplacementMode.ACB_BY_ACB
COS_BY_COS = CredentialsReplacementMode.TRANS_COS_BY_TRANS_COS
SUPPLIER_BY_COS = CredentialsReplacementMode.SUPPLIER_BY_TRANS_COS
BY_RECOVERY = CredentialsReplacementMode.ANY_EXCEPT_ABNORMAL_ROOT_BY_RECOVERY

EUI = bytes.fromhex("00DB1234567890A3")
"""The device that the ready-made messages are for."""

SIGNING_KEY, AGREEMENT_KEY = (scalar.to_bytes(32, "big") for scalar in (0x51617D, 0x46177D))
"""Its private keys, so that messages for it can be ready before it exists."""

NOW = datetime(2025, 6, 1, 12, 0, 0, tzinfo=UTC)
"""The time at which the devices of these tests stand unless told."""

_OWNERS = {
    SUPPLIER_BY_SUPPLIER: SUPPLIER_A,
    NETWORK_BY_NETWORK: GAS_NETWORK_A,
    ACB_BY_ACB: ACB,
    COS_BY_COS: TRANSITIONAL_COS,
    SUPPLIER_BY_COS: TRANSITIONAL_COS,
    BY_RECOVERY: RECOVERY,
}
# Tells "as the mode has it" from None, which leaves the cell out.
_USUAL: Any = object()

Replacements = Sequence[tuple[bytes, TrustAnchorCell]]


def signing(party: Party) -> Credential:
    return PKI.credential(party.eui, KeyUsage.DIGITAL_SIGNATURE)


def agreement(party: Party) -> Credential:
    return PKI.credential(party.eui, KeyUsage.KEY_AGREEMENT)


def role_cells(role: Role) -> tuple[TrustAnchorCell, ...]:
    """Return the cells of a role on an ESME or GPF."""
    return tuple(cell for cell in cells_of("gpf") if cell.role is role)


def certificates(role: Role, party: Party) -> list[tuple[bytes, TrustAnchorCell]]:
    """Return what puts a party into every cell of a role."""
    return [(certificate_for(cell, party, PKI), cell) for cell in role_cells(role)]


@dataclass(frozen=True)
class HeadEnd:
    """What the parties need to know of one device.

    Attributes:
        eui: the device.
        signing_key: its digital signing public key, 65 octets.
        agreement_key: its key agreement public key, 65 octets.
    """

    eui: bytes
    signing_key: bytes
    agreement_key: bytes
    acb: Credential = field(default_factory=lambda: agreement(ACB))

    @property
    def secret(self) -> bytes:
        """Z of the Access Control Broker and the device."""
        return shared_secret(self.acb.private_key, self.agreement_key)

    def protect(
        self, message: Message, signer: Credential | None = None, *, mac: bool = True
    ) -> bytes:
        """Return a message signed if there is a signer, and with the ACB's MAC."""
        if signer is not None:
            message = sign(message, signer.private_key)
        return (authenticate(message, self.secret) if mac else message).encode()

    def remac(self, message: Message) -> bytes:
        """Return a message with the MAC that belongs to it now."""
        return authenticate(message, self.secret).encode()

    def read(self, counter: int, *roles: Role, **changes: Any) -> bytes:
        """Return the ACB's CS02a command."""
        payload = ReadCredentials(ACB_KEY_AGREEMENT, roles).encode()
        return self.protect(self.unprotected(0x0008, ACB.eui, counter, payload, changes))

    def update(
        self,
        mode: CredentialsReplacementMode,
        counter: int,
        replacements: Replacements,
        *,
        owner: Party | None = None,
        signer: Credential | None = None,
        **fields: Any,
    ) -> bytes:
        """Return a CS02b command.

        Args:
            mode: who replaces whose.
            counter: Originator Counter, in the header and in [3].
            replacements: certificates and their cells.
            owner: the Business Originator; by default who holds the cells from the start.
            signer: signs; by default the owner, and nobody in mode 4.
            **fields: `code`, `originator`, `recipient` of the header; the rest are fields of
                `UpdateCredentials`.
        """
        owner = owner or _OWNERS[mode]
        if signer is None and mode is not ACB_BY_ACB:
            signer = signing(owner)
        message = self.pre_command(mode, counter, replacements, owner=owner, **fields)
        return self.protect(message, signer, mac=mode is not BY_RECOVERY)

    def pre_command(
        self,
        mode: CredentialsReplacementMode,
        counter: int,
        replacements: Replacements,
        *,
        owner: Party | None = None,
        authorising_cell: TrustAnchorCell | None = _USUAL,
        **fields: Any,
    ) -> Message:
        """Return what `update` protects; takes its arguments."""
        owner = owner or _OWNERS[mode]
        header = {key: fields.pop(key) for key in _HEADER_FIELDS if key in fields}
        command = {
            "mode": mode,
            "sequence_number": counter,
            "replacements": tuple(Replacement(*pair) for pair in replacements),
            "path": AUTHORITY.path,
            "authorising_cell": AUTHORISING_CELLS[mode]
            if authorising_cell is _USUAL
            else authorising_cell,
            **fields,
        }
        payload = UpdateCredentials(**command).encode()
        return self.unprotected(code_of_mode(mode), owner.eui, counter, payload, header)

    def unprotected(
        self,
        code: int,
        originator: bytes,
        counter: int,
        payload: bytes,
        changes: Mapping[str, Any] = MappingProxyType({}),
    ) -> Message:
        """Return a command without protection; `changes` are of its header."""
        header = {"code": code, "originator": originator, "recipient": self.eui, **changes}
        return pre_command(
            header["code"], header["originator"], header["recipient"], counter, payload
        )

    def command(self, code: int, counter: int, payload: bytes, party: Party = SUPPLIER_A) -> bytes:
        """Return any command that a party signs, with the broker's MAC."""
        return self.protect(self.unprotected(code, party.eui, counter, payload), signing(party))

    def response(self, command: bytes, output: bytes, now: datetime | None) -> Message:
        """Return an output after checking that it is this device's response to a command.

        A signed command, and a CS02b, are answered with a signature; others with a MAC.
        """
        asked, answer = parse(command).header, parse(output)
        header = answer.header
        assert header.cra is Cra.RESPONSE
        assert (header.counter, header.message_code) == (asked.counter, asked.message_code)
        assert (header.originator, header.recipient) == (self.eui, asked.originator)
        assert header.supplementary_party is None
        assert header.date_time == (None if now is None else encode_time(now))
        if parse(command).signature or 0x0100 <= asked.message_code <= 0x0109:
            assert answer.mac is None
            verify_signature(answer, self.signing_key)
        else:
            assert answer.signature == b""
            verify_mac(answer, self.secret)
        return answer

    def outcome(self, command: bytes, output: bytes, now: datetime = NOW) -> ExecutionOutcome:
        """Return what a CS02b response, once checked, says was done."""
        answer = UpdateResponse.decode(self.response(command, output, now).payload)
        assert answer.outcome is not None
        return answer.outcome

    def alert(self, output: bytes, code: int, recipient: bytes, counter: int) -> bytes:
        """Return the payload of an output that has to be this device's signed alert."""
        message = parse(output)
        header = message.header
        assert (header.cra, header.message_code) == (Cra.ALERT, code)
        assert (header.originator, header.recipient) == (self.eui, recipient)
        assert (header.counter, header.date_time, message.mac) == (counter, None, None)
        assert header.supplementary_party is None
        verify_signature(message, self.signing_key)
        return message.payload


def _public(scalar: bytes) -> bytes:
    key = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
    return public_octets(key.public_key())


HEAD_END = HeadEnd(EUI, _public(SIGNING_KEY), _public(AGREEMENT_KEY))
"""Who talks to the device `EUI`."""

_HEADER_FIELDS = ("code", "originator", "recipient")


def statuses(outcome: ExecutionOutcome) -> list[StatusCode]:
    return [item.status for item in outcome.outcomes]


def holder(cell: TrustAnchorCell) -> Credential:
    """Return the credential that stands in a cell of a device from the start."""
    if cell.role is Role.ROOT:
        return AUTHORITY.root
    usage = cell.cell_usage if cell.role is Role.SUPPLIER else CellUsage.MANAGEMENT
    return PKI.credential(HOLDERS[cell.role].eui, cell.key_usage, usage)
