"""Commands made of intents and of what the device holds at the moment."""

from dataclasses import replace
from datetime import timedelta

from model.intents import (
    CANCELLATION,
    Handover,
    PaymentIntent,
    ReadIntent,
    UnknownCode,
    UpdateIntent,
)
from model.messages import Certificate, Command, Floor, Malformed, Payment, Read, Update
from model.organisations import EUIS, STRANGER, Organisation, certificate_for
from model.rules import (
    ACB_KA,
    CANCEL,
    COS_DS,
    MODES,
    PAYMENTS,
    READ,
    SUPPLIER_DS,
    UPDATE,
    Mode,
    Model,
    cells_of,
)
from model.wire import time_of

_SPOILT = ("cut", "halved", "longer", "empty", "another mode")


def update(model: Model, intent: UpdateIntent) -> Command:
    """Return a CS02b."""
    mode = MODES[intent.mode]
    counter = intent.counter.over(model.counters.get(_role(mode.cell), 0))
    others = [
        Floor(role, number.over(model.counters.get(role, 0)), prepayment)
        for role, number, prepayment in intent.others
        if role in mode.roles
    ]
    body = Update(
        mode=intent.mode,
        sequence_number=counter,
        replacements=_replacements(mode, intent),
        cell=mode.cell if mode.signed else None,
        floor=None if intent.floor is None else intent.floor.over(counter),
        prepayment_floor=intent.prepayment_floor,
        others=tuple(others),
        path=intent.path,
        check_times=intent.check_times,
        execution=_date(model, intent.execution),
    )
    body = _with_fault_in_body(body, mode, intent.fault)
    return _protected(model, mode, Command(UPDATE + intent.mode, b"", counter, body, None, None), intent.fault)


def handover(model: Model, intent: Handover) -> Command | None:
    """Return the broker's own CS02b for the cells of a role, or None if it stands in none."""
    for mode in (3, 2):
        holder = model.cells.get(MODES[mode].cell)
        if holder and holder.role == "accessControlBroker":
            changes = {"mode": mode, "owner": intent.owner, "cells": 0b111}
            return update(model, replace(intent.update, **changes, certificate_fault=""))
    return None


def read(model: Model, intent: ReadIntent) -> Command:
    """Return a CS02a."""
    mode = Mode(ACB_KA, (), signed=False) if intent.by_mac else Mode(COS_DS, (), mac=False)
    body = Read(mode.cell, intent.roles)
    command = Command(READ, b"", intent.counter, body, None, None)
    return _protected(model, mode, command, intent.fault)


def unknown(model: Model, intent: UnknownCode) -> Command:
    """Return a supplier's command with a code that means nothing to the device."""
    command = Command(intent.code, b"", 2**60, Read(ACB_KA, ("supplier",)), None, None)
    return _protected(model, MODES[2], command, "")


def payment(model: Model, intent: PaymentIntent) -> Command:
    """Return a change of payment mode; a GPF is asked for an ESME's."""
    mode = MODES[2]
    counter = intent.counter.over(model.counters["supplier"])
    codes = PAYMENTS[model.device_type] or PAYMENTS["esme"]
    body = Payment(intent.threshold, _date(model, intent.execution))
    command = Command(codes[intent.prepayment], b"", counter, body, None, None)
    return _protected(model, mode, command, intent.fault)


def _role(cell: str) -> str:
    return cell.partition("/")[0]


def _replacements(mode: Mode, intent: UpdateIntent) -> tuple[tuple[str, Certificate], ...]:
    cells = [cell for cell in cells_of("esme") if _role(cell) in mode.roles]
    chosen = [cell for n, cell in enumerate(cells) if intent.cells >> n & 1]
    if intent.fault == "a foreign cell":
        chosen.append(COS_DS if mode.cell != COS_DS else ACB_KA)
    made = []
    for n, cell in enumerate(chosen):
        role = "root" if _role(cell) == "root" else intent.owner.role or _role(cell)
        fault = intent.certificate_fault if n == intent.faulty % len(chosen) else ""
        made.append((cell, certificate_for(cell, replace(intent.owner, role=role), fault)))
    return tuple(made)


def _date(model: Model, offset: int | None) -> str:
    if offset is None:
        return ""
    if offset == CANCELLATION:
        return CANCEL
    return f"{time_of(model.now) + timedelta(seconds=offset):%Y%m%d%H%M%S}"


def _with_fault_in_body(body: Update, mode: Mode, fault: str) -> Update:
    if fault == "another sequence number":
        return replace(body, sequence_number=body.sequence_number + 1)
    if fault == "another mode":
        return replace(body, mode=2 if body.mode != 2 else 3)
    if fault == "another cell named":
        return replace(body, cell=SUPPLIER_DS if mode.cell != SUPPLIER_DS else COS_DS)
    if fault == "no cell named":
        return replace(body, cell=None)
    if fault == "a foreign floor":
        role = "recovery" if mode.cell != "recovery/digitalSignature" else "supplier"
        return replace(body, others=(*body.others, Floor(role, 0)))
    return body


def _protected(model: Model, mode: Mode, command: Command, fault: str) -> Command:
    """Return a command with its originator, signer and MAC, or with what is wrong with them."""
    other_acb = certificate_for(ACB_KA, Organisation("accessControlBroker", 1, 1))
    holder = model.cells.get(mode.cell)
    role = holder.role if holder else _role(mode.cell)
    number = 1 if holder and holder.eui == EUIS[role][0] else 0
    other = certificate_for(mode.cell, Organisation(role, number))
    holder = holder or other
    signer = holder.key if mode.signed else None
    mac = model.cells[ACB_KA].key if mode.mac else None
    command = replace(command, originator=holder.eui, signer=signer, mac=mac)
    changes = {
        "for another device": {"for_this_device": False},
        "no MAC": {"mac": None},
        "a stranger's MAC": {"mac": STRANGER},
        "an old MAC": {"mac": other_acb.key},
        "no signature": {"signer": None},
        "a stranger's signature": {"signer": STRANGER},
        "another's signature": {"signer": other.key},
        "another originator": {"originator": other.eui},
        "another organisation": {"originator": other.eui, "signer": other.key},
        "an octet flipped": {"intact": False},
    }
    if fault in _SPOILT and (isinstance(command.body, Payment) or fault != "another mode"):
        return replace(command, body=Malformed(command.body, fault))
    return replace(command, **changes.get(fault, {}))

