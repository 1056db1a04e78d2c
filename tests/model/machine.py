"""The device and the model side by side: the same messages, the same state after each.

`Machine` is abstract: a subclass says which device is meant.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from model import sequences
from model.messages import Alert, Answer, Certificate, Command
from model.organisations import OCTETS, Organisation, certificate_for
from model.rules import ANY, Model, Refused
from model.settings import MODELLED, PROFILES
from model.subject import Subject
from model.tables import USAGES, cells_of, role_of
from model.wire import EUI, Wire

NOW = "20250601120000"
_SIGNING_KEY, _AGREEMENT_KEY = (number.to_bytes(32) for number in (0x51617D, 0x46177D))
# All organisations' certificates have expired by then, but not yet their issuer's.
_END_OF_TIME = "20450101000000"
_MESSAGES_KEPT = 20
_START = (0, 5, 1000, 2**32 - 1, 2**53, 1_700_000_000_123)


class Machine(RuleBasedStateMachine):
    """Sequences of messages, dates and power cycles.

    Attributes:
        device_type: "esme", "gpf" or "gsme"; a subclass says which.
        defects: known defects that it shall have, for proof that they are noticed.
        most_settings: how many settings of its own a device has at most; a defect shows sooner
            where there are none.
        taken: how many steps all machines of a class have taken.
    """

    device_type: str
    defects: tuple[str, ...] = ()
    most_settings = 6
    taken = 0

    def __init__(self) -> None:
        super().__init__()
        self.subject = self.virgin()
        self.sent: list[tuple[Command, bytes]] = []
        self.steps: list[str] = []

    @abstractmethod
    def virgin(self) -> Subject:
        """Return a device that is not provisioned."""

    def teardown(self) -> None:
        """Give the device away."""
        self.subject.close()

    @contextmanager
    def _step(self, what: object) -> Iterator[None]:
        """Let a failure tell all steps until now, one a line."""
        self.steps.append(str(what))
        type(self).taken += 1
        try:
            yield
        except Exception as error:
            lines = [f"{number:3}. {step}" for number, step in enumerate(self.steps)]
            error.add_note("\n".join(["the steps, the last of which failed:", *lines]))
            raise

    @initialize(
        profile=st.sampled_from(tuple(PROFILES)),
        chosen=st.lists(st.sampled_from(MODELLED), max_size=6).map(dict),
        factory=st.booleans(),
        counters=st.tuples(*[st.sampled_from(_START)] * len(USAGES)),
        own_counter=st.sampled_from((0, 1999, 2**24 - 1, 2**32 - 1)),
    )
    def provision(
        self,
        profile: str,
        chosen: dict[str, str],
        factory: bool,
        counters: tuple[int, ...],
        own_counter: int,
    ) -> None:
        """Make the device, and the model of it."""
        device_type = self.device_type
        chosen = dict(list(chosen.items())[: self.most_settings])
        settings = {**PROFILES[profile], **chosen}
        cells = {
            cell: _first_holder(cell, factory and device_type)
            for cell in cells_of(device_type, settings)
        }
        roles = [role for role in USAGES if role in map(role_of, cells)]
        start = dict(zip(roles, counters, strict=False))
        origin = "factory" if factory else "commissioned"
        with self._step(
            f"{origin} {device_type} {profile} {chosen} {start}, alerts {own_counter}"
        ):
            self.model = Model(device_type, settings, cells, dict(start), own_counter, NOW)
            keys = self.subject.request(
                "provision",
                type=device_type,
                eui=EUI,
                cells={cell: OCTETS[certificate] for cell, certificate in cells.items()},
                counters=start,
                originator_counter=own_counter,
                profile=profile,
                settings=chosen,
                signing_key=_SIGNING_KEY,
                agreement_key=_AGREEMENT_KEY,
                defects=list(self.defects),
            )
            self.wire = Wire(keys["signing_public_key"], keys["agreement_public_key"])
            self._let_it_be(NOW)

    @rule(data=st.data())
    def update(self, data: st.DataObject) -> None:
        """Somebody replaces credentials."""
        self._send(data.draw(sequences.updates(self.model)))

    @rule(data=st.data())
    def update_again(self, data: st.DataObject) -> None:
        """Somebody replaces credentials, which has to happen more often than the rest."""
        self._send(data.draw(sequences.updates(self.model)))

    @rule(data=st.data())
    def use(self, data: st.DataObject) -> None:
        """The supplier changes the payment mode, or somebody reads credentials."""
        kinds = (sequences.payments, sequences.reads)
        kind = data.draw(st.sampled_from(kinds[self.model.device_type == "gpf" :]))
        self._send(data.draw(kind(self.model)))

    @rule(data=st.data(), fault=st.sampled_from((*sequences.FAULTS, "an unknown code")))
    def misuse(self, data: st.DataObject, fault: str) -> None:
        """Somebody forges a message, sends one that is none, or asks for what he may not."""
        if fault == "an unknown code":
            self._send(data.draw(sequences.unknown(self.model)))
            return
        kinds = [sequences.updates]
        if fault not in sequences.CONTENT_FAULTS:
            kinds += [sequences.payments, sequences.reads]
        self._send(data.draw(data.draw(st.sampled_from(kinds))(self.model, fault)))

    @precondition(lambda self: self.sent)
    @rule(back=st.integers(0, _MESSAGES_KEPT - 1))
    def replay(self, back: int) -> None:
        """Somebody sends an earlier message once more."""
        command, octets = self.sent[-1 - back % len(self.sent)]
        with self._step(f"again {command}"):
            self._deliver(command, octets)

    @rule(
        seconds=st.sampled_from((0, 60, 60, 60, 60, 3600, 3600, 3600, 86400, 6 * 365 * 86400)),
        power_cut=st.booleans(),
    )
    def wait(self, seconds: int, power_cut: bool) -> None:
        """Time passes; the power may go and come back before."""
        now = min(sequences.after(self.model.now, seconds), _END_OF_TIME)
        with self._step(f"{'power cycle; ' if power_cut else ''}it is {now}"):
            if power_cut:
                self.subject.power_cycle()
                self.model.log.clear()
            self._let_it_be(now)

    def _let_it_be(self, now: str) -> None:
        expected = self.model.tick(now)
        outputs: list[bytes] = []
        more = True
        while more:
            reply = self.subject.request("tick", now=now)
            assert reply["verdict"] == "accepted"
            outputs += reply["outputs"]
            more = reply["more"]
        self._compare(expected, outputs)

    def _send(self, command: Command) -> None:
        with self._step(command):
            octets = self.wire.octets(command)
            command = replace(command, length=len(octets))
            self.sent = [*self.sent[1 - _MESSAGES_KEPT :], (command, octets)]
            self._deliver(command, octets)

    def _deliver(self, command: Command, octets: bytes) -> None:
        answer: Answer | None = None
        try:
            answer, reason = self.model.receive(command), "accepted"
        except Refused as refused:
            reason = refused.reason
        reply = self.subject.request("deliver", message=octets)
        verdict = _coarse(reply["verdict"])
        self.steps[-1] += f" -> {verdict}"
        agreed = verdict != "accepted" if reason == ANY else verdict == reason
        assert agreed, f"the model says {reason}, the device {verdict}: {reply['detail']}"
        outputs, alerts = reply["outputs"], self.model.alarm(verdict) if answer is None else ()
        if answer is not None:
            self.wire.check_answer(command, answer, outputs[0], self.model.now)
            outputs, alerts = outputs[1:], answer.alerts
        else:
            answered = self.model.is_answered(command)
            if answered or (answered is None and len(outputs) > len(alerts)):
                self.wire.check_refusal(octets, outputs[0])
                outputs = outputs[1:]
        self._compare(alerts, outputs)

    def _compare(self, expected: Sequence[Alert], outputs: Sequence[bytes]) -> None:
        self.wire.check_alerts(expected, outputs)
        entries = self.subject.request("security_log")["entries"]
        log = [(entry["at"], entry["event"]) for entry in entries]
        assert log == self.model.log, f"the model's log is {self.model.log}, the device's {log}"
        expected_state = _expected(self.model)
        for state in self.subject.states():
            told = _told(state)
            other = [f"{key}: {told[key]}" for key in told if told[key] != expected_state[key]]
            assert not other, f"the model says {expected_state}; the device has {other}"


def _coarse(verdict: str) -> str:
    return "unsupported" if verdict == "unknown-message-code" else verdict


def _first_holder(cell: str, factory: str | bool) -> Certificate:
    """Return who stands in a cell: its owner, or whom a device type's factory puts there."""
    role = role_of(cell)
    if factory == "gpf" and role in ("supplier", "networkOperator"):
        role = "accessControlBroker"
    elif factory == "esme" and role == "networkOperator":
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
        "pending": {
            (row["code"], row["originator"], row["execution"]) for row in state["pending"]
        },
    }


def _expected(model: Model) -> dict[str, Any]:
    return {
        "cells": {name: (held.eui, held.key) for name, held in model.cells.items()},
        "counters": model.counters,
        "prepayment floor": model.prepayment_floor,
        "own counter": model.own_counter,
        "payment": model.payment,
        "pending": {(*key, command.body.execution) for key, command in model.pending.items()},  # type: ignore[union-attr]
    }
