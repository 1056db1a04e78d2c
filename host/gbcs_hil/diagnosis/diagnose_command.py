"""`gbcs-hil diagnose`: its options."""

import sys
from pathlib import Path

import click

from gbcs_hil.errors import BadInput

_FAILED = 1
_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("logs", metavar="LOG...", nargs=-1, required=True, type=_PATH)
@click.option("--type", "device_type", type=click.Choice(["esme", "gpf", "gsme"]))
@click.option("--start", type=_PATH, help="A file that begins with the state to start from.")
@click.option("--pairs", is_flag=True, help="Think of two deviations at once too.")
@click.option("--against", metavar="P-KEEP,D4,D1+D7", help="Think of these devices alone.")
@click.option("--answer", "answers", multiple=True, type=_PATH, help="An experiment's folder.")
@click.option("--seed", help="What the parties' test keys are made of. Default: the run's own.")
@click.option("--unsigned", is_flag=True, help="Build commands for others to sign.")
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(["power-cut", "cut", "hub-exchange"]),
    help="What cannot be done to the device; cut: losing power during a command.",
)
@click.option("--out", type=_PATH, help="Leave the best experiment here.")
@click.option("--rig", envvar="GBCS_HIL_RIG", metavar="FILE", help="The rig file of --target.")
@click.option("--target", metavar="BOARD", help="Carry experiments out on this board.")
def diagnose(
    logs: tuple[Path, ...],
    device_type: str | None,
    start: Path | None,
    pairs: bool,
    against: str | None,
    answers: tuple[Path, ...],
    seed: str | None,
    unsigned: bool,
    without: tuple[str, ...],
    out: Path | None,
    rig: str | None,
    target: str | None,
) -> None:
    """Tell which known defects explain what a device did, and what to try next.

    LOG is an evidence folder or its frames.jsonl; more of them go on where the one before
    ends. The run's profile, defects and verdicts are not read. Exit status 0 if something
    explains the record, 1 if nothing does, 2 if it cannot be used.
    """
    from gbcs_hil.diagnosis import command

    if target is not None and rig is None:
        raise BadInput(f"--target {target}: which rig is that board in? Give --rig FILE")
    asked = command.Asked(
        logs,
        start,
        device_type,
        pairs,
        against,
        answers,
        seed,
        unsigned,
        without,
        out,
        (rig, target) if rig and target else None,
    )
    sys.exit(0 if command.run(asked) else _FAILED)
