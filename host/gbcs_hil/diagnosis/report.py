"""What a diagnosis prints."""

from collections.abc import Sequence

from rich.console import Console

from gbcs_hil.bench import defects
from gbcs_hil.diagnosis.experiments import Proposal
from gbcs_hil.diagnosis.explanation import Explanation, probabilities
from gbcs_hil.diagnosis.investigation import Investigation

_SHOWN = 3
_FROM_OUTSIDE = "Nothing that there is to try tells these apart: they are one diagnosis."


def show(console: Console, known: Investigation) -> None:
    """Print what explains the records, and what rules the other candidates out."""
    count = sum(len(record.events) for record in known.records)
    device = known.record.start.device
    devices = f"{len(known.found)} device{'s' * (len(known.found) != 1)}"
    console.print(f"{device}: {count} events held against {devices}.\n")
    console.print("Explain everything:" if known.remaining else "Nothing explains everything.")
    show_remaining(console, known.remaining)
    out = [each for each in known.found if not each.holds]
    if out:
        console.print("\nRuled out, by the first thing that they would do otherwise:")
    alike: dict[str, list[str]] = {}
    for each in out:
        alike.setdefault(each.against, []).append(str(each.candidate))
    for against, names in alike.items():
        console.print(f"  {', '.join(names)}", style="bold", soft_wrap=True)
        console.print(f"    {against}", soft_wrap=True)


def show_remaining(console: Console, remaining: Sequence[Explanation]) -> None:
    """Print candidates with what is said of their defects, and how probable they are."""
    summaries = defects.catalogue()
    # Where the power goes at a moment that chance decides, an outcome can be likelier for some.
    told_apart = len({round(each.likelihood, 6) for each in remaining}) > 1
    for each, probability in zip(remaining, probabilities(remaining), strict=True):
        told = " ".join(summaries[name].summary for name in each.candidate.defects)
        odds = f"{probability:4.0%} " if told_apart else ""
        text = f"  {odds}{each.candidate!s:10} {told}".rstrip()
        console.print(text, style="bold", soft_wrap=True)


def show_proposals(console: Console, best: Sequence[Proposal]) -> None:
    """Print the best proposals, each with the outcomes that it can have."""
    if not best:
        console.print(f"\n{_FROM_OUTSIDE}")
        return
    console.print("\nTo tell them apart, best first:")
    for number, proposal in enumerate(best[:_SHOWN], 1):
        note = "; may leave a counter out of reach" if proposal.experiment.lasting else ""
        gain = f"{proposal.bits:.2f} bits expected{note}"
        console.print(f"{number}. {proposal.experiment.what} ({gain})", soft_wrap=True)
        outcomes = dict.fromkeys(", ".join(map(str, members)) for members in proposal.classes)
        for members in outcomes:
            console.print(f"     one outcome: {members}", soft_wrap=True)
