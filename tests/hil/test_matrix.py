"""The kill matrix: every known defect is revealed where it is said to be, and laid at its door.

Each defect is played to one scenario here, which takes half a minute; the whole table, with the
sound devices, is `gbcs-hil matrix`.
"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gbcs_hil.bench import defects
from gbcs_hil.cli import main
from gbcs_hil.dcc.policy import Fault
from gbcs_hil.matrix.playing import Task, play, usual_type
from gbcs_hil.matrix.run import chosen, tasks
from gbcs_hil.matrix.table import Cell, Kind, Matrix, Subject, subjects, text
from gbcs_hil.scenarios.catalogue import SCENARIOS
from gbcs_hil.scenarios.verdicts import Verdict

SHOWN_BY = {
    **{name: defect.revealed_by for name, defect in defects.catalogue().items()},
    "H1": ("SC-3",),
    "H2": ("SC-3", "SC-13"),
    "H3": ("SC-3",),
    "H4": ("SC-3",),
    "H5": ("SC-4",),
    "H6": ("SC-3",),
    "H7": ("SC-8",),
    "H8": ("SC-9",),
    "H9": ("SC-9",),
    "H10": ("SC-9",),
}
TOLERATED = ("D4",)
"""What shows, and device assurance tolerates: a network operator's floor is ignored."""

DEFECTIVE = [subject for subject in subjects() if subject.kind is not Kind.PROFILE]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("subject", DEFECTIVE, ids=lambda subject: subject.name)
def test_a_defect_is_revealed_and_laid_at_the_right_door(subject: Subject) -> None:
    door = {Kind.DEVICE: Verdict.DEVICE_DEFECT, Kind.DCC: Verdict.DCC_DEFECT}[subject.kind]
    wanted = Verdict.TOLERATED if subject.name in TOLERATED else door
    said = []
    for scenario in SHOWN_BY[subject.name]:
        said.append(play(Task(subject, scenario, usual_type(scenario)), "cpython:").verdict)
        if said[-1] is wanted:
            return
    pytest.fail(f"{SHOWN_BY[subject.name]} say {said}")


def test_every_defect_of_device_and_dcc_has_a_row() -> None:
    names = {subject.name for subject in subjects()}
    assert names == {"P-FLOOR", "P-KEEP", "P-ZERO", *defects.catalogue(), *Fault}
    found = tasks(chosen(""), tuple(SCENARIOS.values()), ())
    assert len(found) == len(names) * len(SCENARIOS)


def matrix(*cells: tuple[str, Kind, Verdict]) -> Matrix:
    return Matrix(
        gbcs_hil="0",
        target="cpython:",
        started="",
        seconds=1.0,
        scenarios=("SC-1",),
        rows=tuple(Subject(name, kind, "") for name, kind, _ in cells),
        cells=tuple(Cell(name, "SC-1", "gpf", verdict) for name, _, verdict in cells),
    )


def test_what_a_matrix_lacks_is_said() -> None:
    sound = matrix(
        ("P-KEEP", Kind.PROFILE, Verdict.TOLERATED),
        ("D1", Kind.DEVICE, Verdict.DEVICE_DEFECT),
        ("D4", Kind.DEVICE, Verdict.TOLERATED),
    )
    assert sound.shortcomings() == ()
    assert "(SC-1)" in text(sound)
    lacking = matrix(
        ("P-KEEP", Kind.PROFILE, Verdict.DEVICE_DEFECT),
        ("D1", Kind.DEVICE, Verdict.CONFORMANT),
    )
    assert lacking.shortcomings() == (
        "D1 is revealed by no scenario",
        "P-KEEP has no defect, and SC-1 finds one",
    )


@pytest.mark.timeout(180)
def test_the_command_leaves_text_json_and_a_page(tmp_path: Path) -> None:
    folder = tmp_path / "matrix"
    arguments = ["matrix", "--only", "D13,P-FLOOR", "--scenario", "SC-2,SC-7", "--jobs", "1"]
    result = CliRunner().invoke(main, [*arguments, "--out", str(folder)])
    assert result.exit_code == 0, result.output
    assert "D13" in result.output
    told = json.loads((folder / "matrix.json").read_text())
    assert {cell["verdict"] for cell in told["cells"]} == {"device-defect", "conformant"}
    page = (folder / "matrix.html").read_text()
    assert 'id="D13-SC-2"' in page
    assert "http" not in page
    assert (folder / "matrix.txt").read_text() in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "D99"], "no defect or profile D99; there are P-FLOOR, "),
        (["--scenario", "SC-99"], "no scenario SC-99"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], told: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["matrix", *arguments, "--out", str(tmp_path / "matrix")])
    assert result.exit_code == 2
    (line,) = [line for line in result.output.splitlines() if line]
    assert told in line
