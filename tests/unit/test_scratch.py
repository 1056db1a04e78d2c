"""Folders that a command needs only while it runs: none is left, whatever signal comes."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gbcs_hil.scratch import scratch_folder


class Ended(Exception):
    """The process was asked to end."""


@pytest.fixture(autouse=True)
def ending() -> Iterator[None]:
    def end(*_: object) -> None:
        raise Ended

    before = signal.signal(signal.SIGTERM, end)
    yield
    signal.signal(signal.SIGTERM, before)


def test_it_is_there_and_then_it_is_not(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        (folder / "flash").write_text("x")
        assert folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("moment", ["__init__", "cleanup"])
def test_a_signal_while_it_is_made_or_removed_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    real = getattr(tempfile.TemporaryDirectory, moment)

    def interrupted(self: Any, *arguments: Any, **named: Any) -> None:
        if moment == "__init__":
            real(self, *arguments, **named)
        signal.raise_signal(signal.SIGTERM)
        if moment == "cleanup":
            real(self)

    monkeypatch.setattr(tempfile.TemporaryDirectory, moment, interrupted)
    with pytest.raises(Ended), scratch_folder(tmp_path) as folder:
        (folder / "flash").write_text("x")
    assert list(tmp_path.iterdir()) == []
