"""Devices beside the one on the board: the firmware in memory, many in one process."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.bench import targets
from gbcs_hil.bench.start_state import start_state
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.errors import BadInput, BoardLost
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.smki.parties import Party, Pki


class _Reply(msgspec.Struct):
    outputs: tuple[str, ...] = ()
    error: str = ""


_reply = msgspec.json.Decoder(_Reply)


class Fleet:
    """Devices that live as long as this does; `gbcs_device.boards.fleet` is the other end.

    Args:
        pki: issues their certificates.
        now: their time, UTC.
    """

    def __init__(self, pki: Pki, now: datetime) -> None:
        self._pki = pki
        self._now = now
        command, environment = targets.cpython("-m", "gbcs_device.boards.fleet")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
        )

    def add(
        self,
        device_type: str,
        eui: bytes,
        holders: Mapping[RemotePartyRole, Party],
        counters: Mapping[RemotePartyRole, int],
        defects: Sequence[str] = (),
    ) -> SmartMeter:
        """Make a device; return it as the DCC is to know it.

        Args:
            device_type: "esme", "gpf" or "gsme".
            eui: its EUI-64.
            holders: who stands in each role's cells.
            counters: execution counters to start with.
            defects: its known defects.
        """
        start = start_state(device_type, eui, self._pki, holders, counters, "P-FLOOR")
        signing, agreement = self._pki.authority.device(eui)
        told: dict[str, Any] = {
            "type": device_type,
            "eui": eui.hex(),
            "cells": {
                name: content.hex()
                for name, content in start.cells.items()
                if isinstance(content, bytes)
            },
            "counters": dict(start.counters),
            "originator_counter": 0,
            "shared_secrets": [],
            "profile": start.profile,
            "settings": {},
            "defects": list(defects),
            "signing_key": _octets(signing.private_key).hex(),
            "agreement_key": _octets(agreement.private_key).hex(),
        }
        self._ask(eui, start=told)
        self.set_clock(eui, self._now)
        return SmartMeter.of(device_type, signing.certificate, agreement.certificate)

    def deliver(self, eui: bytes, message: bytes) -> tuple[bytes, ...]:
        """Hand a device a message; return what it sends back."""
        return self._ask(eui, act=["command", message.hex()])

    def set_clock(self, eui: bytes, now: datetime) -> tuple[bytes, ...]:
        """Set a device's clock; return the alerts of commands whose date has come."""
        return self._ask(eui, act=["clock", f"{now:%Y%m%d%H%M%S}"])

    def repair(self, eui: bytes) -> None:
        """Give a device firmware without defects; its cells and counters stay."""
        self._ask(eui, repair=[])

    def close(self) -> None:
        """Let the devices go."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _ask(self, eui: bytes, **request: Any) -> tuple[bytes, ...]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            line = msgspec.json.encode({"device": eui.hex(), **request}) + b"\n"
            self._process.stdin.write(line)
            self._process.stdin.flush()
            told = self._process.stdout.readline()
        except OSError:
            told = b""
        if not told:
            raise BoardLost("the fleet of devices in memory broke down; its words are above")
        reply = _reply.decode(told)
        if reply.error:
            raise BadInput(f"a device of the fleet: {reply.error}")
        return tuple(bytes.fromhex(output) for output in reply.outputs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _octets(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_numbers().private_value.to_bytes(32, "big")
