"""What the documentation shows is what happens: see `documents`."""

from pathlib import Path

import click
import pytest

import documents
from documents import NOT_RUN, PAGES


@pytest.mark.timeout(400)
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_a_page_shows_is_what_happens(path: Path, tmp_path: Path) -> None:
    troubles = list(documents.Page(path, tmp_path).run())
    assert not troubles, "\n\n".join(troubles)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_nothing_is_left_out_without_a_reason(path: Path) -> None:
    for block in documents.blocks(path):
        if NOT_RUN in block.told:
            assert len(block.told[NOT_RUN].split()) > 1, block.place


def test_an_output_is_compared_but_for_what_is_left_out() -> None:
    expected = ["one", "…", "two … four", "in 5.2 ms"]
    assert documents.matches(expected, "one\na\nb\ntwo three four\nin 7 ms\n")
    assert documents.matches(expected, "one\ntwo three four  \nin 7 ms\n")
    assert not documents.matches(expected, "one\na\ntwo three five\nin 7 ms\n")
    assert not documents.matches(["one"], "one\ntwo\n")


def test_words_that_a_command_does_not_take_are_found() -> None:
    documents.check_words("./run run SC-5 --type esme --defect D4   # a comment")
    documents.check_words("VARIABLE=1 gbcs-hil decode - < message.hex | head")
    documents.check_words("./run test tests/unit -k anything")
    for wrong in ("gbcs-hil rnu SC-5", "./run run SC-5 --type meter", "./run demo --sed 5"):
        with pytest.raises(click.ClickException):
            documents.check_words(wrong)
