"""The page of a run shows what happened, from the folder alone, and nothing runs in it."""

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from gbcs_hil.cli import main
from gbcs_hil.evidence import counter_drawing, frames, manifest, sequence_diagram
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.smki.parties import GAS_NETWORK_A
from head_end import HEAD_END, NETWORK_BY_NETWORK, certificates

NETWORK = RemotePartyRole.NETWORK_OPERATOR
COMMAND = HEAD_END.update(NETWORK_BY_NETWORK, 1_000, certificates(NETWORK, GAS_NETWORK_A), floor=5)
NASTY = "<script>alert(1)</script>"


def play(run: RunFolder, *, answered: bool = True) -> None:
    """Keep a renewal with a floor, answered or not, and a power cut after it."""
    about = {"device": "GPF"}
    run.frame(
        frames.Started,
        step="SC-1 start",
        type="gpf",
        eui="00DB1234567890A3",
        cells={},
        counters={},
        originator_counter=0,
        shared_secrets=(),
        signing_key="",
        **about,
    )
    before = {"networkOperator": 10, "supplier": 3}
    cells = {"networkOperator/digitalSignature": "Gas Network A"}
    run.frame(frames.Observed, step="SC-1 start", counters=before, cells=cells, **about)
    run.message("SC-1 renew", "DCC", "GPF", "command", COMMAND)
    if answered:
        run.message("SC-1 renew", "GPF", "DCC", "response", b"\xdf")
    after = {**before, "networkOperator": 5 if answered else 10}
    run.frame(frames.Observed, step="SC-1 renew", counters=after, cells=cells, **about)
    run.frame(frames.Interrupted, step="SC-1 cut", kind="power-cut", **about)
    run.frame(frames.Observed, step="SC-1 cut", counters=after, cells=cells, **about)
    run.step(
        scenario="SC-1",
        step="renew",
        who="Gas Network A",
        what=NASTY,
        counter=1000,
        expected="I0",
        seen="E21",
        held=answered,
        note="",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with RunFolder(tmp_path / "run", f"gbcs-hil {NASTY}") as run:
        play(run)
        run.finish("held")
    return tmp_path / "run"


class Names(HTMLParser):
    """Tags that were opened and not closed, and what a browser would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.alarming: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "line", "circle", "rect", "path", "text") or tag == "text":
            self.open.append(tag)
        if tag in ("script", "link", "img", "iframe", "object", "base"):
            self.alarming.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (
                name in ("src", "href") and not (value or "").startswith("#")
            ):
                self.alarming.append(f"{tag} {name}")

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("line", "circle", "rect", "path"):
            assert self.open.pop() == tag


def test_the_page_is_whole_and_fetches_and_runs_nothing(folder: Path) -> None:
    page = Names()
    page.feed((folder / "report.html").read_text())
    assert page.open == []
    assert page.alarming == []
    assert not re.search(r"url\((?!#)|@import|https?://", (folder / "report.html").read_text())


def test_the_page_shows_each_message_decoded(folder: Path) -> None:
    page = (folder / "report.html").read_text()
    assert COMMAND.hex().upper() in page
    assert "Business Originator ID" in page
    assert "1 octets that are no GBCS message" in page


def test_the_page_is_made_again_the_same(folder: Path) -> None:
    before = (folder / "report.html").read_text()
    (folder / "report.html").unlink()
    result = CliRunner().invoke(main, ["report", str(folder)])
    assert result.exit_code == 0, result.output
    assert (folder / "report.html").read_text() == before
    assert manifest.verify(folder) == []


def test_changed_evidence_is_not_given_a_new_manifest(folder: Path) -> None:
    (folder / "junit.xml").write_text("")
    result = CliRunner().invoke(main, ["report", str(folder)])
    assert result.exit_code == 2
    assert "junit.xml: changed" in result.output
    assert manifest.verify(folder) == ["junit.xml: changed"]


@pytest.mark.parametrize("text", [None, "[]", "{"])
def test_a_folder_that_is_no_run_is_refused(folder: Path, text: str | None) -> None:
    (folder / "run.json").unlink()
    if text is not None:
        (folder / "run.json").write_text(text)
    result = CliRunner().invoke(main, ["report", str(folder)])
    assert result.exit_code == 2
    assert "run.json" in result.output


def test_a_damaged_line_of_frames_is_named(folder: Path) -> None:
    with (folder / "frames.jsonl").open("a") as file:
        file.write('{"event": "state"}\n')
    result = CliRunner().invoke(main, ["report", str(folder)])
    assert result.exit_code == 2
    assert "frames.jsonl, line 8" in result.output


@pytest.mark.parametrize("answered", [True, False])
def test_counters_floors_and_cuts_are_drawn(tmp_path: Path, *, answered: bool) -> None:
    with RunFolder(tmp_path / "run", "test") as run:
        play(run, answered=answered)
    drawing = counter_drawing.draw(frames.read(tmp_path / "run" / "frames.jsonl"))
    (lane,) = drawing.lanes
    assert (lane.device, lane.role) == ("GPF", "networkOperator")
    assert [text for _, _, text in lane.values] == (["10", "5"] if answered else ["10"])
    assert [mark.label for mark in lane.marks] == [
        "taken: 1,000" if answered else "discarded: 1,000",
        "floor: 5",
    ]
    assert [kind for _, kind in drawing.interruptions] == ["power cut"]


def test_higher_numbers_stand_higher(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", "test") as run:
        play(run)
    (lane,) = counter_drawing.draw(frames.read(tmp_path / "run" / "frames.jsonl")).lanes
    used, floor = (mark.y for mark in lane.marks)
    ten, five = (y for _, y, _ in lane.values)
    assert used < ten < five == floor


def test_the_sequence_names_parties_and_steps(folder: Path) -> None:
    diagram = sequence_diagram.draw(frames.read(folder / "frames.jsonl"))
    assert [name for name, _ in diagram.parties] == ["DCC", "GPF"]
    assert [(arrow.kind, arrow.step) for arrow in diagram.arrows] == [
        ("command", "SC-1 renew"),
        ("response", ""),
        ("interruption", "SC-1 cut"),
    ]
    assert diagram.arrows[0].label == "CS02b networkOperatorByNetworkOperator · 1,000"


def test_steps_are_junit_test_cases(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), RunFolder(tmp_path / "run", "test") as run:
        play(run, answered=False)
        raise RuntimeError("the board\x00 went away")
    suites = ElementTree.parse(tmp_path / "run" / "junit.xml").getroot()
    assert [suite.get("name") for suite in suites] == ["SC-1", "run"]
    assert suites[0].get("failures") == "1"
    failure = suites.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == "expected I0; seen E21"
