"""Answers that report a fault: of hardware, of storage, of what the emulated device cannot have.

What an answer reports is read from its octets alone. Such an answer is neither matched nor a
difference: the device had no fault, and none is faked.
"""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

from gbcs_hil.errors import CredentialError, GbcsError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.device_credentials import (
    DEVICE_KEY_USAGES,
    CertificateCommand,
    CertificateResponse,
    IssueFailure,
    IssueResponse,
    KeyUsageCommand,
    ReadCertificateResponse,
    ReadFailure,
    UpdateResult,
)
from gbcs_hil.gbcs.future_dated_alerts import FutureDatedAlert
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import AlertCode, Named, alert_text
from gbcs_hil.gbcs.payment_mode_responses import (
    CreditTerms,
    DefaultResponse,
    EsmePaymentResponse,
    gsme_response,
)

_DONE = AlertCode.FUTURE_DATED_SUCCESS
_FAULTS: tuple[Named, ...] = (
    IssueFailure.KEY_PAIR_GENERATION_FAILED,
    IssueFailure.REQUEST_PRODUCTION_FAILED,
    UpdateResult.CERTIFICATE_STORAGE_FAILED,
    UpdateResult.PRIVATE_KEY_CHANGE_FAILED,
    ReadFailure.CERTIFICATE_RETRIEVAL_FAILURE,
)


def reported_fault(answer: Message, command: Message) -> str | None:
    """Return the fault that a response or alert reports, in words; None if it reports none.

    Args:
        answer: any response or alert.
        command: what it answers. An error that nothing in it gives cause for is a fault too.
    """
    read = _REPORTED.get(answer.header.message_code)
    try:
        return read(answer, command) if read else None
    except GbcsError:
        return None


def reports_success(answer: Message) -> bool:
    """Return whether a response or alert of a use case that has faults reports none."""
    well = _SUCCESS.get(answer.header.message_code)
    try:
        return well is not None and well(answer.payload)
    except GbcsError:
        return False


def same_but_for_fault(faulty: Message, sound: Message) -> bool:
    """Return whether a payload without fault is what the faulty one would be without its own."""
    read = _WITHOUT_FAULT.get(faulty.header.message_code)
    try:
        return read is None or read(faulty.payload) == read(sound.payload)
    except GbcsError:
        return False


def _issue(answer: Message, command: Message) -> str | None:
    outcome = IssueResponse.decode(answer.payload).outcome
    if isinstance(outcome, bytes):
        return None
    return _fault(outcome) or _groundless(outcome, _good_usage(command))


def _update(answer: Message, command: Message) -> str | None:
    result = CertificateResponse.decode(answer.payload).result
    judged_by_certificate = (
        UpdateResult.INVALID_CERTIFICATE,
        UpdateResult.WRONG_DEVICE_IDENTITY,
        UpdateResult.INVALID_KEY_USAGE,
    )
    good = result in judged_by_certificate and _good_certificate(command)
    return _fault(result) or _groundless(result, good)


def _read(answer: Message, command: Message) -> str | None:
    outcome = ReadCertificateResponse.decode(answer.payload).outcome
    if isinstance(outcome, bytes):
        return None
    good = outcome is ReadFailure.INVALID_KEY_USAGE and _good_usage(command)
    return _fault(outcome) or _groundless(outcome, good)


def _fault(outcome: Named) -> str | None:
    # Members of different kinds are equal where their numbers are.
    known = any(outcome is fault for fault in _FAULTS)
    return f"{outcome.gbcs_name} ({outcome.value})" if known else None


def _groundless(outcome: Named, good_command: bool) -> str | None:
    if not good_command:
        return None
    name = f"{outcome.gbcs_name} ({outcome.value})"
    return f"{name}, for which the command gives no cause"


def _good_usage(command: Message) -> bool:
    try:
        return KeyUsageCommand.decode(command.payload).key_usage in DEVICE_KEY_USAGES
    except GbcsError:
        return False


def _good_certificate(command: Message) -> bool:
    """Return whether a CS02d command brings a certificate of the device that it goes to."""
    try:
        read = read_certificate(CertificateCommand.decode(command.payload).certificate)
    except (GbcsError, CredentialError):
        return False
    own = read.role is None and read.eui == command.header.recipient
    return own and len(read.key_usages) == 1 and read.key_usage in DEVICE_KEY_USAGES


def _esme(answer: Message, _: Message) -> str | None:
    response = EsmePaymentResponse.decode(answer.payload)
    return ", ".join(response.failures(answer.header.message_code)) or None


def _gsme(answer: Message, _: Message) -> str | None:
    response = gsme_response(answer.payload)
    return response.failure if isinstance(response, DefaultResponse) else None


def _alert(answer: Message, _: Message) -> str | None:
    code = FutureDatedAlert.decode(answer.payload).alert_code
    return alert_text(code) if code == AlertCode.FUTURE_DATED_FAILURE else None


def _esme_without_fault(payload: bytes) -> object:
    response = EsmePaymentResponse.decode(payload)
    return replace(response, results=(0,) * len(response.results))


def _alert_without_fault(payload: bytes) -> object:
    return replace(FutureDatedAlert.decode(payload), alert_code=0)


_REPORTED: MappingProxyType[int, Callable[[Message, Message], str | None]] = MappingProxyType(
    {
        MessageCode.CS02C: _issue,
        MessageCode.CS02D: _update,
        MessageCode.CS02E: _read,
        MessageCode.ECS02: _esme,
        MessageCode.ECS03: _esme,
        MessageCode.GCS02: _gsme,
        MessageCode.GCS03: _gsme,
        MessageCode.DLMS_ALERT: _alert,
        MessageCode.GBZ_ALERT: _alert,
    }
)

_WITHOUT_FAULT: MappingProxyType[int, Callable[[bytes], object]] = MappingProxyType(
    {
        MessageCode.ECS02: _esme_without_fault,
        MessageCode.ECS03: _esme_without_fault,
        MessageCode.DLMS_ALERT: _alert_without_fault,
        MessageCode.GBZ_ALERT: _alert_without_fault,
    }
)

_SUCCESS: MappingProxyType[int, Callable[[bytes], bool]] = MappingProxyType(
    {
        MessageCode.CS02C: lambda p: isinstance(IssueResponse.decode(p).outcome, bytes),
        MessageCode.CS02D: lambda p: CertificateResponse.decode(p).result is UpdateResult.SUCCESS,
        MessageCode.CS02E: lambda p: isinstance(ReadCertificateResponse.decode(p).outcome, bytes),
        MessageCode.ECS02: lambda p: not any(EsmePaymentResponse.decode(p).results),
        MessageCode.ECS03: lambda p: not any(EsmePaymentResponse.decode(p).results),
        MessageCode.GCS02: lambda p: isinstance(gsme_response(p), CreditTerms),
        MessageCode.GCS03: lambda p: isinstance(gsme_response(p), CreditTerms),
        MessageCode.DLMS_ALERT: lambda p: FutureDatedAlert.decode(p).alert_code == _DONE,
        MessageCode.GBZ_ALERT: lambda p: FutureDatedAlert.decode(p).alert_code == _DONE,
    }
)
