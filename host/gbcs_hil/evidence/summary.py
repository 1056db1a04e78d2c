"""What the first screen of a report says: the verdict in a sentence, and what led to it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gbcs_hil.evidence.chapters import Step

_SHOWN = 4

TONES: Mapping[str, str] = {
    "conformant": "good",
    "held": "good",
    "passed": "good",
    "tolerated-common": "warn",
    "user-practice": "note",
    "dcc-defect": "bad",
    "device-defect": "bad",
    "broken off": "bad",
    "failed": "bad",
}
"""A verdict's colour on the page; anything else is not settled."""

SIGNS: Mapping[str, str] = {
    "conformant": "✓",
    "tolerated-common": "≈",
    "user-practice": "◆",
    "dcc-defect": "✕",
    "device-defect": "✕",
}
"""A verdict's sign, for those who do not see the colour."""


@dataclass(frozen=True)
class Summary:
    """The first screen.

    Attributes:
        verdict: of the run.
        tone: its colour.
        sentence: what it means here.
        counts: how many steps have which verdict, the worst last.
        telling: the steps that tell most, at most a few.
        more: how many others are like them.
    """

    verdict: str
    tone: str
    sentence: str
    counts: tuple[tuple[str, int], ...]
    telling: tuple[Step, ...]
    more: int


def summary(run: Mapping[str, Any], steps: Sequence[Step]) -> Summary:
    """Sum a run up."""
    verdict = str(run.get("verdict", "unfinished"))
    failed = [step for step in steps if not step.held]
    other = [step for step in steps if step.held and step.verdict != "conformant"]
    telling = failed or other
    order = list(SIGNS)
    counted = Counter(step.verdict for step in steps)
    counts = sorted(counted.items(), key=lambda item: order.index(item[0]))
    return Summary(
        verdict,
        TONES.get(verdict, "faint"),
        _sentence(verdict, run, steps, failed),
        tuple(counts),
        tuple(telling[:_SHOWN]),
        max(len(telling) - _SHOWN, 0),
    )


def _sentence(
    verdict: str, run: Mapping[str, Any], steps: Sequence[Step], failed: Sequence[Step]
) -> str:
    count = f"{len(steps)} step{'s' * (len(steps) != 1)}"
    if run.get("error"):
        return f"The run was broken off after {count}: {run['error']}"
    if failed:
        whose = _whose({step.verdict for step in failed}, bool(run.get("settings")))
        also = ":" if len(failed) == 1 else ", the first of them"
        return (
            f"{whose} {len(failed)} of {count} did not come out as expected{also} step "
            f"{failed[0].number}."
        )
    if verdict == "failed":
        return f"The test failed, though all {count} of its scenarios came out as expected."
    if verdict == "unfinished":
        return f"The run has not come to its end: {count} so far."
    practice = sum(step.verdict == "user-practice" for step in steps)
    tolerated = sum(step.verdict == "tolerated-common" for step in steps)
    if tolerated:
        return (
            f"Nothing failed. {tolerated} of {count} came out other than usual, and are common: "
            "device assurance tolerates them (its issues 246 and 252)."
        )
    if not steps:
        return "No step was played."
    told = f"Device and DCC did as expected in all {count}."
    if practice:
        told += f" In {practice} of them users do not get what they want, by their own choices."
    return told


def _whose(verdicts: set[str], settings: bool) -> str:
    if verdicts >= {"device-defect", "dcc-defect"}:
        return "The device and the DCC's systems are at fault."
    if settings and "device-defect" in verdicts:
        return "The device is at fault, or shows what it was set to, which no public text decides."
    return _WHOSE[max(verdicts, key=list(SIGNS).index)]


_WHOSE: Mapping[str, str] = {
    "device-defect": "The device is at fault.",
    "dcc-defect": "The DCC's systems are at fault.",
    "user-practice": "A user did what it should not.",
}
