"""The bench's side door to a device: the operations of the serial link.

A request is a map with the operation's name in "op"; the answer is {"ok": map}, or
{"error": {"code", "message"}} when the bench asked for something impossible. What the device
would send (outputs) and what it would keep to itself (verdict, detail) stand side by side in
the answer to `deliver` and are never mixed.
"""

import sys

from gbcs_device import VERSION, p256, profile
from gbcs_device.bench_request import Refused, bad, map_of, profile_of, usage_of
from gbcs_device.certificate import DIGITAL_SIGNATURE, KEY_AGREEMENT, Certificate
from gbcs_device.clock import is_time
from gbcs_device.device import Device
from gbcs_device.device_types import ROLE_NAMES, cell_name
from gbcs_device.link import StopServing
from gbcs_device.own_credentials import OwnCredentials
from gbcs_device.payment_mode import CREDIT, PREPAYMENT
from gbcs_device.rejection import Rejected
from gbcs_device.state import Identity
from gbcs_device.store import PROVISIONED, VIRGIN

# How many commands whose date has come one tick executes.
_COMMANDS_AT_A_TIME = 2
_PAYMENT_MODES = {CREDIT: "credit", PREPAYMENT: "prepayment"}


class BenchPort:
    """The operations on one device."""

    def __init__(self, board, store) -> None:
        self._board = board
        self._store = store
        self._bench_time = ""
        self._device = Device(store, self._now, board.random, board.aes)
        if store.condition == VIRGIN:
            # Only now is there room for it; a provisioned device does without.
            from gbcs_device import provisioning

            self._start_of = provisioning.start_of
        self._operations = {
            "hello": self._hello,
            "provision": self._provision,
            "deliver": self._deliver,
            "tick": self._tick,
            "state": self._state,
            "behaviour": self._behaviour,
            "choices": self._choices,
            "certify": self._certify,
            "security_log": self._security_log,
            "stats": self._stats,
            "reset": self._reset,
            "erase": self._erase,
        }

    def handle(self, request: dict) -> dict:
        """Carry out one request and return its answer."""
        operation = self._operations.get(request.get("op"))
        # What lives on after a request is best put where nothing dead lies between.
        self._board.tidy()
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
        if self._store.condition != VIRGIN:
            raise Refused("not-virgin", "the device is %s; erase it first" % self._store.condition)
        identity, state = self._start_of(request, self._board.random)
        self._store.provision(identity, state)
        # Started anew, the device has what its type needs in memory and nothing else.
        raise StopServing(
            {
                "ok": {
                    "signing_public_key": p256.public_key(state.own.keys[DIGITAL_SIGNATURE]),
                    "agreement_public_key": p256.public_key(state.own.keys[KEY_AGREEMENT]),
                }
            }
        )

    def _certify(self, request: dict) -> dict:
        """Give the device the certificates of its keys, as its manufacturer would."""
        self._check_provisioned()
        new = self._store.state.copy()
        new.own = _certified(new.own, map_of(request, "certificates"))
        self._store.commit(new)
        return {}

    def _deliver(self, request: dict) -> dict:
        message = request.get("message")
        if not isinstance(message, (bytes, memoryview)):
            raise Refused("bad-request", "deliver needs the octets of a message")
        return _outcome(self._device.receive(message))

    def _tick(self, request: dict) -> dict:
        now = request.get("now", "")
        if not isinstance(now, str) or not is_time(now):
            raise Refused("bad-request", "tick needs now as YYYYMMDDhhmmss")
        self._bench_time = now
        answer = _outcome(self._device.tick(_COMMANDS_AT_A_TIME))
        answer["more"] = bool(self._device.due())
        return answer

    def _state(self, request: dict) -> dict:
        self._check_provisioned()
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
        for key in sorted(state.pending):
            pending.append(
                {"code": key[0], "originator": key[1], "execution": state.pending[key][0]}
            )
        return {
            "cells": held,
            "counters": {ROLE_NAMES[role]: state.counters[role] for role in state.counters},
            "prepayment_floor": state.prepayment_floor,
            "originator_counter": state.originator_counter,
            "pending": pending,
            "payment_mode": _PAYMENT_MODES[state.payment.mode],
            "payment_threshold": state.payment.threshold,
            "payment_configuration": state.payment.configuration,
            "sequence": self._store.sequence,
            "epoch": self._store.epoch,
            "now": self._now(),
        }

    def _behaviour(self, request: dict) -> dict:
        """Change the profile if the request names one; tell what it is and may be."""
        if "profile" in request or "settings" in request:
            self._check_provisioned()
            self._store.reidentify(_with_profile(self._store.identity, request))
        identity = self._store.identity
        return {
            "profile": identity.profile if identity else None,
            "differences": profile.differences(identity.settings) if identity else None,
            "profiles": profile.PROFILES,
            "settings": list(profile.SETTINGS),
        }

    def _choices(self, request: dict) -> dict:
        """Tell the values of one setting, the default first."""
        name = request.get("setting")
        if not isinstance(name, str) or name not in profile.SETTINGS:
            raise Refused("bad-request", "no setting %s" % name)
        return {"choices": profile.choices(name)}

    def _security_log(self, request: dict) -> dict:
        entries = []
        for at, event, detail in self._device.log.entries:
            entries.append({"at": at, "event": event, "detail": detail})
        return {"entries": entries}

    def _check_provisioned(self) -> None:
        if self._store.condition != PROVISIONED:
            raise Refused("not-provisioned", "the device is %s" % self._store.condition)

    def _stats(self, request: dict) -> dict:
        return {"sequence": self._store.sequence, "heap": self._board.heap()}

    def _reset(self, request: dict) -> dict:
        raise StopServing({"ok": {}})

    def _erase(self, request: dict) -> dict:
        self._store.erase()
        raise StopServing({"ok": {"epoch": self._store.epoch}})


def _outcome(outcome) -> dict:
    return {"outputs": outcome.outputs, "verdict": outcome.verdict, "detail": outcome.detail}


def _interpreter() -> str:
    version = sys.implementation.version
    name = {"micropython": "MicroPython", "cpython": "CPython"}[sys.implementation.name]
    return "%s %d.%d.%d" % (name, version[0], version[1], version[2])


def _with_profile(identity: Identity, request: dict) -> Identity:
    """Return an identity with the profile that a request names."""
    name, settings = profile_of(request)
    if settings["gpf-prepayment-cell"] != identity.settings["gpf-prepayment-cell"]:
        raise bad("which cells a device has is settled when it is provisioned")
    return Identity(
        identity.device_type,
        identity.eui,
        name,
        settings,
        identity.shared_secrets,
        identity.credit_terms,
    )


def _certified(own: OwnCredentials, given: dict) -> OwnCredentials:
    """Return a device's credentials with certificates of the keys in use."""
    certificates = dict(own.certificates)
    for name in given:
        usage = usage_of(name)
        if not isinstance(given[name], bytes):
            raise bad("the device's %s certificate is not octets" % name)
        try:
            certificate = Certificate(given[name])
        except Rejected as rejected:
            raise bad("the device's %s certificate: %s" % (name, rejected.detail))
        if certificate.public_key != p256.public_key(own.keys[usage]):
            raise bad("the device's %s certificate is of another key" % name)
        certificates[usage] = given[name]
    return OwnCredentials(own.keys, certificates, own.requested)
