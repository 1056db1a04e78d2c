"""A manifest tells every change of an evidence folder, and sha256sum reads it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from gbcs_hil.cli import main
from gbcs_hil.errors import BadInput
from gbcs_hil.evidence import manifest
from gbcs_hil.evidence.run_folder import RunFolder

COMMAND = bytes.fromhex("DD00000000000003")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The evidence of a run with one message."""
    with RunFolder(tmp_path / "run", "gbcs-hil demo") as run:
        run.message("SC-2 leave", "DCC", "GPF", "command", COMMAND)
        run.finish("held")
    return tmp_path / "run"


def test_a_run_leaves_a_manifest_of_all_its_files(folder: Path) -> None:
    assert manifest.verify(folder) == []
    assert CliRunner().invoke(main, ["evidence", "verify", str(folder)]).exit_code == 0


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_sha256sum_agrees(folder: Path) -> None:
    command = ["sha256sum", "--check", "--strict", "--quiet", manifest.MANIFEST]
    done = subprocess.run(command, cwd=folder, timeout=30, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_change_is_told(folder: Path) -> None:
    (folder / "run.json").write_text("{}")
    (folder / "messages" / "001-command-from-DCC.hex").unlink()
    (folder / "added.txt").touch()
    result = CliRunner().invoke(main, ["evidence", "verify", str(folder)])
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "messages/001-command-from-DCC.hex: missing",
        "added.txt: not in the manifest",
        "run.json: changed",
    ]


@pytest.mark.parametrize("text", [None, "no digest\n"])
def test_a_folder_without_a_good_manifest_is_refused(folder: Path, text: str | None) -> None:
    if text is None:
        (folder / manifest.MANIFEST).unlink()
    else:
        (folder / manifest.MANIFEST).write_text(text)
    with pytest.raises(BadInput, match="manifest"):
        manifest.verify(folder)
    assert CliRunner().invoke(main, ["evidence", "verify", str(folder)]).exit_code == 2
