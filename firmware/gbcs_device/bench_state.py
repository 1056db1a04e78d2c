"""What the bench is shown of a device's state: in memory only while it is asked for."""

from gbcs_device.device_types import ROLE_NAMES, cell_name
from gbcs_device.payment_mode import CREDIT, PREPAYMENT
from gbcs_device.state import counter_of

_PAYMENT_MODES = {CREDIT: "credit", PREPAYMENT: "prepayment"}


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
