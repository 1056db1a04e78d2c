"""Between the words of the model and octets: messages made, responses and alerts read.

All by the host's codec, which shares no code with the device.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from gbcs_hil.bench.start_state import cell_name
from gbcs_hil.gbcs import payment_mode
from gbcs_hil.gbcs.credential_responses import ReadResponse, UpdateAlert, UpdateResponse
from gbcs_hil.gbcs.dlms_time import encode_time
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome
from gbcs_hil.gbcs.message import Cra, Message, parse, pre_command
from gbcs_hil.gbcs.names import CredentialsReplacementMode
from gbcs_hil.gbcs.security import (
    authenticate,
    shared_secret,
    sign,
    verify_mac,
    verify_signature,
)
from gbcs_hil.gbcs.security_credentials import (
    ReadCredentials,
    Replacement,
    SequenceNumberChange,
    UpdateCredentials,
)
from model.messages import (
    Alert,
    Answer,
    CellOutcome,
    Command,
    Floor,
    Malformed,
    Outcome,
    Payment,
    Read,
    RoleDetails,
    Update,
)
from model.organisations import AUTHORITY, CELLS, OCTETS, PRIVATE_KEYS, ROLES
from model.sequences import time_of
from model.tables import READ, UPDATE, UPDATE_ALERT

EUI = bytes.fromhex("00DB1234567890A0")
OTHER_EUI = bytes.fromhex("00DB1234567890AF")
ISSUED = datetime(2025, 6, 1, tzinfo=UTC)


class Wire:
    """The line to one device, whose public keys are known.

    Args:
        signing_key, agreement_key: the device's public keys, 65 octets each.
    """

    def __init__(self, signing_key: bytes, agreement_key: bytes) -> None:
        self._signing_key = signing_key
        self._agreement_key = agreement_key

    def octets(self, command: Command) -> bytes:
        """Return a message."""
        target = EUI if command.for_this_device else OTHER_EUI
        header = (command.code, command.originator, target, command.counter)
        message = pre_command(*header, _payload(command)).protected(b"", None)
        if command.signer is not None:
            message = sign(message, PRIVATE_KEYS[command.signer])
        if command.mac is not None:
            message = authenticate(message, _secret(command.mac, self._agreement_key))
        octets = bytearray(message.encode())
        if command.flipped is not None:
            place, bit = divmod(command.flipped, 8)
            octets[place % len(octets)] ^= 1 << bit
        return bytes(octets)

    def check_answer(self, command: Command, expected: Answer, output: bytes, now: str) -> None:
        """Compare what the device sent with the response that the model expects."""
        message = parse(output)
        header = message.header
        assert (header.cra, header.counter) == (Cra.RESPONSE, command.counter)
        assert header.message_code == command.code
        assert (header.originator, header.recipient) == (EUI, command.originator)
        dated = None if command.code == READ else encode_time(time_of(now))
        assert header.date_time == dated
        if expected.mac_key is None:
            self._check_signed(message)
        else:
            assert message.signature == b""
            verify_mac(message, _secret(expected.mac_key, self._agreement_key))
        if isinstance(command.body, Payment):
            return
        assert _content(command, message.payload) == expected.content

    def check_refusal(self, octets: bytes, output: bytes) -> None:
        """Look at the answer to a message that was refused: it says nothing but that."""
        message, header = parse(output), parse(octets).header
        assert (message.header.cra, message.payload) == (Cra.RESPONSE, b"")
        assert message.header.counter == header.counter
        assert (message.header.originator, message.header.recipient) == (EUI, header.originator)
        self._check_signed(message)

    def check_alerts(self, expected: Sequence[Alert], outputs: Sequence[bytes]) -> None:
        """Compare what the device sent with the alerts that the model expects."""
        assert len(outputs) == len(expected), "another number of alerts"
        for alert, output in zip(expected, outputs, strict=True):
            message = parse(output)
            header = message.header
            self._check_signed(message)
            assert (header.cra, header.message_code) == (Cra.ALERT, alert.code)
            assert (header.originator, header.counter) == (EUI, alert.counter)
            assert header.recipient == alert.recipient
            if alert.code == UPDATE_ALERT:
                told = UpdateAlert.decode(message.payload)
                assert (told.alert_code, _outcome(told.outcome)) == (alert.event, alert.outcome)
                assert alert.cause is not None
                assert isinstance(alert.cause.body, Update)
                assert told.execution == time_of(alert.cause.body.execution)
                continue
            assert alert.event.to_bytes(2) in message.payload
            if alert.cause is not None:
                cause = alert.cause.code.to_bytes(2) + alert.cause.counter.to_bytes(8)
                assert cause in message.payload

    def _check_signed(self, message: Message) -> None:
        assert message.mac is None
        verify_signature(message, self._signing_key)


@cache
def _secret(key: bytes, agreement_key: bytes) -> bytes:
    return shared_secret(PRIVATE_KEYS[key], agreement_key)


def _payload(command: Command) -> bytes:
    body = command.body
    if not isinstance(body, Malformed):
        return _well_formed_payload(command, body)
    if body.how == "another mode":
        # The sibling's payload: what says credit becomes prepayment, and the reverse.
        return _well_formed_payload(replace(command, code=command.code ^ 1), body.original)
    octets = _well_formed_payload(command, body.original)
    return {
        "cut": octets[:-1],
        "halved": octets[: len(octets) // 2],
        "longer": octets + b"\x05\x00",
        "empty": b"",
    }[body.how]


def _well_formed_payload(command: Command, body: Update | Read | Payment) -> bytes:
    if isinstance(body, Update):
        return _update(body)
    if isinstance(body, Read):
        return ReadCredentials(
            CELLS[body.cell], tuple(ROLES[role] for role in body.roles)
        ).encode()
    prepayment = None
    if command.code in (0x001B, 0x006D):
        prepayment = payment_mode.Prepayment(body.threshold)
    execution = time_of(body.execution) if body.execution else None
    header = (command.originator, EUI, command.counter, prepayment)
    if command.code in (0x006C, 0x006D):
        return payment_mode.gsme_payment_mode(*header, ISSUED, execution).payload
    return payment_mode.esme_payment_mode(*header, execution).payload


def _update(body: Update) -> bytes:
    return UpdateCredentials(
        mode=CredentialsReplacementMode(body.mode),
        sequence_number=body.sequence_number,
        replacements=tuple(
            Replacement(OCTETS[certificate], CELLS[cell])
            for cell, certificate in body.replacements
        ),
        path=AUTHORITY.path if body.path else (),
        authorising_cell=None if body.cell is None else CELLS[body.cell],
        floor=body.floor,
        prepayment_floor=body.prepayment_floor,
        other_floors=tuple(
            SequenceNumberChange(ROLES[floor.role], floor.number, floor.prepayment)
            for floor in body.others
        ),
        apply_time_checks=body.check_times,
        execution=time_of(body.execution) if body.execution else None,
    ).encode()


def _content(command: Command, payload: bytes) -> Any:
    if command.code & 0xFF00 == UPDATE:
        outcome = UpdateResponse.decode(payload).outcome
        return None if outcome is None else _outcome(outcome)
    return tuple(
        RoleDetails(
            told.role.gbcs_name,
            told.status,
            told.sequence_number,
            tuple((cell_name(held.cell), held.eui, held.ski) for held in told.cells),
        )
        for told in ReadResponse.decode(payload).roles
    )


def _outcome(told: ExecutionOutcome) -> Outcome:
    return Outcome(
        told.sequence_number,
        told.mode,
        tuple(Floor(c.role.gbcs_name, c.floor, c.prepayment_floor) for c in told.changes),
        tuple(
            CellOutcome(
                cell_name(done.cell),
                done.status,
                (done.existing_eui, done.existing_ski),
                (done.replacing_eui, done.replacing_ski),
            )
            for done in told.outcomes
        ),
    )
