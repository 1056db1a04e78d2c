"""Every requirement of the source documents has a test or a reason; the page says which."""

import pytest

from requirements_table import COUNTS, PAGE, find, page, requirements

ROWS = requirements()
FOUND = find()


def test_every_requirement_of_every_paper_has_a_row() -> None:
    expected = [f"{name}-{n}" for name, count in COUNTS.items() for n in range(1, count + 1)]
    assert list(ROWS) == expected


@pytest.mark.parametrize("identifier", ROWS)
def test_a_requirement_has_a_module_and_a_test_or_else_a_reason(identifier: str) -> None:
    if ROWS[identifier].reason:
        assert identifier not in FOUND.tests, "it has a test, so the reason is not true"
    else:
        assert identifier in FOUND.tests, "mark a test, or give a reason in requirements.toml"
        assert identifier in FOUND.modules, "no module of host/gbcs_hil names it"


def test_nothing_names_a_requirement_that_there_is_not() -> None:
    assert {*FOUND.tests, *FOUND.modules} - set(ROWS) == set()


def test_the_page_says_what_is_so() -> None:
    assert PAGE.read_text() == page(), "run: python tests/requirements_table.py"
