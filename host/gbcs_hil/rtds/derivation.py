"""What a command, its response and its alerts tell of the state that they start from.

A command says what it does, and only what comes of it says what it was done to: an outcome names
who stood in each cell, a read shows counters and certificates, a GSME its credit terms.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gbcs_hil.errors import CredentialError, GbcsError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.credential_responses import ReadResponse, UpdateAlert, UpdateResponse
from gbcs_hil.gbcs.device_credentials import (
    DEVICE_KEY_USAGES,
    CertificateCommand,
    CertificateResponse,
    KeyUsageCommand,
    ReadCertificateResponse,
    ReadFailure,
    UpdateResult,
)
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import MODE_OF_CODE, MessageCode
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.payment_mode_responses import CreditTerms
from gbcs_hil.gbcs.trust_anchors import ROOT_CELL, TrustAnchorCell
from gbcs_hil.rtds.keystore import Keystore
from gbcs_hil.rtds.pairing import Exchange

RESPONSE, ALERT = "response", "alert"


@dataclass(frozen=True, slots=True)
class Occupant:
    """Who stood in a cell, under which subject key identifier."""

    eui: bytes
    ski: bytes


@dataclass
class Told:
    """What an exchange tells of its start state; what it is silent about is not in the maps.

    Attributes:
        cells: who stood where.
        cells_by: what told it, `RESPONSE` or `ALERT`.
        counters: execution counters by role, as the response reads them out.
        credit_terms: a GSME's.
        originator_counter: the device's own counter before its alert.
        certificates: the device's own by key usage, DER; None for none at all.
        requested_keys: public keys by usage that wait for a certificate; None for none.
        notes: what a person should know of how it was told.
    """

    cells: dict[TrustAnchorCell, Occupant] = field(default_factory=dict)
    cells_by: str = ""
    counters: dict[RemotePartyRole, int] = field(default_factory=dict)
    credit_terms: CreditTerms | None = None
    originator_counter: int | None = None
    certificates: dict[KeyUsage, bytes | None] = field(default_factory=dict)
    requested_keys: dict[KeyUsage, bytes | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def told_by(exchange: Exchange, keystore: Keystore) -> Told:
    """Return what an exchange tells of its start state."""
    told = Told()
    if exchange.alerts:
        # The device counts up before it sends.
        told.originator_counter = max(0, exchange.alerts[0].message.header.counter - 1)
    read = _READERS.get(exchange.command.message.header.message_code)
    if read is not None:
        read(told, exchange, keystore)
    return told


def _of_update(told: Told, exchange: Exchange, _: Keystore) -> None:
    for source, outcome in _outcomes(exchange):
        for item in outcome.outcomes:
            if item.cell != ROOT_CELL:
                told.cells.setdefault(item.cell, Occupant(item.existing_eui, item.existing_ski))
        told.cells_by = source
        return


def _outcomes(exchange: Exchange) -> Iterator[tuple[str, ExecutionOutcome]]:
    response = _payload(exchange)
    if response is not None:
        try:
            outcome = UpdateResponse.decode(response).outcome
        except GbcsError:
            outcome = None
        if outcome is not None:
            yield RESPONSE, outcome
    for alert in exchange.alerts:
        try:
            yield ALERT, UpdateAlert.decode(alert.message.payload).outcome
        except GbcsError:
            continue


def _of_read(told: Told, exchange: Exchange, _: Keystore) -> None:
    response = _payload(exchange)
    try:
        roles = ReadResponse.decode(response).roles if response is not None else ()
    except GbcsError:
        return
    for item in roles:
        for content in item.cells:
            told.cells.setdefault(content.cell, Occupant(content.eui, content.ski))
        if item.sequence_number is not None:
            told.counters[item.role] = item.sequence_number
    told.cells.pop(ROOT_CELL, None)
    told.cells_by = RESPONSE


def _of_payment_mode(told: Told, exchange: Exchange, _: Keystore) -> None:
    response = _payload(exchange)
    try:
        told.credit_terms = CreditTerms.decode(response) if response is not None else None
    except GbcsError:
        # The response is that of an ESME, or reports a fault.
        return


def _of_own_certificate(told: Told, exchange: Exchange, keystore: Keystore) -> None:
    """CS02e: the device holds the certificate that it answers, else that of the keystore."""
    command = exchange.command.message
    try:
        usage = KeyUsageCommand.decode(command.payload).key_usage
    except GbcsError:
        return
    if usage not in DEVICE_KEY_USAGES:
        return
    held = keystore.of(command.header.recipient, usage)
    known = held.certificate if held and held.read.role is None else None
    told.certificates[usage] = known
    response = _payload(exchange)
    try:
        outcome = ReadCertificateResponse.decode(response).outcome if response else None
    except GbcsError:
        return
    if outcome is ReadFailure.NO_CERTIFICATE_HELD:
        told.certificates[usage] = None
        told.notes.append("no own certificate to start with, as the response tells")
    elif isinstance(outcome, bytes) and outcome != known:
        told.certificates[usage] = outcome
        told.notes.append("own certificate taken from the response")


def _of_requested_key(told: Told, exchange: Exchange, keystore: Keystore) -> None:
    """CS02d: the key pair that waits is the certificate's, unless the response tells otherwise."""
    command: Message = exchange.command.message
    try:
        read = read_certificate(CertificateCommand.decode(command.payload).certificate)
    except (GbcsError, CredentialError):
        return
    result = _update_result(exchange)
    other = keystore.other_than(read.public_key)
    if result is UpdateResult.NO_KEY_PAIR_GENERATED:
        told.requested_keys[read.key_usage] = None
        told.notes.append("no key pair waits for a certificate, as the response tells")
    elif result is UpdateResult.WRONG_PUBLIC_KEY and other is not None:
        told.requested_keys[read.key_usage] = other.read.public_key
        told.notes.append("another key pair waits for a certificate, as the response tells")
    elif read.key_usage in DEVICE_KEY_USAGES:
        told.requested_keys[read.key_usage] = read.public_key
        told.notes.append("the key pair that waits for a certificate is the command's")


def _update_result(exchange: Exchange) -> UpdateResult | None:
    response = _payload(exchange)
    try:
        return CertificateResponse.decode(response).result if response is not None else None
    except GbcsError:
        return None


def _payload(exchange: Exchange) -> bytes | None:
    return exchange.response.message.payload if exchange.response else None


_Reader = Callable[[Told, Exchange, Keystore], None]
_READERS: Mapping[int, _Reader] = MappingProxyType(
    {
        **dict.fromkeys(MODE_OF_CODE, _of_update),
        MessageCode.CS02A: _of_read,
        MessageCode.CS02D: _of_requested_key,
        MessageCode.CS02E: _of_own_certificate,
        MessageCode.GCS02: _of_payment_mode,
        MessageCode.GCS03: _of_payment_mode,
    }
)
