"""A scenario: a name, a function that plays it, and what each step must show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gbcs_hil.errors import BadInput
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.step import Step
from gbcs_hil.scenarios.verdicts import Expect

Expectations = Mapping[str, Expect]
"""What is expected, by the name of the step."""


@dataclass(frozen=True)
class Scenario:
    """One of the investigator's scripts.

    Attributes:
        name: such as "SC-2".
        title: what it is about, in a few words.
        act: plays it.
        expectations: what each step must show, by device type; only these can play it.
        cuts_power: whether it cuts the board's power, which not every rig can.
        asks_device: whether anything that it does reaches the device on the board.
    """

    name: str
    title: str
    act: Callable[[Play], None]
    expectations: Mapping[str, Expectations]
    cuts_power: bool = False
    asks_device: bool = True

    def play(
        self,
        bench: Bench,
        conditions: Conditions,
        on_step: Callable[[Step], None] = lambda _: None,
    ) -> Play:
        """Play it; return what was played, with the verdict.

        Args:
            bench: the board and the parties.
            conditions: what the device and the DCC are like; the device type must be one of
                `expectations`.
            on_step: called with each step.

        Raises:
            BadInput: its table and the steps that it plays do not fit.
            HilError: the bench failed.
        """
        expectations = self.expectations[conditions.device_type]
        bench.keeping.scenario(self.name, self.title, conditions)
        play = Play(self.name, bench, conditions, expectations, on_step)
        self.act(play)
        missing = expectations.keys() - {step.name for step in play.steps}
        if missing and not play.verdict.failed:
            names = ", ".join(map(repr, sorted(missing)))
            raise BadInput(f"{self.name}: its table has steps that it did not play: {names}")
        return play
