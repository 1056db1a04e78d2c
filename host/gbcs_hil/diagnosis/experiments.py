"""What to try next: the acts whose outcome tells the remaining candidates apart best.

Each outcome is predicted by simulation. The worth of an experiment is the expected gain of
information: the entropy of the candidates, equally likely but for what chance has decided so far,
less what is left of it once the outcome is known.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2

from gbcs_hil.diagnosis.candidates import Candidate
from gbcs_hil.diagnosis.commands import Commands
from gbcs_hil.diagnosis.difference import undated
from gbcs_hil.diagnosis.explanation import Explanation, probabilities
from gbcs_hil.diagnosis.record import Kind, Record
from gbcs_hil.diagnosis.simulator import Question, Simulator
from gbcs_hil.diagnosis.trials import Experiment, trials

_NOTHING = 1e-9
# What may lock a party out is worth half: it is done when little else is left to do.
_LASTING = 0.5


@dataclass(frozen=True)
class Proposal:
    """An experiment and what it is worth.

    Attributes:
        experiment: what to do.
        bits: the expected gain of information.
        classes: the candidates by outcome; some stand in several, where chance decides.
    """

    experiment: Experiment
    bits: float
    classes: tuple[tuple[Candidate, ...], ...]


def proposals(
    record: Record,
    remaining: Sequence[Explanation],
    commands: Commands,
    simulator: Simulator,
    *,
    without: Iterable[Kind] = (),
    done: Callable[[], None] = lambda: None,
) -> list[Proposal]:
    """Return what tells the remaining candidates apart, the best first.

    Args:
        record: what was done to the device as it is now.
        remaining: the candidates that explain it.
        commands: builds the messages.
        simulator: predicts.
        without: what cannot be done to the device.
        done: called after each candidate.
    """
    cannot = frozenset(without)
    worlds = [course.world for each in remaining for course in each.courses]
    experiments = [e for e in trials(record, worlds, commands) if not e.needs & cannot]
    then = tuple(experiment.acts for experiment in experiments)

    def predict(each: Explanation) -> list[dict[object, float]]:
        """Return the candidate's share of each outcome, by experiment."""
        shares: list[dict[object, float]] = [defaultdict(float) for _ in then]
        for course in each.courses:
            question = Question(record.start, each.candidate, course.acts, then, course.resumed)
            (world,) = simulator.ask(question)
            for outcomes, following in zip(shares, world.then, strict=True):
                for end in following:
                    outcomes[tuple(map(_said, end.answers))] += course.share * end.share
        return shares

    before = probabilities(remaining)
    predicted = simulator.each(predict, remaining, done)
    found = []
    for number, experiment in enumerate(experiments):
        outcomes: dict[object, dict[Candidate, float]] = defaultdict(dict)
        for each, probability, shares in zip(remaining, before, predicted, strict=True):
            for seen, share in shares[number].items():
                outcomes[seen][each.candidate] = probability * share
        bits = -sum(p * log2(p) for p in before) - _left(outcomes.values())
        if bits > _NOTHING:
            classes = tuple(tuple(shares) for shares in outcomes.values())
            found.append(Proposal(experiment, bits, classes))
    return sorted(found, key=_rank)


def _rank(proposal: Proposal) -> tuple[float, int]:
    worth = proposal.bits * (_LASTING if proposal.experiment.lasting else 1)
    return -round(worth, 6), len(proposal.experiment.acts)


def _said(answers: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(undated(bytes.fromhex(answer)).grouping_octets for answer in answers)


def _left(outcomes: Iterable[Mapping[Candidate, float]]) -> float:
    """Return the entropy that is left on average once the outcome is known."""
    left = 0.0
    for shares in outcomes:
        total = sum(shares.values())
        left -= sum(share * log2(share / total) for share in shares.values())
    return left
