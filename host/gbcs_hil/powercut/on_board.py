"""`gbcs-hil powercut --rig`: cuts of a board's power at random delays, and what is shown."""

from collections.abc import Sequence

import click

from gbcs_hil.bench import plugged
from gbcs_hil.bench.rig import RigBoard
from gbcs_hil.errors import BadInput, HilError, PowerNotCut
from gbcs_hil.powercut import random_delays
from gbcs_hil.powercut.random_delays import RandomCut, RandomSweep
from gbcs_hil.powercut.scenarios import SCENARIOS
from gbcs_hil.powercut.session import progress_bar, say


def cut_at_random(
    entry: RigBoard,
    scenarios: Sequence[str],
    device_types: Sequence[str],
    cuts: int,
    seed: str,
    *,
    erase: bool,
) -> bool:
    """Cut a board's power so many times; print each cut, and return whether all was well.

    Args:
        entry: the board; it needs power that can be cut.
        scenarios: what the device does meanwhile; those that its type does not take are left out.
        device_types: the type that it plays, if not the rig file's.
        cuts: how many are to be proved.
        seed: chooses the delays.
        erase: whether a device that the board holds already may be lost.

    Raises:
        BadInput: the device may not be erased, or takes none of the scenarios.
        PowerNotCut: this bench does not cut the board's power.
        HilError: the board does not answer or does not work.
    """
    if len(device_types) > 1:
        raise BadInput(f"board {entry.name} plays one device at a time: give one --type")
    device_type = device_types[0] if device_types else entry.role
    fitting = [name for name in scenarios if device_type in SCENARIOS[name].device_types]
    if not fitting:
        raise BadInput(f"no device of type {device_type} takes that command")
    with plugged.plug_in(entry, "gbcs-hil powercut", report=_report) as used:
        condition = used.hello["condition"]
        if condition != "virgin" and not (erase or entry.emulated):
            raise BadInput(
                f"board {entry.place} holds a device ({condition}), which would be erased; "
                "add --erase if it may"
            )
        power = used.power
        click.echo(
            f"{entry.place}: {device_type}, store {used.hello['store']}, {', '.join(fitting)}; "
            f"power by {power.supply.description}"
        )
        with progress_bar() as bar:
            task = bar.add_task(entry.name, total=cuts)
            seen: list[RandomCut | PowerNotCut] = []

            def on_cut(cut: RandomCut | PowerNotCut) -> None:
                seen.append(cut)
                if isinstance(cut, RandomCut):
                    bar.advance(task)
                say(bar, _line(cut))

            try:
                found = random_delays.sweep(
                    used.board, power, device_type, fitting, cuts, seed, on_cut
                )
            except (HilError, KeyboardInterrupt, SystemExit):
                # What was proved until then stays proved.
                say(bar, f"ended early: {_so_far(seen, seed)}")
                raise
    click.echo(str(found))
    return not found.failed


def _so_far(seen: Sequence[RandomCut | PowerNotCut], seed: str) -> RandomSweep:
    proved = tuple(cut for cut in seen if isinstance(cut, RandomCut))
    return RandomSweep(proved, len(seen) - len(proved), seed)


def _line(cut: RandomCut | PowerNotCut) -> str:
    if isinstance(cut, PowerNotCut):
        return f"void {cut}"
    violations = cut.verdict.violations
    mark = "FAIL" if violations else "ok  "
    seen = "; ".join(f"{found.invariant}: {found.detail}" for found in violations)
    done = cut.verdict.left
    left = "nothing done" if not done else f"{done} step{'s'[done < 2 :]} done"
    return f"{mark} {cut.scenario} cut after {cut.delay:.3f} s  {seen or left}"


def _report(line: str) -> None:
    click.echo(line, err=True)
