"""What is kept of what happens on a bench, as frames of a run folder; nothing without one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from gbcs_hil.bench.board import Delivery, DeviceKeys, DeviceState, Provisioning
from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.requests import ServiceRequest
from gbcs_hil.evidence import frames
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.gbcs.message import is_alert
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.security import shared_secret
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.step import Step
from gbcs_hil.smki.parties import ACB, Pki


class Keeping:
    """Writes down what a bench tells it.

    Args:
        evidence: where, or None.
        names: what EUI-64s are called.

    Attributes:
        step: the label under which things are kept.
    """

    def __init__(self, evidence: RunFolder | None, names: Mapping[bytes, str]) -> None:
        self.step = ""
        self.kept = evidence is not None
        self._evidence = evidence
        self._names = names

    def scenario(self, name: str, title: str, conditions: Conditions) -> None:
        """Keep that a scenario begins, and on what it is played."""
        if self._evidence:
            self._evidence.scenario(name, title)
            self._evidence.describe(
                device_type=conditions.device_type,
                profile=conditions.profile,
                settings=dict(conditions.settings),
                defects=list(conditions.defects),
            )

    def played(self, step: Step) -> None:
        """Keep a step of a scenario."""
        if self._evidence:
            self._evidence.step(
                scenario=step.scenario,
                step=step.name,
                who=step.who,
                what=step.what,
                counter=step.counter,
                expected=str(step.expected),
                seen=str(step.seen),
                held=step.held,
                note=step.note,
                verdict=str(step.verdict),
                practice=step.practice,
                part=step.part,
                since=step.since,
            )

    def policy(self, name: str, policy: Policy) -> None:
        """Keep what one of the DCCs follows."""
        if self._evidence:
            switches = msgspec.to_builtins(policy, order="deterministic")
            usual = msgspec.to_builtins(Policy(), order="deterministic")
            self._evidence.policy(name, switches)
            other = {key: value for key, value in switches.items() if value != usual[key]}
            self._frame(frames.PolicySet, dcc=name, switches=other)

    def started(self, device: str, start: Provisioning, keys: DeviceKeys, pki: Pki) -> None:
        """Keep the state that a device was provisioned with; see `frames.Started`."""
        broker = pki.credential(ACB.eui, KeyUsage.KEY_AGREEMENT)
        secret = shared_secret(broker.private_key, keys.agreement)
        self._frame(
            frames.Started,
            device=device,
            type=start.device_type,
            eui=start.eui.hex().upper(),
            cells={
                name: content.hex().upper()
                for name, content in start.cells.items()
                if isinstance(content, bytes)
            },
            counters=dict(start.counters),
            originator_counter=start.originator_counter,
            shared_secrets=((broker.public_key.hex().upper(), secret.hex().upper()),),
            signing_key=keys.signing.hex().upper(),
        )

    def requested(self, who: str, request: ServiceRequest, what: str) -> None:
        """Keep that a user sends a Service Request."""
        self._frame(
            frames.Requested,
            sender=who,
            request=str(request.id),
            variant=request.variant,
            what=what,
        )

    def responded(self, who: str, request: ServiceRequest, outcome: Outcome) -> None:
        """Keep what the user got: a refusal by the DCC, or its response code."""
        told = {"request": str(request.id), "code": outcome.code.code}
        if outcome.rejected:
            self._frame(
                frames.Refused, sender=who, check=outcome.check, detail=outcome.detail, **told
            )
        else:
            self._frame(frames.Responded, recipient=who, **told)

    def message(self, sender: str, recipient: str, kind: str, octets: bytes) -> None:
        """Keep a GBCS message."""
        if self._evidence:
            self._evidence.message(self.step, sender, recipient, kind, octets)

    def answer(self, device: str, recipient: str, octets: bytes) -> None:
        """Keep what a device sent upon a message: its response, or an alert."""
        kind = "alert" if is_alert(octets) else "response"
        self.message(device, recipient, kind, octets)

    def discarded(self, device: str, delivery: Delivery) -> None:
        """Keep why the device was silent, as its bench port has it."""
        self._frame(
            frames.Discarded, device=device, verdict=delivery.verdict, detail=delivery.detail
        )

    def clock(self, device: str, now: datetime) -> None:
        """Keep what the device's clock was set to."""
        self._frame(frames.ClockSet, device=device, now=f"{now:%Y%m%d%H%M%S}")

    def interrupted(self, device: str, kind: str) -> None:
        """Keep that the device restarted; see `frames.Interrupted` for the kinds."""
        self._frame(frames.Interrupted, device=device, kind=kind)

    def observed(self, device: str, state: DeviceState) -> None:
        """Keep what stands in the device's store."""
        self._frame(
            frames.Observed,
            device=device,
            counters=state.counters,
            cells={name: self._holder(content.unique_id) for name, content in state.cells.items()},
            keys={name: content.ski.hex().upper() for name, content in state.cells.items()},
        )

    def _holder(self, unique_id: bytes) -> str:
        return self._names.get(unique_id, unique_id.hex("-").upper())

    def _frame(self, what: type[frames.Frame], /, **facts: Any) -> None:
        if self._evidence:
            self._evidence.frame(what, step=self.step, **facts)
