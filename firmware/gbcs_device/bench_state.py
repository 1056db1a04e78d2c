"""What the bench is shown of a device and its state: in memory only while it is asked for."""

import sys

from gbcs_device import VERSION
from gbcs_device.device_types import ROLE_NAMES, cell_name
from gbcs_device.payment_mode import CREDIT, PREPAYMENT
from gbcs_device.state import counter_of

_PAYMENT_MODES = {CREDIT: "credit", PREPAYMENT: "prepayment"}


def hello(board, store) -> dict:
    """Return what tells a board and its device from others."""
    identity = store.identity
    return {
        "firmware": VERSION,
        "interpreter": _interpreter(),
        "board": board.name,
        "store": board.store,
        "unique_id": board.unique_id,
        "reset_cause": board.reset_cause,
        "condition": store.condition,
        "problem": store.problem,
        "epoch": store.epoch,
        "type": identity.device_type if identity else None,
        "eui": identity.eui if identity else None,
        "defects": identity.defects if identity else [],
    }


def _interpreter() -> str:
    version = sys.implementation.version
    name = {"micropython": "MicroPython", "cpython": "CPython"}[sys.implementation.name]
    return "%s %d.%d.%d" % (name, version[0], version[1], version[2])


def state(store, kind: str, now: str) -> dict:
    """Return the state of a provisioned device.

    Args:
        store: its `store.Store`.
        kind: the store's name.
        now: the device's time, YYYYMMDDhhmmss.
    """
    state = store.state
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
        pending.append({"code": key[0], "originator": key[1], "execution": state.pending[key][0]})
    return {
        "cells": held,
        "counters": counters(state),
        "prepayment_floor": state.prepayment_floor,
        "originator_counter": state.originator_counter,
        "pending": pending,
        "payment_mode": _PAYMENT_MODES[state.payment.mode],
        "payment_threshold": state.payment.threshold,
        "payment_configuration": state.payment.configuration,
        "sequence": store.sequence,
        "epoch": store.epoch,
        "store": kind,
        "now": now,
    }


def counters(state) -> dict:
    """Return the execution counters by the names of their roles."""
    return {
        ROLE_NAMES[role]: counter_of(state, role) for role in state.counters if role in ROLE_NAMES
    }
