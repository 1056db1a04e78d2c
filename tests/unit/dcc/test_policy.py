"""A policy is one TOML table; nothing in it is on unless the source documents say so."""

from pathlib import Path

import msgspec
import pytest

from gbcs_hil.dcc.policy import CounterRule, Fault, Policy
from gbcs_hil.dcc.policy_switches import switches
from gbcs_hil.errors import BadInput


def test_every_switch_names_its_modification_and_its_source() -> None:
    assert [switch.name for switch in switches()] == list(msgspec.to_builtins(Policy()))
    for switch in switches():
        assert switch.modification, switch.name
        assert switch.source, switch.name
        assert switch.description.endswith("."), switch.name


def test_a_policy_is_read_from_a_table(tmp_path: Path) -> None:
    path = tmp_path / "bench.toml"
    path.write_text(
        '[policy]\nmp128a = false\nmp128a-counter = "max-oc-floor"\nfaults = ["H4", "H1"]\n'
    )
    expected = Policy(
        mp128a=False,
        mp128a_counter=CounterRule.MAX_OC_FLOOR,
        faults=frozenset({Fault.H1, Fault.H4}),
    )
    assert Policy.load(path) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[policy]\nmp129 = true\n", "mp129"),
        ('[policy]\nmp128a = "yes"\n', "bool"),
        ('[policy]\nfaults = ["H11"]\n', "H11"),
        ("[other]\n", "no table"),
        ("policy = [", "cannot read"),
    ],
)
def test_what_is_no_policy_is_refused_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bench.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=said) as caught:
        Policy.load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.requirement("S63-18", "MP128A-7")
def test_what_is_live_is_on_and_what_was_withdrawn_is_off() -> None:
    policy = Policy()
    assert policy.mp128a
    assert policy.mp183
    assert not policy.secmp0063
    assert not policy.faults
