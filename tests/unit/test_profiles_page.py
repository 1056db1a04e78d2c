"""The page about settings lists what the firmware has, no more and no less."""

import re

from conftest import REPO
from gbcs_device import profile


def test_every_setting_and_its_values_are_on_the_page() -> None:
    page = (REPO / "docs" / "profiles.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", page, re.MULTILINE)
    told = {name: tuple(re.findall(r"`([^`]+)`", values)) for name, values in rows}
    profiles = {name for name in told if name.startswith("P-")}
    assert profiles == set(profile.PROFILES)
    settings = {name: list(values) for name, values in told.items() if name not in profiles}
    assert settings == {name: profile.choices(name) for name in profile.SETTINGS}
