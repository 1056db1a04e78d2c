"""A policy is one TOML table; nothing in it is on unless the source documents say so."""

from pathlib import Path

import msgspec
import pytest

from gbcs_hil.dcc.policy import CounterRule, Fault, Policy
from gbcs_hil.dcc.policy_file import load_policy
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
    assert load_policy(path) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mp128b = true", "[policy] has no switch mp128b; did you mean mp128a?"),
        ("x = 1", "[policy] has no switch x; there are mp128a, mp128a-counter,"),
        ('mp128a = "yes"', "[policy] mp128a: expected bool, got str"),
        (
            'mp128a-counter = "floor"',
            "[policy] mp128a-counter cannot be 'floor'; there are oc, max-oc-floor",
        ),
        ('faults = ["H1", "H11"]', "[policy] faults cannot be 'H11'; there are H1, H2, H3,"),
        ('faults = "H1"', "[policy] faults: expected array, got str, one of H1, H2"),
        (
            'secmp0107-s1sps = ["S1SP9"]',
            "[policy] secmp0107-s1sps cannot be 'S1SP9'; there are S1SP1, S1SP2, S1SP3",
        ),
        ("foc-s1sp = 3", "[policy] foc-s1sp: expected str, got int, one of S1SP1, S1SP2, S1SP3"),
        ('mp134b-services = ["7.1"]', "mp134b-services cannot be '7.1'; there are 1.6, 6.15.1,"),
        ("post-commissioning-days = -3", "[policy] post-commissioning-days: expected int >= 0"),
        ('duis-namespace = ""', "[policy] duis-namespace: expected str matching regex"),
        ('duis-6-24-1-role = "sr:Role"', "[policy] duis-6-24-1-role: expected str matching"),
        ('s1sp-holder-code = "E64"', "[policy] s1sp-holder-code: expected str matching regex"),
        ("[other]", "there is no table [policy] in it"),
        ("mp128a = true\nmp128a = false", "not TOML: Cannot overwrite a value"),
        ("mp128a = [", "not TOML: "),
    ],
)
def test_what_is_no_policy_is_refused_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bench.toml"
    path.write_text(text if text.startswith("[") else f"[policy]\n{text}\n")
    with pytest.raises(BadInput) as caught:
        load_policy(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert said in line
    assert "\n" not in line


def test_a_policy_that_cannot_be_read_is_refused_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "latin-1.toml").write_bytes(b"# caf\xe9\n[policy]\n")
    for name, why in (
        ("none.toml", "No such file"),
        ("", "a directory"),
        ("latin-1.toml", "UTF-8"),
    ):
        with pytest.raises(BadInput, match=why) as caught:
            load_policy(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: cannot read the policy: ")


def test_a_policy_cannot_be_changed() -> None:
    policy = Policy()
    with pytest.raises(AttributeError):
        policy.mp128a = False  # type: ignore[misc]
    assert hash(policy) == hash(Policy())


@pytest.mark.requirement("S63-18", "MP128A-7")
def test_what_is_live_is_on_and_what_was_withdrawn_is_off() -> None:
    policy = Policy()
    assert policy.mp128a
    assert policy.mp183
    assert not policy.secmp0063
    assert not policy.faults
