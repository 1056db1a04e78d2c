"""What a party is told that a device takes for a replay."""

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.cli import main
from gbcs_hil.recovery.advice import LAST, LAST_OF_6_15_1, advise
from gbcs_hil.recovery.numbering import NUMBERINGS
from gbcs_hil.recovery.told import for_party

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MILLISECONDS = 1_700_000_000_123


@given(st.integers(0, LAST))
def test_the_smallest_counter_is_just_above_or_there_is_none(counter: int) -> None:
    assert advise(counter).smallest == (counter + 1 if counter < LAST_OF_6_15_1 else None)


@given(st.sampled_from(list(NUMBERINGS)), st.integers(0, 2**63 - 1))
def test_a_numbering_reaches_a_counter_when_it_says_so_and_not_before(
    name: str, counter: int
) -> None:
    way = NUMBERINGS[name]
    when = way.reaches(counter)
    if when is not None:
        assert way.at(when) >= counter
        assert counter == 0 or way.at(when - way.step) < counter


@pytest.mark.parametrize(
    ("numbering", "reached"),
    [
        ("milliseconds", True),
        ("seconds", False),
        ("utrn", True),
        ("1200", False),
        (str(MILLISECONDS), True),
    ],
)
def test_whether_a_partys_numbers_reach_the_device(numbering: str, reached: bool) -> None:
    told = for_party(MILLISECONDS, "network-operator", numbering, NOW)
    assert (told.smallest, told.reached) == (MILLISECONDS + 1, reached)


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["1,700,000,000,123", "--numbering", "seconds"], 1, "from 1,700,000,000,124 on"),
        (["1700000000123"], 0, "6.24.1 by the network operator"),
        ([str(2**63 - 1)], 0, "recovery by the DCC"),
        ([str(2**64)], 2, "is no counter"),
        (["7", "--numbering", "lunar"], 2, "--numbering lunar: there are "),
        (["none.hex"], 2, "none.hex: there is no such file"),
        (["DF09", "--role", "supplier"], 2, "DF09: "),
    ],
)
def test_the_command_tells(arguments: list[str], status: int, told: str) -> None:
    result = CliRunner().invoke(main, ["recover", *arguments])
    assert result.exit_code == status, result.output
    assert told in result.output
