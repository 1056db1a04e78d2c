"""An emulated board with the firmware on it, over the link: what tests on targets work with."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from gbcs_hil.bench import emulated_pico, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.bench.link import Link
from gbcs_hil.bench.ports import open_port
from gbcs_hil.bench.start_state import HOLDERS, start_state
from gbcs_hil.bench.targets import Target
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from head_end import AGREEMENT_KEY, EUI, NOW, PKI, SIGNING_KEY

PICO = ("rp2040:",) if os.environ.get(emulated_pico.IMAGE_VARIABLE) else ()
"""The emulated Pico, where its user has named an image."""

KINDS = ("cpython", "unix", *PICO)
"""The emulated boards."""


@dataclass
class Rig:
    """A board and the line to it, which a loss of power takes away."""

    target: Target
    lines: ExitStack = field(default_factory=ExitStack)
    link: Link = field(init=False)
    board: Board = field(init=False)

    def __post_init__(self) -> None:
        self.plug_in()

    def plug_in(self) -> None:
        self.link = Link(open_port(self.target.port), patience=self.target.patience)
        self.lines.callback(self.link.close)
        self.board = Board("board", self.link)

    def provision(
        self, device_type: str = "gpf", at: dict[Role, int] | None = None, **changes: Any
    ) -> None:
        """Provision the device `EUI`, with keys for which messages are ready.

        Args:
            device_type: which cells it has; each holds its owner's certificate.
            at: execution counters.
            **changes: arguments of the bench port's `provision`.
        """
        start = start_state(device_type, EUI, PKI, HOLDERS, at or {}, "P-FLOOR")
        arguments = {
            "type": device_type,
            "eui": EUI,
            "cells": dict(start.cells),
            "counters": dict(start.counters),
            "originator_counter": 1999,
            "signing_key": SIGNING_KEY,
            "agreement_key": AGREEMENT_KEY,
            **changes,
        }
        self.link.request("provision", deadline=60, **arguments)
        # The device starts anew once it has its type.
        self.board.hello()
        self.board.set_clock(NOW)

    def restart(self, how: str) -> None:
        if how == "reset":
            self.board.reset()
        else:
            self.target.power_off()
            self.target.power_on()
            self.plug_in()
        self.board.hello()
        self.board.set_clock(NOW)

    def accept(self, message: bytes) -> bytes:
        delivery = self.board.deliver(message)
        assert (delivery.verdict, delivery.detail) == ("accepted", "")
        (output,) = delivery.outputs
        return output

    def refuse(self, message: bytes) -> str:
        """Deliver a message that has to be refused, to no effect; return the reason."""
        before = self.board.state()
        delivery = self.board.deliver(message)
        assert delivery.outputs == ()
        assert not delivery.accepted
        assert self.board.state() == before
        return delivery.verdict

    def tick(self, now: datetime) -> tuple[bytes, ...]:
        """Move the clock and return the alerts that the device sends."""
        delivery = self.board.set_clock(now)
        assert (delivery.verdict, delivery.detail) == ("accepted", "")
        return delivery.outputs


@contextmanager
def plugged_in(kind: str, flash: Path) -> Iterator[Rig]:
    """Start an emulated board; it is virgin if the flash does not exist."""
    with targets.start(kind, flash) as target:
        rig = Rig(target)
        with rig.lines:
            yield rig
