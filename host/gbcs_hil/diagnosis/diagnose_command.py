"""`gbcs-hil diagnose`: its options."""

import sys
from pathlib import Path

import click

_FAILED = 1


@click.command()
@click.argument("logs", metavar="LOG...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--type", "device_type", type=click.Choice(["esme", "gpf", "gsme"]))
@click.option("--pairs", is_flag=True, help="Think of two deviations at once too.")
@click.option("--seed", help="What the parties' test keys are made of. Default: the run's own.")
@click.option("--out", type=click.Path(path_type=Path), help="Leave the best experiment here.")
def diagnose(
    logs: tuple[Path, ...],
    device_type: str | None,
    pairs: bool,
    seed: str | None,
    out: Path | None,
) -> None:
    """Tell which known defects explain what a device did, and what to try next.

    LOG is an evidence folder or its frames.jsonl; more of them go on where the one before
    ends. The run's profile, defects and verdicts are not read. Exit status 0 if something
    explains the record, 1 if nothing does, 2 if it cannot be used.
    """
    from gbcs_hil.diagnosis import command

    sys.exit(0 if command.run(logs, device_type, pairs, seed, out) else _FAILED)
