"""`gbcs-hil diagnose`: from records to a diagnosis, by way of experiments."""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from gbcs_hil.bench import defects, plugged, rig
from gbcs_hil.diagnosis import candidates, experiment_folder, report
from gbcs_hil.diagnosis.commands import Commands
from gbcs_hil.diagnosis.experiments import Proposal
from gbcs_hil.diagnosis.investigation import MOST_EXPERIMENTS, Investigation
from gbcs_hil.diagnosis.record import Kind, Record
from gbcs_hil.diagnosis.signed_commands import SignedCommands
from gbcs_hil.diagnosis.simulator import Simulator
from gbcs_hil.diagnosis.undertaking import undertake
from gbcs_hil.diagnosis.unsigned_commands import UnsignedCommands
from gbcs_hil.errors import BadInput
from gbcs_hil.replay.sources import records
from gbcs_hil.scenarios.cuts import cuts_of
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import EVERYBODY, Pki

_PIPE_WIDTH = 120


class _Run(msgspec.Struct):
    """All that is read of `run.json`: what else it says would give the answer away."""

    seed: str = ""


@dataclass(frozen=True)
class Asked:
    """What the user asks for.

    Attributes:
        logs: evidence folders or files of frames, each going on where the one before ends.
        start: a file whose first line is the state that the device began from.
        device_type: the device's, checked against the record; None to believe the record.
        pairs: whether to think of two deviations at once.
        against: the candidates to hold the record against; None for all.
        answers: experiments' folders with the device's answers.
        seed: what the parties' test keys are made of; None for what the run says.
        unsigned: whether others sign the commands.
        without: what cannot be done to the device.
        out: where the best proposal goes, if anywhere.
        target: the rig file and the board on which to carry experiments out, if any.
    """

    logs: Sequence[Path]
    start: Path | None = None
    device_type: str | None = None
    pairs: bool = False
    against: str | None = None
    answers: Sequence[Path] = ()
    seed: str | None = None
    unsigned: bool = False
    without: Sequence[str] = ()
    out: Path | None = None
    target: tuple[str, str | None] | None = None


def run(asked: Asked) -> bool:
    """Diagnose and print what came of it; whether anything explains the records.

    Raises:
        BadInput: something cannot be used; says why.
    """
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    console = Console(highlight=False, width=width)
    held = _records(asked)
    for folder in asked.answers:
        held[-1] = held[-1].followed_by(experiment_folder.answered(folder))
    known = tuple(defects.catalogue())
    if asked.against:
        thought_of = candidates.named(asked.against, known)
    else:
        thought_of = candidates.candidates(known, pairs=asked.pairs)
    with Simulator() as simulator:
        with _progress("devices", len(thought_of)) as done:
            found = Investigation.of(held, thought_of, simulator, done)
        report.show(console, found)
        if len(found.remaining) > 1:
            _go_on(console, asked, found, simulator)
        elif asked.out is not None:
            console.print(f"\nNothing is left to tell apart: {asked.out} is not made.")
    return bool(found.remaining)


def _go_on(console: Console, asked: Asked, known: Investigation, simulator: Simulator) -> None:
    """Propose what tells the remaining candidates apart, and do it if there is a board."""
    if asked.target is not None:
        _undertake(console, asked, known, simulator)
        return
    commands = _commands(asked, known.record)
    best = _best(asked, known, commands, simulator)
    report.show_proposals(console, best)
    if best and asked.out is not None:
        experiment_folder.write(asked.out, best[0], commands.unsigned)
        console.print(f"\nThe messages of 1 are in {asked.out}.", soft_wrap=True)


def _undertake(console: Console, asked: Asked, known: Investigation, simulator: Simulator) -> None:
    assert asked.target is not None
    rig_name, name = asked.target
    entry = rig.load(rig.find(rig_name)).board(name)
    told = Console(stderr=True)
    with plugged.plug_in(entry, "gbcs-hil diagnose", report=told.print) as used:
        eui = used.hello["eui"]
        if eui is None or bytes(eui).hex() != known.record.start.eui.lower():
            raise BadInput(f"board {entry.place} does not hold the device of the record")
        cuts = cuts_of(used.power, used.line) if used.supply is not None else None
        without = set(map(Kind, asked.without))
        if cuts is None:
            without |= {Kind.POWER_CUT, Kind.CUT}
        for number in range(1, MOST_EXPERIMENTS + 1):
            commands = _commands(asked, known.record)
            best = _best(asked, known, commands, simulator, without)
            if not best:
                break
            experiment = best[0].experiment
            console.print(f"\nExperiment {number}: {experiment.what}", soft_wrap=True)
            events = undertake(experiment.acts, used.board, cuts, random.SystemRandom().randrange)
            known = known.after(events, simulator)
            console.print("Still explain everything:" if known.remaining else "Nothing does now.")
            report.show_remaining(console, known.remaining)
            if len(known.remaining) < 2:
                return
    report.show_proposals(console, best)


def _best(
    asked: Asked,
    known: Investigation,
    commands: Commands,
    simulator: Simulator,
    without: set[Kind] | None = None,
) -> list[Proposal]:
    cannot = set(map(Kind, asked.without)) if without is None else without
    with _progress("experiments", len(known.remaining)) as done:
        return known.proposals(commands, simulator, without=cannot, done=done)


def _records(asked: Asked) -> list[Record]:
    first = asked.logs[0]
    found = records(asked.logs, asked.start)
    last = found[-1].start
    if asked.device_type not in (None, last.type):
        raise BadInput(f"{first}: the record is of {last.type}, not of {asked.device_type}")
    return found


def _commands(asked: Asked, record: Record) -> Commands:
    seed = asked.seed or _seed(asked.logs[0])
    if asked.unsigned or not seed or not record.start.shared_secrets:
        return UnsignedCommands(record)
    return SignedCommands(record, Pki.issue(Authority.create(seed=seed.encode()), EVERYBODY))


def _seed(log: Path) -> str:
    path = log / "run.json"
    return msgspec.json.decode(path.read_bytes(), type=_Run).seed if path.is_file() else ""


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show how many are done, where somebody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
