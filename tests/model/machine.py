"""The device and the model side by side: the same messages, the same state after each.

`Machine` is abstract: a subclass says which device is meant.
"""

from abc import abstractmethod
from datetime import timedelta
from typing import Any, Protocol

from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from model import making
from model.in_memory import PowerCut
from model.intents import (
    STARTS,
    STEPS,
    Failure,
    Handover,
    PaymentIntent,
    ReadIntent,
    Replay,
    Restart,
    Start,
    Time,
    UnknownCode,
    UpdateIntent,
)
from model.messages import Alert, Certificate, Command
from model.organisations import OCTETS, Organisation, certificate_for
from model.rules import ANY, USAGES, Model, Refused, cells_of
from model.wire import EUI, Wire, time_of

NOW = "20250601120000"
_SIGNING_KEY, _AGREEMENT_KEY = (number.to_bytes(32) for number in (0x51617D, 0x46177D))
_ACB = "accessControlBroker"
_END_OF_TIME = "20450101000000"
_MESSAGES_KEPT = 20


class Subject(Protocol):
    """A device under test, at its bench port."""

    def request(self, op: str, /, **arguments: Any) -> dict[str, Any]:
        """Carry out an operation; raise PowerCut if there is no answer for lack of power."""

    def power_cycle(self) -> None:
        """Cut the power, and give it back."""

    def stored(self) -> dict[str, Any]:
        """Return the state that the device has or would have after a power cut."""

    def fail(self, operation: int, *, late: bool, broken: bool) -> None:
        """Let the power or the medium go during one of the next writes, as soon as it can."""

    @property
    def failed(self) -> bool:
        """Whether a write has failed since the power came on."""

    def recover(self) -> None:
        """Let no power cut come any more."""

    def close(self) -> None:
        """Give the device away."""


class Machine(RuleBasedStateMachine):
    """Sequences of messages, dates, power cuts and restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.subject = self.virgin()
        self.sent: list[tuple[Command, bytes]] = []
        self.steps: list[Any] = []

    @abstractmethod
    def virgin(self) -> Subject:
        """Return a device that is not provisioned."""

    def teardown(self) -> None:
        """Give the device away."""
        self.subject.close()

    @initialize(start=STARTS)
    def provision(self, start: Start) -> None:
        """Make the device, and the model of it."""
        self.steps.append(start)
        roles = [role for role in USAGES if start.device_type != "gsme" or role != "networkOperator"]
        counters = dict(zip(roles, start.counters, strict=False))
        cells = {cell: _first_holder(cell, start) for cell in cells_of(start.device_type)}
        self.model = Model(
            start.device_type, start.profile, cells, counters, start.own_counter, NOW
        )
        keys = self.subject.request(
            "provision",
            type=start.device_type,
            eui=EUI,
            cells={cell: OCTETS[certificate] for cell, certificate in cells.items()},
            counters=counters,
            originator_counter=start.own_counter,
            profile=start.profile,
            signing_key=_SIGNING_KEY,
            agreement_key=_AGREEMENT_KEY,
        )
        self.wire = Wire(keys["signing_public_key"], keys["agreement_public_key"])
        self._let_time_pass(0)

    @rule(intent=STEPS)
    def step(self, intent: Any) -> None:
        """Do one thing, and compare."""
        self.steps.append(intent)
        try:
            self._do(intent)
        except Exception as error:
            # On a board with power cuts no replay is sure to show it again.
            error.add_note("after " + "\n".join(map(repr, self.steps)))
            raise

    def _do(self, intent: Any) -> None:
        match intent:
            case UpdateIntent():
                self._send(making.update(self.model, intent), intent.flip)
            case Handover():
                if command := making.handover(self.model, intent):
                    self._send(command)
            case PaymentIntent():
                self._send(making.payment(self.model, intent), intent.flip)
            case ReadIntent():
                self._send(making.read(self.model, intent))
            case UnknownCode():
                self._send(making.unknown(self.model, intent))
            case Replay() if self.sent:
                self._deliver(*self.sent[-1 - intent.back % len(self.sent)])
            case Time():
                self._let_time_pass(intent.seconds)
            case Restart():
                self.subject.power_cycle()
                self._wake_up([self.model], self.model.now)
            case Failure():
                self.subject.fail(intent.operation, late=intent.late, broken=intent.broken)
                self._do(intent.then)

    def _let_time_pass(self, seconds: int) -> None:
        now = f"{time_of(self.model.now) + timedelta(seconds=seconds):%Y%m%d%H%M%S}"
        # All organisations' certificates have expired by then, but not yet their issuer's.
        now = min(now, _END_OF_TIME)
        stages = [self.model.copy()]
        alerts: list[Alert] = []
        told = [0]
        for raised in self.model.tick(now):
            alerts += raised
            stages.append(self.model.copy())
            told.append(len(alerts))
        try:
            reply = self.subject.request("tick", now=now)
        except PowerCut:
            self._wake_up(stages, now)
            return
        assert reply["verdict"] == "accepted"
        if self.subject.failed:
            # The medium broke after some of the commands; theirs are the alerts.
            reached = self._wake_up(stages, now)
            assert len(reply["outputs"]) in told[max(reached - 1, 0) : reached + 1]
            alerts = alerts[: len(reply["outputs"])]
            self.wire.check_alerts(alerts, reply["outputs"])
            return
        self.wire.check_alerts(alerts, reply["outputs"])
        self._compare()

    def _send(self, command: Command, flip: int = 0) -> None:
        octets = self.wire.octets(command, flip)
        self.sent = [*self.sent[1 - _MESSAGES_KEPT :], (command, octets)]
        self._deliver(command, octets)

    def _deliver(self, command: Command, octets: bytes) -> None:
        before = self.model.copy()
        try:
            answer, reason = self.model.receive(command), "accepted"
        except Refused as refused:
            answer, reason = None, str(refused)
        try:
            reply = self.subject.request("deliver", message=octets)
        except PowerCut:
            self._wake_up([before, self.model], self.model.now)
            return
        verdict = reply["verdict"]
        assert reason == (ANY if reason == ANY and verdict != "accepted" else _coarse(verdict)), (
            reason,
            verdict,
            reply["detail"],
        )
        if answer is None:
            assert reply["outputs"] == []
        else:
            self.wire.check_answer(command, answer, reply["outputs"], self.model.now)
        self._compare()

    def _compare(self) -> None:
        self.subject.recover()
        assert _told(self.subject.request("state")) == _expected(self.model)
        assert _told(self.subject.stored()) == _expected(self.model)

    def _wake_up(self, possible: list[Model], now: str) -> int:
        """Go on after a loss of power, in whichever of the states the device is; say which."""
        self.subject.power_cycle()
        told = _told(self.subject.stored())
        expected = [_expected(model) for model in possible]
        assert told in expected
        reached = expected.index(told)
        self.model = possible[reached]
        self.model.now = now
        self._let_time_pass(0)
        return reached


def _coarse(verdict: str) -> str:
    return "unsupported" if verdict == "unknown-message-code" else verdict


def _first_holder(cell: str, start: Start) -> Certificate:
    """Return who stands in a cell: owners, or what a factory puts there."""
    role = cell.partition("/")[0]
    if start.factory and start.device_type == "gpf" and role in ("supplier", "networkOperator"):
        role = _ACB
    elif start.factory and role == "networkOperator":
        role = "supplier"
    return certificate_for(cell, Organisation(role))


def _told(state: dict[str, Any]) -> dict[str, Any]:
    """Return what a bench port says of a state, as far as the model knows of it."""
    return {
        "cells": {name: (held["unique_id"], held["ski"]) for name, held in state["cells"].items()},
        "counters": state["counters"],
        "prepayment floor": state["prepayment_floor"],
        "own counter": state["originator_counter"],
        "payment": (state["payment_mode"], state["payment_threshold"]),
        "pending": {(row["code"], row["originator"], row["execution"]) for row in state["pending"]},
    }


def _expected(model: Model) -> dict[str, Any]:
    return {
        "cells": {name: (held.eui, held.key) for name, held in model.cells.items()},
        "counters": model.counters,
        "prepayment floor": model.prepayment_floor,
        "own counter": model.own_counter,
        "payment": model.payment,
        "pending": {
            (code, command.originator, date) for code, (date, command) in model.pending.items()
        },
    }
