"""The page of a run shows what happened, from the folder alone, and nothing runs in it."""

import json
import re
from html.parser import HTMLParser
from itertools import count, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from gbcs_hil.cli import main
from gbcs_hil.evidence import (
    chapters,
    counter_drawing,
    frames,
    manifest,
    run_folder,
    sequence_diagram,
)
from gbcs_hil.evidence.cell_table import cell_table
from gbcs_hil.evidence.counter_scale import LEAST, scale
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.evidence.summary import summary
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
        if tag not in ("meta", "br", "wbr", "line", "circle", "rect", "path"):
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


def chapter_of(folder: Path) -> chapters.Chapter:
    """Return the one chapter of a run."""
    (chapter,) = chapters_of(folder)
    return chapter


def chapters_of(folder: Path) -> list[chapters.Chapter]:
    """Return the chapters of a run."""
    told = json.loads((folder / "run.json").read_text())["steps"]
    steps = [chapters.Step.of(number, step) for number, step in enumerate(told, 1)]
    return chapters.chapters(frames.read(folder / "frames.jsonl"), steps)


@pytest.mark.parametrize("answered", [True, False])
def test_counters_floors_and_cuts_are_drawn(tmp_path: Path, *, answered: bool) -> None:
    with RunFolder(tmp_path / "run", "test") as run:
        play(run, answered=answered)
    (band,) = counter_drawing.draw(chapter_of(tmp_path / "run"))
    (lane,) = band.lanes
    assert (lane.device, lane.role) == ("GPF", "networkOperator")
    assert [number for _, number in lane.ticks] == ["5", "10", "1,000"]
    assert [mark.label for mark in lane.marks] == [
        "1 renew: taken, 1,000" if answered else "1 renew: discarded, 1,000",
        "1 renew: floor, 5",
    ]
    assert [kind for _, kind in band.interruptions] == ["power cut"]
    # The line turns where the counter does, and not where it does not.
    assert ("V" in lane.line) == answered


def test_the_line_turns_at_every_reading_within_a_scene(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", "test") as run:
        play(run)
        for counter in (1_001, 1_002):
            run.message("SC-1 sweep", "DCC", "GPF", "command", COMMAND)
            run.frame(
                frames.Observed,
                step="SC-1 sweep",
                device="GPF",
                counters={"networkOperator": counter},
                cells={},
            )
    (band,) = counter_drawing.draw(chapter_of(tmp_path / "run"))
    (lane,) = band.lanes
    height = {number: y for y, number in lane.ticks}
    turned = [float(part.partition("H")[0]) for part in lane.line.split("V")[1:]]
    assert turned == [height["5"], height["1,001"], height["1,002"]]


def test_an_alert_answers_nothing(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", "test") as run:
        play(run, answered=False)
        run.message("SC-1 again", "DCC", "GPF", "command", COMMAND)
        run.message("SC-1 again", "GPF", "DCC", "alert", b"\xdf")
    (band,) = counter_drawing.draw(chapter_of(tmp_path / "run"))
    kinds = [mark.kind for mark in band.lanes[0].marks if mark.kind != "floor"]
    assert kinds == ["discarded", "discarded"]


def test_higher_numbers_stand_higher(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", "test") as run:
        play(run)
    (band,) = counter_drawing.draw(chapter_of(tmp_path / "run"))
    (lane,) = band.lanes
    used, floor = (mark.y for mark in lane.marks)
    five, ten, thousand = (y for y, _ in lane.ticks)
    assert thousand == used < ten < five == floor


def test_the_scale_is_logarithmic_and_keeps_neighbours_apart() -> None:
    laid = scale([1_700_000_000_001, 1_200, 1_201, 1_700_000_000_000, 0])
    height = [laid.places[number] for number in sorted(laid.places)]
    gaps = [lower - upper for lower, upper in pairwise(height)]
    assert min(gaps) >= LEAST
    # From 0 to 1,200, to its neighbour, and a billion times as far: the larger, the wider.
    assert gaps[1] < gaps[0] < gaps[2]
    assert [leap.power for leap in laid.leaps] == [3, 9]
    assert 0 < height[-1] < height[0] < laid.height


def test_many_scenes_are_drawn_in_several_bands(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", "test") as run:
        play(run)
        counters = {"networkOperator": 5, "supplier": 3}
        for number in range(40):
            run.frame(
                frames.Observed, step=f"SC-1 {number}", device="GPF", counters=counters, cells={}
            )
    bands = counter_drawing.draw(chapter_of(tmp_path / "run"))
    assert len(bands) > 1
    names = [name for band in bands for _, _, name in band.columns]
    assert names == ["start", "1 renew", "cut", *map(str, range(40))]
    assert all(x < band.width for band in bands for x, _, _ in band.columns)
    # The line goes on where it ended.
    assert bands[1].lanes[0].line.startswith(f"M{counter_drawing.LEFT},")


def test_the_sequence_names_parties_and_steps(folder: Path) -> None:
    diagram = sequence_diagram.draw(chapter_of(folder))
    assert [name for name, _ in diagram.parties] == ["DCC", "GPF"]
    assert [
        (strip.scene.heading, [arrow.kind for arrow in strip.arrows]) for strip in diagram.strips
    ] == [("1 renew", ["command", "response"]), ("cut", ["interruption"])]
    assert diagram.strips[0].arrows[0].full == "CS02b 0103 · counter 1,000 · floor 5"


def test_a_device_that_is_provisioned_anew_begins_a_chapter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = count()
    monkeypatch.setattr(run_folder, "_now", lambda: f"2026-11-24T09:00:{next(seconds):02d}+00:00")
    with RunFolder(tmp_path / "run", "test") as run:
        play(run)
        play(run)
    first, second = chapters_of(tmp_path / "run")
    assert [scene.heading for scene in first.scenes] == ["start", "1 renew", "cut"]
    assert [scene.heading for scene in second.scenes] == ["start", "2 renew", "cut"]


def test_cells_are_told_before_and_after(tmp_path: Path) -> None:
    name = "networkOperator/digitalSignature"
    with RunFolder(tmp_path / "run", "test") as run:
        play(run)
        run.frame(
            frames.Observed,
            step="SC-1 handed over",
            device="GPF",
            counters={},
            cells={name: "Gas Network B"},
            keys={name: "0123456789ABCDEF"},
        )
    (told,) = cell_table(chapter_of(tmp_path / "run"))
    assert (told.before.owner, told.after.owner) == ("Gas Network A", "Gas Network B")
    assert (told.after.short_key, told.changed_in) == ("01234567", ("handed over",))


def judged(number: int, verdict: str) -> chapters.Step:
    told = {"at": "", "scenario": "SC-1", "step": str(number), "who": "", "what": ""}
    held = not verdict.endswith("defect")
    seen = {"counter": None, "expected": "", "seen": "", "held": held, "verdict": verdict}
    return chapters.Step.of(number, {**told, **seen})


@pytest.mark.parametrize(
    ("verdict", "steps", "told"),
    [
        ("conformant", ["conformant"] * 2, "Device and DCC did as expected in all 2 steps."),
        ("conformant", ["user-practice"], "by their own choices"),
        ("tolerated-common", ["conformant", "tolerated-common"], "1 of 2 steps came out other"),
        ("device-defect", ["conformant", "device-defect"], "The device is at fault. 1 of 2 steps"),
        (
            "dcc-defect",
            ["dcc-defect"],
            "at fault. 1 of 1 step did not come out as expected: step 1.",
        ),
        ("device-defect", ["dcc-defect", "device-defect"], "The device and the DCC's systems are"),
        ("unfinished", ["conformant"], "has not come to its end"),
    ],
)
def test_the_first_screen_says_what_the_verdict_means(
    verdict: str, steps: list[str], told: str
) -> None:
    made = [judged(number, each) for number, each in enumerate(steps, 1)]
    assert told in summary({"verdict": verdict}, made).sentence


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
