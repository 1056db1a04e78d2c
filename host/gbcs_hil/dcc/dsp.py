"""The Data Service Provider: takes Service Requests, checks them, has them carried out.

The flow is the real one. A critical request is transformed into a pre-command, which the user
checks, signs and sends back; other requests are carried out as they come. What is checked, and
in which order, is the list `validation.CHECKS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from gbcs_hil.dcc import credentials_alert, pre_commands, response_codes, validation
from gbcs_hil.dcc.acb import AccessControlBroker
from gbcs_hil.dcc.alerts import reached
from gbcs_hil.dcc.audit_trail import Entry, Kind, Named
from gbcs_hil.dcc.check import Case, Result, Step, rejection, run
from gbcs_hil.dcc.device_alerts import DeviceAlert, DeviceAlerts
from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.estate_record import keep_estate
from gbcs_hil.dcc.gbcs_delivery import Delivery, GbcsDelivery, Network
from gbcs_hil.dcc.handover_counters import HandoverCounters
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.outcome import Outcome, Rejected
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.requests import ServiceRequest, SignedPreCommand
from gbcs_hil.dcc.services import FutureDating
from gbcs_hil.dcc.solr.checks import as_originated
from gbcs_hil.dcc.waiting_requests import WaitingRequests
from gbcs_hil.errors import BadInput, LinkError
from gbcs_hil.gbcs.credential_responses import UpdateAlert
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.names import format_eui
from gbcs_hil.smki.parties import Pki


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Dsp:
    """The DCC's systems under one policy.

    Args:
        acb: holds the DCC's keys.
        pki: the users' certificates, as the DCC knows them.
        estate: the inventory, registration data and participants.
        ledger: what must not be forgotten.
        network: the way to SMETS2+ devices.
        policy: which modifications are live.
        s1sps: the ways to SMETS1 devices, by the name of the S1SP.
        clock: the time, UTC.

    Attributes:
        pki: the users' certificates; those with renewed ones take their place at once.
    """

    def __init__(
        self,
        acb: AccessControlBroker,
        pki: Pki,
        estate: Estate,
        ledger: Ledger,
        network: Network,
        policy: Policy,
        s1sps: Mapping[str, Delivery] | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        counters = HandoverCounters(ledger, policy, acb.party.eui)
        self.policy = policy
        self.pki = pki
        self._waiting = WaitingRequests(ledger.database)
        self.ledger = ledger
        self.estate = estate
        self._gbcs = GbcsDelivery(acb, ledger, counters, network)
        self._alerts = DeviceAlerts(acb, ledger, counters)
        self._s1sps = dict(s1sps or {})
        self._clock = clock

    @property
    def estate(self) -> Estate:
        """The inventory, registration data and participants; another takes its place at once."""
        return self._estate

    @estate.setter
    def estate(self, estate: Estate) -> None:
        keep_estate(self.ledger.database, estate)
        self._estate = estate

    def takes_unsigned(self, request: ServiceRequest) -> bool:
        """Return whether a critical request is carried out without a Signed Pre-Command.

        So it is for SMETS1: an S1SP gets the request itself.
        """
        device = self.estate.devices.get(request.id.target)
        return device is not None and device.smets1

    def transform(self, request: ServiceRequest) -> Message:
        """Return the pre-command of a critical request, for the user to check and sign.

        Raises:
            Rejected: a check refuses the request.
            LedgerError: the ledger cannot be written.
        """
        case = self._case(request, None, Step.TRANSFORM)
        outcome = self._validate(case)
        if outcome is not None:
            raise Rejected(outcome)
        return pre_commands.critical(as_originated(case), case.device, case.now)

    def submit(self, request: ServiceRequest, signed: Message | None = None) -> Outcome:
        """Carry a Service Request out.

        Args:
            request: what the user asks for.
            signed: the Signed Pre-Command of a critical request to SMETS2+.

        Returns:
            An acknowledgement, a rejection with the check that failed, or the device's answer.

        Raises:
            BadInput: it cannot be kept until its time, as DUIS cannot tell what it asks for.
            LedgerError: the ledger cannot be written; nothing was sent.
        """
        return self._carry_out(self._case(request, signed, Step.SEND))

    def submit_signed(self, signed: SignedPreCommand) -> Outcome:
        """Carry out a critical request whose Signed Pre-Command comes by itself, as in DUIS.

        Returns:
            As `submit`; a rejection if nothing was transformed under its RequestID.

        Raises:
            LedgerError: the ledger cannot be read or written; nothing was sent.
        """
        request = self.ledger.requests.transformed(signed.id)
        if request is None or request.variant != signed.variant:
            nothing = Outcome(
                response_codes.NOT_AS_TRANSFORMED,
                detail=f"no SRV {signed.variant} was transformed under its RequestID",
                check="as-transformed",
            )
            return self.refuse(signed, nothing)
        return self.submit(request, signed.message)

    def refuse(self, request: Named, outcome: Outcome) -> Outcome:
        """Write down a rejection that no check of the list made, and return it."""
        refused = f"refused {outcome.code}: {outcome.detail or outcome.code.meaning}"
        entries = [Entry(Kind.REQUEST, Step.SEND), Entry(Kind.CHECK, outcome.check, refused)]
        self.ledger.trail.record(request, [*entries, _outcome_entry(outcome)])
        return outcome

    def release_due(self) -> list[tuple[ServiceRequest, Outcome]]:
        """Carry out the requests whose time has come, after checking them once more.

        A request is taken from the ledger before it is carried out: it is never carried out
        twice, and is in the audit trail if this process ends in between.

        Raises:
            LinkError: the line to a device broke; the other requests were carried out.
        """
        due: list[tuple[ServiceRequest, Outcome]] = []
        broken: LinkError | None = None
        for kept in self._waiting.take(self._clock()):
            request = replace(kept, execution=None)
            try:
                due.append((request, self._carry_out(self._case(request, None, Step.DUE))))
            except LinkError as error:
                # The others were taken from the ledger too, and must not be lost with it.
                broken = error
        if broken is not None:
            raise broken
        return due

    def _carry_out(self, case: Case) -> Outcome:
        """Check a request, and have it carried out if it passes.

        Two transactions: one until what is sent is durable, one from its answer on. While the
        device takes its time, nobody has to wait for the ledger.
        """
        request = case.request
        with self.ledger.together():
            outcome = self._validate(case)
            if outcome is not None:
                return outcome
            if request.execution and case.future_dating is FutureDating.DSP:
                self._waiting.keep(request)
                return self._answer(request, Outcome(response_codes.ACCEPTED))
            dispatch = self._delivery(case).prepare(case)
        try:
            answer = dispatch.send()
        except LinkError as error:
            self.ledger.trail.record(request, [Entry(Kind.OUTCOME, "broken off", str(error))])
            raise
        with self.ledger.together():
            outcome = dispatch.settle(answer)
            if outcome.replaced:
                done = outcome.update.outcome
                names = credentials_alert.told_of_update(self.estate, case.device, done, case.now)
                self.ledger.trail.record(request, credentials_alert.entries(names))
                outcome = replace(outcome, alerted=names)
            return self._answer(request, outcome)

    def receive(self, device: bytes, message: bytes) -> DeviceAlert:
        """Take a device's alert that a future-dated command was executed, or failed.

        The trail says to whom it goes.

        Raises:
            BadInput: no device of the inventory, or no such alert.
            AuthenticationError: it is not protected by the device's key.
        """
        meter = self.estate.devices.get(device)
        if meter is None:
            raise BadInput(f"an alert of {format_eui(device)}, which is not in the inventory")
        with self.ledger.together():
            told = self._alerts.take(meter, message)
            recipient = reached(self.estate, self.policy, told.id.originator)
            code = f"{told.alert.alert_code:04X}"
            outcome = Entry(Kind.OUTCOME, code, f"alert to {recipient or 'nobody'}")
            entries = [Entry(Kind.MESSAGE, "alert", message.hex())]
            if isinstance(told.alert, UpdateAlert):
                done = told.alert.outcome
                names = credentials_alert.told_of_update(self.estate, meter, done, self._clock())
                entries += credentials_alert.entries(names)
            self.ledger.trail.record(told, [*entries, outcome])
        return told.alert

    def _case(self, request: ServiceRequest, signed: Message | None, step: Step) -> Case:
        known = (self.estate, self.pki, self.policy, self._clock(), self.ledger)
        return Case(request, signed, *known, step)

    def _validate(self, case: Case) -> Outcome | None:
        """Run the checks, and write down what each said; return the rejection, if any.

        What passes uses its RequestID up in the same transaction, so that of two requests under
        one RequestID the second is refused, whoever checks it.
        """
        with self.ledger.together():
            results = list(run(validation.CHECKS, case))
            outcome = rejection(results)
            entries = [Entry(Kind.REQUEST, case.step)]
            entries += [_check_entry(result) for result in results]
            if outcome is not None:
                entries.append(_outcome_entry(outcome))
            elif case.step is Step.TRANSFORM:
                self.ledger.requests.keep_transformed(case.request)
            elif case.step is Step.SEND:
                self.ledger.requests.take(case.request)
            self.ledger.trail.record(case.request, entries)
            return outcome

    def _answer(self, request: ServiceRequest, outcome: Outcome) -> Outcome:
        self.ledger.trail.record(request, [_outcome_entry(outcome)])
        return outcome

    def _delivery(self, case: Case) -> Delivery:
        if case.device.s1sp is None:
            return self._gbcs
        if case.device.s1sp not in self._s1sps:
            raise BadInput(f"there is no S1SP {case.device.s1sp!r}")
        return self._s1sps[case.device.s1sp]


def _check_entry(result: Result) -> Entry:
    return Entry(Kind.CHECK, result.check.name, result.said)


def _outcome_entry(outcome: Outcome) -> Entry:
    said = outcome.detail or outcome.code.meaning
    return Entry(Kind.OUTCOME, str(outcome.code), f"{outcome.check}: {said}".lstrip(": "))
