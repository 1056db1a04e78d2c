"""Scripts about the DCC alone: no device is on the board, and what fails is the DCC's."""

from collections.abc import Callable, Mapping

from gbcs_hil.scenarios.observations import Seen
from gbcs_hil.scenarios.step import Step
from gbcs_hil.scenarios.verdicts import Expect, Verdict


class Script:
    """The steps of one scenario as they happen.

    Args:
        scenario: its name.
        expectations: step name to what is expected.
        on_step: called with each step.
    """

    def __init__(
        self,
        scenario: str,
        expectations: Mapping[str, Seen],
        on_step: Callable[[Step], None],
    ) -> None:
        self.scenario = scenario
        self._expectations = expectations
        self._on_step = on_step
        self.steps: list[Step] = []

    def record(
        self, name: str, who: str, what: str, counter: int | None, seen: Seen, note: str = ""
    ) -> None:
        """Compare what was seen with what is expected of this step."""
        expect = Expect(self._expectations[name], otherwise=Verdict.DCC_DEFECT)
        verdict = expect.judge(seen, counter)
        step = Step(self.scenario, name, who, what, counter, expect.seen, seen, verdict, note)
        self.steps.append(step)
        self._on_step(step)
