"""`gbcs-hil powercut`: its options, and what it prints."""

import os
import sys
from collections.abc import Sequence

import click

_FAILED = 1
_ALL = "all"


@click.command()
@click.argument("scenario", required=False)
@click.option(
    "--target",
    metavar="unix:|cpython:",
    help="Where the device runs, with ?store= if you like. Default: unix:, else cpython:.",
)
@click.option(
    "--rig",
    "rig_name",
    metavar="FILE",
    help="A rig file with a board: an emulated one is swept like a target, a real one is cut "
    "at random delays.",
)
@click.option("--board", "board_name", metavar="NAME", help="Which board of the rig file.")
@click.option(
    "--cuts",
    type=click.IntRange(1),
    help="So many proved cuts at random delays. Default on a real board: 300.",
)
@click.option("--erase", is_flag=True, help="The device that a real board holds may be lost.")
@click.option(
    "--type",
    "device_types",
    multiple=True,
    type=click.Choice(["esme", "gpf", "gsme"]),
    help="Which device. May be repeated. Default: every type that takes the command.",
)
@click.option(
    "--store",
    "stores",
    multiple=True,
    metavar="NAME",
    help="lfs, raw2, nvs; or a deliberately bad one: naive, ram, stock-rp2-boot. "
    "May be repeated. Default: the target's, else lfs.",
)
@click.option(
    "--age",
    type=click.IntRange(0, 99_999),
    help="Commands that the device has accepted before. Default: none, and then as many as it "
    "takes for the next to erase a sector.",
)
@click.option("--sample", type=click.IntRange(1), help="At most so many single cuts of each.")
@click.option(
    "--double",
    type=click.IntRange(0),
    help="At most so many double cuts of each. Default: all, or what ten minutes allow.",
)
@click.option("--reads", type=click.IntRange(0), help="So many failing reads of each (8).")
@click.option("--seed", default="0", show_default=True, help="Chooses what a sample holds.")
@click.option("--jobs", type=click.IntRange(1), help="Devices at a time. Default: one a core.")
@click.option("--replay", metavar="ID", help="Run this one cut again, and nothing else.")
def powercut(
    scenario: str | None,
    target: str | None,
    rig_name: str | None,
    board_name: str | None,
    cuts: int | None,
    erase: bool,
    device_types: tuple[str, ...],
    stores: tuple[str, ...],
    age: int | None,
    sample: int | None,
    double: int | None,
    reads: int | None,
    seed: str,
    jobs: int | None,
    replay: str | None,
) -> None:
    """Cut the power at every flash operation of a command, and check what is left.

    SCENARIO is 6.15.1, 6.21, 6.23, future-dated, 1.6 or all. It is run once to count the
    flash operations, then once for each operation and for nothing, half and all of it applied;
    then with a second cut during the recovery from the first; then with reads that fail while
    the device starts and works. Each time the device is started again and must keep the
    promises of docs/counter-store.md. Each line begins with the id of its cut, for --replay.
    A real board of a rig is cut at random delays instead; only proved cuts count. Exit status
    0 if every promise was kept, 1 if one was broken, 2 if the sweep could not run.
    """
    from gbcs_hil.errors import BadInput
    from gbcs_hil.powercut import session
    from gbcs_hil.powercut.cases import Case
    from gbcs_hil.powercut.sweep import READS, Extent

    if replay is not None:
        if scenario is not None:
            raise BadInput("--replay names the scenario already; leave SCENARIO out")
        sys.exit(0 if session.replay(Case.parse(replay)) else _FAILED)
    if scenario is None:
        raise BadInput(f"which SCENARIO? {', '.join((*session.names(), _ALL))}")
    chosen = _chosen(scenario, session.names())
    if rig_name is not None:
        if target is not None:
            raise BadInput("--rig and --target both say where; give one")
        from gbcs_hil.bench import rig

        entry = rig.load(rig.find(rig_name)).board(board_name)
        if cuts is not None or entry.kind not in ("unix", "cpython"):
            from gbcs_hil.powercut.on_board import cut_at_random
            from gbcs_hil.powercut.random_delays import CUTS

            if stores or sample or double or reads or age is not None:
                raise BadInput("a board is cut at random delays: only --cuts says how often")
            well = cut_at_random(entry, chosen, device_types, cuts or CUTS, seed, erase=erase)
            sys.exit(0 if well else _FAILED)
        target, device_types = entry.port, device_types or (entry.role,)
    elif board_name is not None or cuts is not None or erase:
        raise BadInput("--board, --cuts and --erase are for a board of a rig file; give --rig")
    places = session.places(chosen, target, device_types, stores, age)
    extent = Extent(
        sample, double, READS if reads is None else reads, seed, jobs or os.cpu_count() or 1
    )
    sys.exit(0 if session.run(places, extent) else _FAILED)


def _chosen(scenario: str, known: Sequence[str]) -> Sequence[str]:
    from gbcs_hil.errors import BadInput

    if scenario == _ALL:
        return known
    if scenario not in known:
        raise BadInput(f"no scenario {scenario!r}; there are {', '.join((*known, _ALL))}")
    return (scenario,)
