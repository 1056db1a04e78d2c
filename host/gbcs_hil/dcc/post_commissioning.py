"""The post-commissioning report: which Suppliers left which network operator cells behind.

The rules are the file beside this one. MP128A's first business requirement went to MP183
(MP128A-6, MP128A-7): it is a rule that counts while MP183 is live.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files

import msgspec

from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.network_operator_cells import Holder, Slot, slots
from gbcs_hil.dcc.participants import Participant
from gbcs_hil.dcc.policy import Policy


class Verdict(StrEnum):
    """What the report says of a device."""

    PASS = "pass"  # noqa: S105 - a verdict, no password.
    EXCUSED = "excused"
    FAIL = "fail"
    NOT_DUE = "not due"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule of the file.

    Attributes:
        devices: the device types that it is for.
        holders: who stands in the network operator cells.
        verdict: what follows.
        why: for a person.
        modification: the switch that it needs, or "".
    """

    devices: frozenset[str]
    holders: frozenset[Holder]
    verdict: Verdict
    why: str
    modification: str = ""


class _Rules(msgspec.Struct, forbid_unknown_fields=True):
    rules: tuple[Rule, ...]


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules, in the order in which they are tried."""
    text = files(__package__).joinpath("post_commissioning.toml").read_bytes()
    return msgspec.toml.decode(text, type=_Rules).rules


@dataclass(frozen=True)
class Line:
    """What the report says of one device.

    Attributes:
        slot: its network operator cells.
        supplier: the Responsible Supplier, or None without registration.
        verdict: pass, excused, fail, or not due yet.
        why: for a person.
    """

    slot: Slot
    supplier: Participant | None
    verdict: Verdict
    why: str


def report(estate: Estate, ledger: Ledger, policy: Policy, when: datetime) -> Iterator[Line]:
    """Yield a line for every commissioned device that has network operator cells."""
    for slot in slots(estate, ledger, when):
        if slot.device.commissioned is not None:
            supplier = estate.responsible_supplier(slot.device, when)
            yield Line(slot, supplier, *_judge(slot, policy, when))


def _judge(slot: Slot, policy: Policy, when: datetime) -> tuple[Verdict, str]:
    rule = next(
        rule
        for rule in rules()
        if slot.device.device_type in rule.devices
        and slot.holder in rule.holders
        and (not rule.modification or getattr(policy, rule.modification))
    )
    allowed = timedelta(days=policy.post_commissioning_days)
    commissioned = slot.device.commissioned
    if rule.verdict is Verdict.FAIL and commissioned and when < commissioned + allowed:
        return Verdict.NOT_DUE, f"due {commissioned + allowed:%Y-%m-%d}"
    if rule.verdict is Verdict.FAIL and slot.operator is not None and slot.operator.eui is None:
        return rule.verdict, f"{rule.why}; {slot.operator.name} has no credentials to place"
    return rule.verdict, rule.why
