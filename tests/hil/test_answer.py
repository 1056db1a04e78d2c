"""The working group's question is answered by what devices do, and not by what is known."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from gbcs_hil.answer import page, runs
from gbcs_hil.answer.cases import (
    CELLS,
    CONTROL,
    FLOOR,
    JUMP,
    NO_FLOOR,
    QUESTIONS,
    WAY_OUT,
    Case,
    Question,
)
from gbcs_hil.answer.findings import ACCEPTED, HELD, NO_CELL, REFUSED, Finding, Findings
from gbcs_hil.cli import main
from gbcs_hil.errors import BadInput
from gbcs_hil.evidence import manifest

AFFECTED = {
    CELLS: (HELD,),
    NO_FLOOR: (REFUSED,),
    FLOOR: (ACCEPTED,),
    WAY_OUT: ("1,000", ACCEPTED),
    CONTROL: (ACCEPTED,),
    JUMP: (ACCEPTED,),
}


def findings(kind: str, profile: str, says: dict[Question, tuple[str, ...]]) -> Findings:
    answers = {
        question.heading: tuple(
            Finding(text, False, "SC-0", "step") for text in says.get(question, ())
        )
        for question in QUESTIONS
    }
    return Findings(kind, profile, f"{kind}-{profile.lower()}", "conformant", answers)


@pytest.mark.requirement("SMDA-2", "SMDA-3", "SMDA-4", "SMDA-5")
def test_a_device_that_ignores_floors_locks_out_and_lets_in_above_its_counter(
    tmp_path: Path,
) -> None:
    found = runs.play_case(Case("gpf", "P-KEEP"), tmp_path / "gpf", "cpython:")
    assert (found.says(CELLS), found.says(NO_FLOOR), found.says(FLOOR)) == (HELD, REFUSED, REFUSED)
    assert found.to(WAY_OUT)[-1].says == found.says(JUMP) == found.says(CONTROL) == ACCEPTED
    assert found.verdict == "tolerated-common"
    assert found.to(FLOOR)[0].tolerated
    assert not found.to(NO_FLOOR)[0].tolerated


@pytest.mark.requirement("SMDA-3")
def test_a_gsme_has_no_cells_to_be_locked_out_of(tmp_path: Path) -> None:
    folder = tmp_path / "gsme"
    found = runs.play_case(Case("gsme", "P-FLOOR"), folder, "cpython:")
    assert found.says(CELLS) == NO_CELL
    assert not found.to(NO_FLOOR)
    assert found.says(CONTROL) == ACCEPTED
    assert page.answers([found])[0].startswith("**GSME: no.**")
    # What the page links to is there.
    assert not manifest.verify(folder)
    place = page.file_link(found, found.to(CELLS)[0]).partition("#")[2]
    assert f'id="{place}"' in (folder / "report.html").read_text()


def test_the_answer_follows_from_what_was_found() -> None:
    def answer(**profiles: dict[Question, tuple[str, ...]]) -> str:
        found = [findings("gpf", name, {**AFFECTED, **says}) for name, says in profiles.items()]
        return page.answers(found)[0]

    assert "yes.** Without a floor the operator is locked out on A." in answer(A={})
    assert "Floor 0 prevents it on A." in answer(A={})
    assert "On A no floor does" in answer(A={FLOOR: (REFUSED,)})
    assert "On B it never happens." in answer(A={}, B={NO_FLOOR: (ACCEPTED,)})
    assert answer(A={NO_FLOOR: (ACCEPTED,)}).startswith("**GPF: no.** No profile refuses")
    assert "Not every device takes" in answer(A={WAY_OUT: ("1,000", REFUSED)})
    assert "A new Supplier is locked out" in answer(A={CONTROL: (REFUSED,)})
    assert "**GPF: no.** It has no network operator's cells" in answer(A={CELLS: (NO_CELL,)})


def test_a_device_that_stays_shut_is_named() -> None:
    found = [findings("gpf", "P-KEEP", {**AFFECTED, JUMP: (REFUSED,)})]
    text = page.markdown(found, page.file_link, "made by a test")
    assert "On GPF P-KEEP not even a counter above" in text
    assert "[refused](gpf-p-keep/report.html#sc-0-step)" in text


def test_the_command_leaves_a_page_the_findings_and_the_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "CASES", (Case("gsme", "P-ZERO"),))
    done = CliRunner().invoke(main, ["answer", "--out", str(tmp_path / "a"), "--jobs", "1"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("GSME: no.")
    assert "(gsme-p-zero/report.html#" in (tmp_path / "a" / "answer.md").read_text()
    kept = msgspec.json.decode((tmp_path / "a" / runs.DATA).read_bytes(), type=list[Findings])
    assert [found.folder for found in kept] == ["gsme-p-zero"]
    again = CliRunner().invoke(main, ["answer", "--out", str(tmp_path / "a")])
    assert again.exit_code == 2
    assert "holds something already" in again.output


def test_a_case_that_cannot_be_played_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "CASES", (Case("gsme", "P-ZERO"),))
    done = CliRunner().invoke(main, ["answer", "--out", str(tmp_path / "a"), "--target", "moon:"])
    assert done.exit_code == 2
    assert done.output.startswith("gbcs-hil: gsme-p-zero: no emulated board 'moon'")


def test_a_folder_that_is_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(BadInput, match="holds something already"):
        runs.play(tmp_path, "cpython:", 1)
