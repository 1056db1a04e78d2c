"""`gbcs-hil diagnose`: what it prints, and the commands that it leaves ready to send."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from gbcs_hil.bench import defects
from gbcs_hil.diagnosis.candidates import candidates
from gbcs_hil.diagnosis.commands import Commands
from gbcs_hil.diagnosis.experiments import Proposal, proposals
from gbcs_hil.diagnosis.explanation import Explanation, explain_record
from gbcs_hil.diagnosis.record import Record, lines_of, of_frames
from gbcs_hil.diagnosis.simulator import Simulator
from gbcs_hil.errors import BadInput
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import EVERYBODY, Pki

_SHOWN = 3


class _Run(msgspec.Struct):
    """All that is read of `run.json`: what else it says would give the answer away."""

    seed: str = ""


def run(
    logs: Sequence[Path], device_type: str | None, pairs: bool, seed: str | None, out: Path | None
) -> bool:
    """Diagnose a record and print what came of it; whether anything explains it.

    Args:
        logs: evidence folders or files of frames, each going on where the one before ends.
        device_type: the device's, checked against the record; None to believe the record.
        pairs: whether to think of two deviations at once.
        seed: what the parties' test keys are made of; None for what the run says.
        out: where the messages of the best proposal go, if anywhere.

    Raises:
        BadInput: the record cannot be used; says why.
    """
    record = _record(logs, device_type)
    console = Console(highlight=False)
    with Simulator() as simulator:
        thought_of = candidates(tuple(defects.catalogue()), pairs=pairs)
        found = explain_record(record, thought_of, simulator)
        remaining = [each for each in found if each.holds]
        _show(console, record, found)
        if len(remaining) > 1:
            commands = _commands(record, seed or _seed(logs[0]))
            if commands is None:
                console.print("\nGive --seed, and the commands that tell them apart are built.")
            else:
                best = proposals(record, remaining, commands, simulator)
                _propose(console, best, out)
    return bool(remaining)


def _record(logs: Sequence[Path], device_type: str | None) -> Record:
    lines = [line for log in logs for line in lines_of(log)]
    records = of_frames(lines)
    if not records:
        raise BadInput(f"{logs[0]}: nothing happened there")
    record = records[-1]
    if device_type not in (None, record.start.type):
        raise BadInput(f"{logs[0]}: the record is of {record.start.type}, not of {device_type}")
    return record


def _seed(log: Path) -> str:
    path = log / "run.json"
    return msgspec.json.decode(path.read_bytes(), type=_Run).seed if path.is_file() else ""


def _commands(record: Record, seed: str) -> Commands | None:
    if not seed or not record.start.shared_secrets:
        return None
    return Commands(record, Pki.issue(Authority.create(seed=seed.encode()), EVERYBODY))


def _show(console: Console, record: Record, found: Sequence[Explanation]) -> None:
    count = len(record.events)
    console.print(f"{record.start.device}: {count} events held against {len(found)} devices.\n")
    known = defects.catalogue()
    holding = [each for each in found if each.holds]
    console.print("Explain everything:" if holding else "Nothing explains everything.")
    for each in holding:
        summaries = [known[name].summary for name in each.candidate.defects]
        console.print(f"  {each.candidate!s:10} {' '.join(summaries)}", style="bold")
    console.print("\nRuled out, by the first thing that they would do otherwise:")
    for each in found:
        if not each.holds:
            console.print(f"  {each.candidate!s:10} {each.against}")


def _propose(console: Console, best: Sequence[Proposal], out: Path | None) -> None:
    if not best:
        console.print("\nNothing that can be done from outside tells these apart.")
        return
    console.print("\nTo tell them apart, best first:")
    for number, proposal in enumerate(best[:_SHOWN], 1):
        note = "; may leave a counter out of reach" if proposal.experiment.lasting else ""
        gain = f"{proposal.bits:.2f} bits expected{note}"
        console.print(f"{number}. {proposal.experiment.what} ({gain})")
        for members in proposal.classes:
            console.print(f"     one outcome: {', '.join(map(str, members))}")
    if out is not None:
        _write(out, best[0])
        console.print(f"\nThe messages of 1 are in {out}.")


def _write(out: Path, proposal: Proposal) -> None:
    """Leave the messages of a proposal, and beside them what else is to be done, in order."""
    out.mkdir(parents=True, exist_ok=True)
    steps = [proposal.experiment.what]
    for number, act in enumerate(proposal.experiment.acts, 1):
        name = f"{number:02d}-{act.kind}.hex" if act.is_command else ""
        if name:
            (out / name).write_text(act.octets.hex().upper() + "\n", encoding="utf-8")
        steps.append(f"{number}. {act.kind} {name or act.now}".rstrip())
    (out / "experiment.txt").write_text("\n".join(steps) + "\n", encoding="utf-8")
