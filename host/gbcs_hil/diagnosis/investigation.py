"""An investigation: what is known of a device, what it may be, and what to try next."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from gbcs_hil.diagnosis.candidates import Candidate
from gbcs_hil.diagnosis.commands import Commands
from gbcs_hil.diagnosis.experiments import Proposal, proposals
from gbcs_hil.diagnosis.explanation import Explanation, explain_records
from gbcs_hil.diagnosis.record import Event, Kind, Record
from gbcs_hil.diagnosis.simulator import Simulator

MOST_EXPERIMENTS = 6
"""How many experiments tell any known defect from the others."""


@dataclass(frozen=True)
class Investigation:
    """What is known of one device.

    Attributes:
        records: one for each time that it was provisioned; experiments go on with the last.
        found: every candidate, the best explanations first.
    """

    records: tuple[Record, ...]
    found: tuple[Explanation, ...]

    @classmethod
    def of(
        cls,
        records: Sequence[Record],
        candidates: Sequence[Candidate],
        simulator: Simulator,
        done: Callable[[], None] = lambda: None,
    ) -> Self:
        """Hold records against candidates; `done` is called after each candidate."""
        return cls(tuple(records), tuple(explain_records(records, candidates, simulator, done)))

    @property
    def remaining(self) -> tuple[Explanation, ...]:
        """The candidates that explain everything."""
        return tuple(each for each in self.found if each.holds)

    @property
    def record(self) -> Record:
        """What was done to the device since it was provisioned last."""
        return self.records[-1]

    def proposals(
        self,
        commands: Commands,
        simulator: Simulator,
        *,
        without: Iterable[Kind] = (),
        done: Callable[[], None] = lambda: None,
    ) -> list[Proposal]:
        """Return what tells the remaining candidates apart; see `experiments.proposals`."""
        return proposals(
            self.record, self.remaining, commands, simulator, without=without, done=done
        )

    def after(self, events: Iterable[Event], simulator: Simulator) -> Self:
        """Return what is known once more has happened; what was ruled out stays so."""
        records = (*self.records[:-1], self.record.followed_by(events))
        candidates = [each.candidate for each in self.remaining]
        still = explain_records(records, candidates, simulator)
        out = [each for each in self.found if not each.holds]
        return replace(self, records=records, found=(*still, *out))
