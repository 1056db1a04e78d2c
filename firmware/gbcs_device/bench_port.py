"""The bench's side door to a device: the operations of the serial link.

A request is a map with the operation's name in "op"; the answer is {"ok": map}, or
{"error": {"code", "message"}} when the bench asked for something impossible. What the device
would send (outputs) and what it would keep to itself (verdict, detail) stand side by side in
the answer to `deliver` and are never mixed.
"""

import sys

from gbcs_device import VERSION, cells, p256, profile
from gbcs_device.certificate import Certificate
from gbcs_device.device import Device
from gbcs_device.device_types import CELLS, ROLE_NAMES, cell_name, counter_roles
from gbcs_device.link import StopServing
from gbcs_device.rejection import Rejected
from gbcs_device.state import MAX_COUNTER, Identity, State
from gbcs_device.store import PROVISIONED


class Refused(Exception):
    """The bench asked for something that this device cannot do; args are code and message."""


class BenchPort:
    """The operations on one device."""

    def __init__(self, board, store) -> None:
        self._board = board
        self._store = store
        self._bench_time = ""
        self._device = Device(store, self._now, board.aes)
        self._operations = {
            "hello": self._hello,
            "provision": self._provision,
            "deliver": self._deliver,
            "tick": self._tick,
            "state": self._state,
            "behaviour": self._behaviour,
            "stats": self._stats,
            "reset": self._reset,
            "erase": self._erase,
        }

    def handle(self, request: dict) -> dict:
        """Carry out one request and return its answer."""
        operation = self._operations.get(request.get("op"))
        try:
            if operation is None:
                raise Refused("unknown-operation", "no operation %s" % request.get("op"))
            return {"ok": operation(request)}
        except Refused as refused:
            return {"error": {"code": refused.args[0], "message": refused.args[1]}}
        except OSError as error:
            return {"error": {"code": "store-failed", "message": "the store failed: %s" % error}}

    def _now(self) -> str:
        return self._bench_time or self._board.now()

    def _hello(self, request: dict) -> dict:
        store = self._store
        identity = store.identity
        return {
            "firmware": VERSION,
            "interpreter": _interpreter(),
            "board": self._board.name,
            "unique_id": self._board.unique_id,
            "reset_cause": self._board.reset_cause,
            "condition": store.condition,
            "problem": store.problem,
            "epoch": store.epoch,
            "type": identity.device_type if identity else None,
            "eui": identity.eui if identity else None,
        }

    def _provision(self, request: dict) -> dict:
        if self._store.condition != "virgin":
            raise Refused("not-virgin", "the device is %s; erase it first" % self._store.condition)
        device_type = request.get("type")
        if device_type not in CELLS:
            raise Refused("bad-provisioning", "no device type %s" % device_type)
        eui = _octets(request, "eui", 8)
        name = request.get("profile", profile.DEFAULT)
        try:
            settings = profile.settings(name, request.get("settings", {}))
        except ValueError as error:
            raise Refused("bad-provisioning", error.args[0])
        signing = request.get("signing_key") or p256.generate(self._board.random)
        agreement = request.get("agreement_key") or p256.generate(self._board.random)
        secrets = dict(request.get("shared_secrets", []))
        try:
            answer = {
                "signing_public_key": p256.public_key(signing),
                "agreement_public_key": p256.public_key(agreement),
            }
        except p256.CurveError as error:
            raise Refused("bad-provisioning", "a private key of the device: %s" % error.args[0])
        identity = Identity(device_type, eui, signing, agreement, name, settings, secrets)
        state = State(
            _provisioned_cells(device_type, request.get("cells", {})),
            _provisioned_counters(device_type, request.get("counters", {})),
            0,
            _counter("originator_counter", request.get("originator_counter", 0)),
        )
        self._store.provision(identity, state)
        self._device.provisioned()
        return answer

    def _deliver(self, request: dict) -> dict:
        message = request.get("message")
        if not isinstance(message, bytes):
            raise Refused("bad-request", "deliver needs the octets of a message")
        return _outcome(self._device.receive(message))

    def _tick(self, request: dict) -> dict:
        now = request.get("now", "")
        if not isinstance(now, str) or len(now) != 14 or not now.isdigit():
            raise Refused("bad-request", "tick needs now as YYYYMMDDhhmmss")
        self._bench_time = now
        return _outcome(self._device.tick())

    def _state(self, request: dict) -> dict:
        if self._store.condition != PROVISIONED:
            raise Refused("not-provisioned", "the device is %s" % self._store.condition)
        state = self._store.state
        held = {}
        for cell in state.cells:
            content = state.cells[cell]
            held[cell_name(cell)] = {
                "unique_id": content.unique_id,
                "ski": content.ski,
                "certificate_role": content.certificate_role,
            }
        pending = []
        for code in sorted(state.pending):
            pending.append({"code": code, "execution": state.pending[code][0]})
        return {
            "cells": held,
            "counters": {ROLE_NAMES[role]: state.counters[role] for role in state.counters},
            "prepayment_floor": state.prepayment_floor,
            "originator_counter": state.originator_counter,
            "pending": pending,
            "sequence": self._store.sequence,
            "epoch": self._store.epoch,
            "now": self._now(),
        }

    def _behaviour(self, request: dict) -> dict:
        identity = self._store.identity
        return {
            "profile": identity.profile if identity else None,
            "settings": identity.settings if identity else None,
            "profiles": profile.PROFILES,
            "choices": {name: list(profile.SETTINGS[name]) for name in profile.SETTINGS},
        }

    def _stats(self, request: dict) -> dict:
        return {"sequence": self._store.sequence, "heap": self._board.heap()}

    def _reset(self, request: dict) -> dict:
        raise StopServing({"ok": {}})

    def _erase(self, request: dict) -> dict:
        self._store.erase()
        self._device = Device(self._store, self._now, self._board.aes)
        return {"epoch": self._store.epoch}


def _outcome(outcome) -> dict:
    return {"outputs": outcome.outputs, "verdict": outcome.verdict, "detail": outcome.detail}


def _interpreter() -> str:
    version = sys.implementation.version
    name = {"micropython": "MicroPython", "cpython": "CPython"}[sys.implementation.name]
    return "%s %d.%d.%d" % (name, version[0], version[1], version[2])


def _octets(request: dict, key: str, length: int) -> bytes:
    value = request.get(key)
    if not isinstance(value, bytes) or len(value) != length:
        raise Refused("bad-provisioning", "%s is not %d octets" % (key, length))
    return value


def _provisioned_cells(device_type: str, given: dict) -> dict:
    """Return the content of every cell: a certificate, or a bare key with its identifiers."""
    held = {}
    names = {}
    for cell in CELLS[device_type]:
        names[cell_name(cell)] = cell
    for name in given:
        if name not in names:
            raise Refused("bad-provisioning", "no cell %s on an %s" % (name, device_type))
        held[names[name]] = _provisioned_cell(name, given[name])
    missing = [name for name in names if names[name] not in held]
    if missing:
        raise Refused("bad-provisioning", "nothing for cell %s" % ", ".join(sorted(missing)))
    return held


def _provisioned_cell(name: str, content):
    try:
        if isinstance(content, bytes):
            cell = cells.from_certificate(Certificate(content))
        else:
            cell = cells.Cell(
                _octets(content, "public_key", 65),
                _octets(content, "unique_id", 8),
                _octets(content, "ski", 8),
            )
        p256.check_public_key(cell.public_key)
    except Rejected as rejected:
        raise Refused("bad-provisioning", "cell %s: %s" % (name, rejected.detail))
    except p256.CurveError as error:
        raise Refused("bad-provisioning", "cell %s: %s" % (name, error.args[0]))
    return cell


def _provisioned_counters(device_type: str, given: dict) -> dict:
    counters = dict.fromkeys(counter_roles(device_type), 0)
    names = {ROLE_NAMES[role]: role for role in counters}
    for name in given:
        if name not in names:
            raise Refused("bad-provisioning", "no counter %s on an %s" % (name, device_type))
        counters[names[name]] = _counter(name, given[name])
    return counters


def _counter(name: str, value) -> int:
    if not isinstance(value, int) or not 0 <= value <= MAX_COUNTER:
        raise Refused("bad-provisioning", "counter %s: %s" % (name, value))
    return value
