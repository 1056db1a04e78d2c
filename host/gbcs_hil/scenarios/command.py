"""`gbcs-hil demo` and `gbcs-hil run`: their options."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from gbcs_hil.errors import BadInput

if TYPE_CHECKING:
    from gbcs_hil.bench.rig import RigBoard

_FAILED = 1


@click.command()
@click.option(
    "--target",
    metavar="unix:|cpython:",
    help="Where the device runs. Default: MicroPython's unix port, else CPython.",
)
@click.option(
    "--evidence",
    "folder",
    type=click.Path(path_type=Path),
    help="Where to leave the evidence. Default: evidence/<time>-demo.",
)
@click.option(
    "--profile",
    default="P-FLOOR",
    show_default=True,
    metavar="NAME",
    help="How the device behaves where GBCS's public text is silent (docs/profiles.md).",
)
@click.option("--seed", help="Make the parties' test keys of this text, the same every time.")
def demo(target: str | None, folder: Path | None, profile: str, seed: str | None) -> None:
    """Hand an emulated GPF from one gas network operator to another.

    Runs SC-2 (the DSP without MP128A) and SC-3 (with it). Exit status 0 if every step came
    out as expected, 1 if one did not, 2 if the bench could not run.
    """
    from gbcs_hil.scenarios import running
    from gbcs_hil.scenarios.conditions import Conditions
    from gbcs_hil.scenarios.handover import DEMONSTRATION

    verdict = running.run(
        DEMONSTRATION,
        Conditions("gpf", profile),
        ["gbcs-hil", "demo", "--profile", profile],
        "demo",
        target=target,
        folder=folder,
        seed=seed,
    )
    sys.exit(_FAILED if verdict.failed else 0)


@click.command(name="run")
@click.argument("name", metavar="SC-1..16|all")
@click.option("--type", "device_type", type=click.Choice(["esme", "gpf", "gsme"]), required=True)
@click.option(
    "--target",
    metavar="unix:|cpython:",
    help="Where the device runs. Default: MicroPython's unix port, else CPython.",
)
@click.option(
    "--rig",
    "rig_name",
    envvar="GBCS_HIL_RIG",
    metavar="FILE",
    help="Run on a board of this rig instead; its device is erased (GBCS_HIL_RIG).",
)
@click.option(
    "--board", metavar="NAME", help="Which board of the rig. Default: the first of that type."
)
@click.option(
    "--profile",
    default="P-FLOOR",
    show_default=True,
    metavar="NAME",
    help="How the device behaves where GBCS's public text is silent (docs/profiles.md).",
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="What differs from the profile."
)
@click.option(
    "--defect", "defects", default="", metavar="D1,D7", help="Known defects of the device."
)
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path),
    help="What the DCC's systems do: a TOML file with a table [policy].",
)
@click.option(
    "--evidence",
    "folder",
    type=click.Path(path_type=Path),
    help="Where to leave the evidence. Default: evidence/<time>-<name>.",
)
@click.option("--seed", help="Make the parties' test keys of this text, the same every time.")
def run_scenario(
    name: str,
    device_type: str,
    target: str | None,
    rig_name: str | None,
    board: str | None,
    profile: str,
    settings: tuple[str, ...],
    defects: str,
    policy_file: Path | None,
    folder: Path | None,
    seed: str | None,
) -> None:
    """Run one of the investigator's scripts, or all of them.

    Exit status 0 if every step came out as expected or is tolerated, 1 if one did not, 2 if
    the bench could not run.
    """
    from gbcs_hil.bench import defects as known
    from gbcs_hil.dcc.policy_file import load_policy
    from gbcs_hil.scenarios import catalogue, running
    from gbcs_hil.scenarios.conditions import Conditions

    source = click.get_current_context().get_parameter_source("rig_name")
    if target and source is ParameterSource.COMMANDLINE:
        raise BadInput(f"--target {target} and --rig {rig_name}: the device is in one place")
    if board and not (rig_name and not target):
        raise BadInput(f"--board {board}: of which rig? give --rig FILE, and no --target")
    conditions = Conditions(
        device_type,
        profile,
        dict(_setting(setting) for setting in settings),
        known.named(defects),
        load_policy(policy_file),
    )
    scenarios = catalogue.named(name)
    chosen = scenarios[0].name if len(scenarios) == 1 else "all"
    words = ["gbcs-hil", "run", chosen]
    words += ["--type", device_type, "--profile", profile]
    words += [word for setting in settings for word in ("--set", setting)]
    words += ["--defect", ",".join(conditions.defects)] if conditions.defects else []
    words += ["--policy", str(policy_file)] if policy_file else []
    if rig_name and not target:
        words += ["--rig", rig_name, *(["--board", board] if board else [])]
    verdict = running.run(
        scenarios,
        conditions,
        words,
        chosen.lower(),
        target=target,
        # A target on the command line outdoes a rig in the environment.
        board=None if target or not rig_name else _board(rig_name, board, device_type),
        folder=folder,
        seed=seed,
    )
    sys.exit(_FAILED if verdict.failed else 0)


def _board(rig_name: str, name: str | None, device_type: str) -> "RigBoard":
    """Return the board of a rig that is named, or the first that plays a device type."""
    from gbcs_hil.bench import rig

    loaded = rig.load(rig.find(rig_name))
    if name is not None:
        return loaded.board(name)
    for entry in loaded.boards.values():
        if entry.role == device_type:
            return entry
    there = ", ".join(f"{entry.name} ({entry.role})" for entry in loaded.boards.values())
    raise BadInput(
        f"{loaded.path} has no {device_type}, only {there}; name a board with --board to use it "
        f"as one"
    )


def _setting(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise BadInput(f"--set {text}: write a setting and its value as key=value")
    return key, value
