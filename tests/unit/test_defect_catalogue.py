"""The catalogue of defects is what the firmware's docstrings say."""

import pytest
from click.testing import CliRunner

from gbcs_device import defects as firmware
from gbcs_hil.bench import defects
from gbcs_hil.cli import main
from gbcs_hil.errors import BadInput


def test_every_defect_of_the_firmware_is_described() -> None:
    found = defects.catalogue()
    assert list(found) == list(firmware.MODULES) == [f"D{number}" for number in range(1, 22)]
    for defect in found.values():
        assert defect.summary
        assert defect.shows
        assert all(script.startswith("SC-") for script in defect.revealed_by)


def test_defects_are_named_in_a_list() -> None:
    assert defects.named("d1, D7") == ("D1", "D7")
    assert defects.named("") == ()


def test_a_name_that_is_no_defect_is_refused_with_those_that_are() -> None:
    with pytest.raises(BadInput, match=r"no defect D22; there are D1, .*D21"):
        defects.named("D22")


def test_the_command_tells_them_or_those_that_are_asked_for() -> None:
    every = CliRunner().invoke(main, ["defects"])
    assert every.exit_code == 0
    assert every.output.count("revealed by: SC-") == 21
    some = CliRunner().invoke(main, ["defects", "d7,D1"])
    assert [line.split()[0] for line in some.output.splitlines()[::3]] == ["D7", "D1"]
    assert CliRunner().invoke(main, ["defects", "D99"]).exit_code == 2
