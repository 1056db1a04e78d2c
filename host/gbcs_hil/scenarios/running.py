"""Run scenarios on an emulated board: a table for people, an evidence folder for the record."""

import secrets
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from gbcs_hil.bench import micropython
from gbcs_hil.bench.rig import RigBoard
from gbcs_hil.errors import BadInput, ToolMissing
from gbcs_hil.evidence.run_folder import RunFolder, firmware_hash, new_folder
from gbcs_hil.scenarios import stage, step_table
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Scenario
from gbcs_hil.scenarios.step import Step
from gbcs_hil.scenarios.verdicts import Verdict, worst
from gbcs_hil.scratch import scratch_folder
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import EVERYBODY, Pki

_PIPE_WIDTH = 120


def run(
    scenarios: Sequence[Scenario],
    conditions: Conditions,
    command: Sequence[str],
    name: str,
    *,
    target: str | None = None,
    board: RigBoard | None = None,
    folder: Path | None = None,
    seed: str | None = None,
) -> Verdict:
    """Run scenarios and return the worst verdict.

    Args:
        scenarios: those that the device type cannot play are left out.
        conditions: what the device and the DCC are like.
        command: what the user asked for, word by word, without target, folder and seed.
        name: of a new evidence folder, behind the time.
        target: "unix:" or "cpython:", or None for MicroPython if it can be had.
        board: a board of a rig, in place of a target; its device is erased.
        folder: where the evidence goes, or None for a new folder in `evidence/`.
        seed: what the parties' keys are made of, or None for chance.

    Raises:
        HilError: the bench cannot run; says why.
    """
    kind = conditions.device_type
    playable = _playable(scenarios, kind, board)
    console = Console(stderr=True)
    # A pipe has no width of its own: lines as long as the table needs.
    output = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False)
    folder = folder or new_folder(name)
    seed = seed or secrets.token_hex(8)
    with ExitStack() as stack:
        progress = stack.enter_context(_progress(console))
        if board is None:
            target = target or _best_target(console)
        on = [] if target is None else ["--target", target]
        again = shlex.join([*command, *on, "--seed", seed])
        evidence = stack.enter_context(RunFolder(folder, again))
        evidence.describe(
            target=target if board is None else board.port,
            rig="" if board is None else f"{board.source}, board {board.name}",
            seed=seed,
            firmware_sha256=firmware_hash(micropython.firmware_path()),
        )
        pki = Pki.issue(Authority.create(seed=seed.encode()), EVERYBODY)
        bench = stack.enter_context(_bench(target, board, pki, folder, evidence, console))
        hello = bench.board.hello()
        evidence.describe(hello=hello)
        plays = _play(playable, bench, conditions, progress)
        verdict = worst(play.verdict for play in plays)
        evidence.finish(str(verdict))
    step_table.show(output, list(zip(playable, plays, strict=True)))
    steps = sum(len(play.steps) for play in plays)
    told = _CONCLUSIONS[verdict]
    device = f"on {'an' if kind == 'esme' else 'a'} {kind.upper()} ({hello['interpreter']})"
    output.print(
        f"\n{steps} steps {device}, {told}. Evidence: {folder}", highlight=False, soft_wrap=True
    )
    if verdict is Verdict.DEVICE_DEFECT and conditions.settings:
        changed = ", ".join(f"{key}={value}" for key, value in conditions.settings.items())
        output.print(
            "The steps expect what the profiles do. No public text decides the settings: a step "
            f"that is otherwise for {changed} alone shows no defect.",
            highlight=False,
            soft_wrap=True,
        )
    return verdict


def _playable(scenarios: Sequence[Scenario], kind: str, board: RigBoard | None) -> list[Scenario]:
    """Return the scenarios that a device type and a board can play.

    Raises:
        BadInput: there is none; says why.
    """
    playable = [scenario for scenario in scenarios if kind in scenario.expectations]
    if not playable:
        names = ", ".join(scenario.name for scenario in scenarios)
        raise BadInput(f"{names}: not for a device of type {kind}")
    if board is None or board.emulated or board.power is not None:
        return playable
    without = [scenario for scenario in playable if not scenario.cuts_power]
    names = ", ".join(scenario.name for scenario in playable if scenario.cuts_power)
    if not without:
        raise BadInput(
            f"{names}: {board.source} says nothing of what can cut the power of {board.name}; "
            "give the board a power entry"
        )
    if names:
        click.echo(f"Left out, since nothing can cut the board's power: {names}", err=True)
    return without


@contextmanager
def _bench(
    target: str | None,
    board: RigBoard | None,
    pki: Pki,
    folder: Path,
    evidence: RunFolder,
    console: Console,
) -> Iterator[Bench]:
    if board is not None:
        purpose = f"scenarios, evidence in {folder}"

        def report(line: str) -> None:
            console.print(line, style="dim", highlight=False)

        with stage.on_rig(board, pki, folder, evidence, purpose=purpose, report=report) as bench:
            yield bench
        return
    assert target is not None
    with (
        scratch_folder() as scratch,
        stage.emulated(target, pki, scratch, folder, evidence) as bench,
    ):
        yield bench


_CONCLUSIONS = {
    Verdict.CONFORMANT: "every expectation held",
    Verdict.TOLERATED: "tolerated-common: not the default behaviour, and no failure",
    Verdict.USER_PRACTICE: "NOT as expected: user-practice",
    Verdict.DCC_DEFECT: "NOT as expected: dcc-defect",
    Verdict.DEVICE_DEFECT: "NOT as expected: device-defect",
}


def _best_target(console: Console) -> str:
    """Return the kind of target to start; CPython where MicroPython cannot be had."""
    try:
        micropython.find(report=lambda line: console.print(line, style="dim", highlight=False))
    except ToolMissing as missing:
        console.print(f"No MicroPython, so the firmware runs under CPython: {missing}")
        return "cpython:"
    return "unix:"


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _play(
    scenarios: Sequence[Scenario],
    bench: Bench,
    conditions: Conditions,
    progress: Progress,
) -> list[Play]:
    count = sum(len(scenario.expectations[conditions.device_type]) for scenario in scenarios)
    task = progress.add_task("", total=count)

    def on_step(step: Step) -> None:
        progress.advance(task)

    plays = []
    for scenario in scenarios:
        progress.update(task, description=f"{scenario.name}: {scenario.title}")
        plays.append(scenario.play(bench, conditions, on_step))
    return plays
