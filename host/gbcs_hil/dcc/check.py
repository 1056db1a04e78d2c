"""How a request is checked: a list of small functions, each with what it implements.

A check is given a `Case` and returns nothing; what it refuses it raises as `Refused`. A list
of checks is all that the DSP's or an S1SP's validation is.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from gbcs_hil.dcc import response_codes
from gbcs_hil.dcc.audit_trail import PASSED
from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.participants import Participant
from gbcs_hil.dcc.policy import Fault, Policy
from gbcs_hil.dcc.registration_data import Registration, RegistrationData
from gbcs_hil.dcc.requests import ServiceRequest
from gbcs_hil.dcc.response_codes import ResponseCode
from gbcs_hil.dcc.services import FutureDating
from gbcs_hil.errors import HilError
from gbcs_hil.gbcs.message import Message
from gbcs_hil.smki.parties import Pki


class Step(StrEnum):
    """Why a request is checked; the audit trail names it."""

    TRANSFORM = "transform"  # Its user wants the pre-command.
    SEND = "send"  # It is to be carried out, at once or at its time.
    DUE = "due"  # The DSP kept it, and its time has come.


class Refused(HilError):
    """A check does not let a request pass.

    Attributes:
        code: what the user is told; says itself whether it is the bench's own.
        detail: what was seen, for a person.
    """

    def __init__(self, code: ResponseCode, detail: str = "") -> None:
        super().__init__(detail or code.meaning)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Case:
    """A request with everything that a check may look at.

    Attributes:
        request: what is asked.
        signed: the Signed Pre-Command of a critical request to SMETS2+, once there is one.
        estate: the inventory, registration data and participants.
        pki: the certificates that the DCC knows.
        policy: which modifications are live.
        now: the time of the check, UTC.
        ledger: what the DCC remembers; checks read it and write nothing but their own counts.
        step: why it is checked.
    """

    request: ServiceRequest
    signed: Message | None
    estate: Estate
    pki: Pki = field(repr=False)
    policy: Policy
    now: datetime
    ledger: Ledger = field(repr=False)
    step: Step

    @property
    def sender(self) -> Participant:
        """Who asks.

        Raises:
            Refused: E1, nobody knows the originator.
        """
        sender = self.estate.by_eui(self.request.id.originator)
        if sender is None:
            raise Refused(response_codes.UNKNOWN_USER)
        return sender

    @property
    def device(self) -> SmartMeter:
        """The device that it is for.

        Raises:
            Refused: E19, the inventory does not have it.
        """
        device = self.estate.devices.get(self.request.id.target)
        if device is None:
            raise Refused(response_codes.UNKNOWN_DEVICE)
        return device

    @property
    def secmp0107(self) -> bool:
        """Whether whoever checks this case carries SECMP0107; here the DSP (S107-18)."""
        return self.policy.secmp0107

    @property
    def future_dating(self) -> FutureDating:
        """Who keeps the request until its time, if it has one."""
        by_policy = {
            "1.6": self.policy.future_dating_1_6,
            "6.23": self.policy.future_dating_6_23,
        }
        service = self.request.service
        return FutureDating(by_policy.get(service.variant, service.future_dating.value))

    @property
    def executes(self) -> datetime:
        """When the request is to be executed: its own time, or that of the check."""
        return self.request.execution or self.now

    @property
    def registration_data(self) -> RegistrationData:
        """The DSP's copy of registration data, one change behind with the fault H7."""
        data = self.estate.registration
        return data.stale() if self.policy.has(Fault.H7) else data

    @property
    def registration(self) -> Registration | None:
        """Who the device's meter point is registered to when the request is executed."""
        return self.registration_data.at(self.device.meter_point, self.executes)


AnyCase = TypeVar("AnyCase", bound=Case)


@dataclass(frozen=True)
class Check(Generic[AnyCase]):
    """One validation.

    Attributes:
        name: as the audit trail and a rejection name it.
        function: raises `Refused`.
        requirements: the ids in docs/requirements.md that it implements.
    """

    name: str
    function: Callable[[AnyCase], object]
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What one check said; `refusal` is None if the request passed it."""

    check: Check[Any]
    refusal: Refused | None = None

    @property
    def said(self) -> str:
        """What it said, for the audit trail."""
        refusal = self.refusal
        return PASSED if refusal is None else f"refused {refusal.code}: {refusal}"


def run(checks: Iterable[Check[AnyCase]], case: AnyCase) -> Iterator[Result]:
    """Run checks in their order, up to the first that refuses; yield what each said."""
    for check in checks:
        try:
            check.function(case)
        except Refused as refusal:
            yield Result(check, refusal)
            return
        yield Result(check)


def rejection(results: Iterable[Result]) -> Outcome | None:
    """Return what the user gets if one of the checks refused, or None."""
    for result in results:
        if result.refusal is not None:
            refusal = result.refusal
            return Outcome(refusal.code, detail=refusal.detail, check=result.check.name)
    return None
