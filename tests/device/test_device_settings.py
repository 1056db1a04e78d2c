"""Every setting of a profile, every value: what it does, and that it outlives a restart."""

from collections.abc import Callable
from typing import Any

import certificate_settings
import command_settings
import counter_settings
import pytest
from rig import Effects, Medium, provisioned

from gbcs_device import profile
from gbcs_device.profile import DEFAULT, PROFILES, SETTINGS, choices
from gbcs_device.store import Store

CHOICES = {setting: choices(setting) for setting in SETTINGS}
EFFECTS: Effects = {
    **counter_settings.EFFECTS,
    **command_settings.EFFECTS,
    **certificate_settings.EFFECTS,
}
CASES = [
    pytest.param(observe, value, expected, id=f"{setting}-{value}")
    for setting, observations in EFFECTS.items()
    for observe, values in observations
    for value, expected in values.items()
]


@pytest.mark.parametrize(("observe", "value", "expected"), CASES)
def test_a_setting_does_what_its_value_says(
    observe: Callable[[str], object], value: str, expected: object
) -> None:
    assert observe(value) == expected


def test_every_value_of_every_setting_has_an_effect_of_its_own() -> None:
    shown = {
        setting: {value for _, values in observations for value in values}
        for setting, observations in EFFECTS.items()
    }
    assert shown == {setting: set(values) for setting, values in CHOICES.items()}
    for setting, observations in EFFECTS.items():
        _, values = observations[0]
        seen = [repr(expected) for expected in values.values()]
        assert (setting, len(set(seen))) == (setting, len(seen))


def test_the_default_is_the_first_value_and_the_default_profile() -> None:
    assert DEFAULT == "P-FLOOR"
    assert profile.settings() == {setting: values[0] for setting, values in CHOICES.items()}
    assert profile.settings("P-FLOOR") == profile.settings()


@pytest.mark.parametrize(
    ("name", "differences"),
    [
        ("P-FLOOR", {}),
        ("P-KEEP", {"floor": "keep-network-operator"}),
        ("P-ZERO", {"owner-change": "reset-counter"}),
    ],
)
def test_a_profile_is_what_differs(name: str, differences: dict[str, str]) -> None:
    assert profile.settings(name) == profile.settings() | differences
    assert profile.differences(profile.settings(name)) == differences


def test_there_are_three_profiles() -> None:
    assert sorted(PROFILES) == ["P-FLOOR", "P-KEEP", "P-ZERO"]


def test_a_setting_overrides_its_profile() -> None:
    chosen = profile.settings("P-KEEP", {"floor": "apply", "time-checks": "never"})
    assert profile.differences(chosen) == {"time-checks": "never"}


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("P-TOAST", {}),
        ("", {}),
        ("p-floor", {}),
        ("P-FLOOR", {"toast": "on"}),
        ("P-FLOOR", {"floor": "on"}),
        ("P-FLOOR", {"floor": ""}),
        ("P-FLOOR", {"floor": None}),
    ],
)
def test_what_there_is_not_is_refused(name: str, overrides: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no profile|no setting|is one of"):
        profile.settings(name, overrides)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_value_outlives_a_restart(setting: str) -> None:
    for value in CHOICES[setting]:
        rig = provisioned("gpf", settings={setting: value})
        again = Store(Medium(rig.medium.files)).identity
        assert again.settings == profile.settings() | {setting: value}


def test_every_other_value_at_once_outlives_a_restart() -> None:
    chosen = {setting: values[-1] for setting, values in CHOICES.items()}
    rig = provisioned("gpf", settings=chosen, profile_name="P-ZERO")
    again = Store(Medium(rig.medium.files)).identity
    assert (again.profile, again.settings) == ("P-ZERO", chosen)
    # What the store keeps of it does not make the device's record larger.
    assert len(rig.medium.files["record"]) <= 177
