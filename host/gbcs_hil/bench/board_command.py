"""`gbcs-hil board`: what a person does with one board of a rig."""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gbcs_hil.bench.rig import RigBoard


def _report(line: str) -> None:
    click.echo(line, err=True)


def _entry(name: str | None, rig_name: str) -> "RigBoard":
    from gbcs_hil.bench import rig

    return rig.load(rig.find(rig_name)).board(name)


def _on_board(verb: Callable[..., None]) -> click.Command:
    """Make a command of a function of a rig's board."""

    @click.argument("name", required=False)
    @click.option(
        "--rig",
        "rig_name",
        envvar="GBCS_HIL_RIG",
        required=True,
        metavar="FILE",
        help="The rig file (GBCS_HIL_RIG).",
    )
    @wraps(verb)
    def command(name: str | None, rig_name: str, **options: Any) -> None:
        verb(_entry(name, rig_name), **options)

    return click.command(verb.__name__)(command)


@click.group()
def board() -> None:
    """Work with one board of a rig: deploy to it, ask it, restart it.

    NAME is the board's in the rig file; it may be left out if there is only one.
    """


@_on_board
def deploy(entry: "RigBoard") -> None:
    """Bring the board's firmware to what this package has.

    Only what changed is written; it is read back and compared before the firmware may start.
    """
    from gbcs_hil.bench import plugged
    from gbcs_hil.bench.deployment import deploy as put

    purpose = "gbcs-hil board deploy"
    with plugged.reserve(entry, purpose, report=_report, bare=True) as reserved:
        done = put(reserved, _report)
        if done.manufactured:
            click.echo(f"{entry.name}: now a virgin device")
        click.echo(
            f"{entry.name}: {done.files} files, {len(done.written)} written, "
            f"{len(done.removed)} removed"
        )


@_on_board
def hello(entry: "RigBoard") -> None:
    """Print what the board says of itself."""
    with _plugged(entry, "hello") as used:
        _show(used.hello)


@_on_board
def state(entry: "RigBoard") -> None:
    """Print what stands in the device's store: cells, counters, pending commands."""
    import msgspec

    with _plugged(entry, "state") as used:
        _show(msgspec.to_builtins(used.board.state(), builtin_types=(bytes,)))


@click.option("--seconds", default=10.0, show_default=True, help="How long to listen.")
def log(entry: "RigBoard", seconds: float) -> None:
    """Print what the board writes to its log, as it comes."""
    with _plugged(entry, "log") as used:
        for line in used.log:
            click.echo(line.text)
        used.line.log = lambda line: click.echo(line.text)
        used.line.listen(seconds)


@_on_board
def reset(entry: "RigBoard") -> None:
    """Restart the board, and see it come back."""
    with _plugged(entry, "reset") as used:
        used.board.reset()
        click.echo(f"{entry.name}: restarted, reset cause {used.board.hello()['reset_cause']}")


@_on_board
def cut(entry: "RigBoard") -> None:
    """Cut the board's power and restore it; each proved by the board's new boot."""
    with _plugged(entry, "cut") as used:
        boot = used.power.cycle()
        click.echo(f"{entry.name}: off for {boot.off:.1f} s, then a new boot by power-on")
    _tell_if_forgotten(entry)


@click.confirmation_option(prompt="The device loses its keys, cells and counters. Go on?")
def erase(entry: "RigBoard") -> None:
    """Make the device virgin again; its epoch goes up."""
    with _plugged(entry, "erase") as used:
        click.echo(f"{entry.name}: virgin, epoch {used.board.erase()}")
    _tell_if_forgotten(entry)


for _command in (deploy, hello, state, _on_board(log), reset, cut, _on_board(erase)):
    board.add_command(_command)


def _plugged(entry: "RigBoard", verb: str) -> Any:
    from gbcs_hil.bench import plugged

    return plugged.plug_in(entry, f"gbcs-hil board {verb}", report=_report)


def _tell_if_forgotten(entry: "RigBoard") -> None:
    """Say that an emulated board remembers nothing of this, if that is so."""
    if entry.emulated and entry.flash is None:
        _report(
            f"{entry.name}: an emulated board without a flash in {entry.source}: it was made "
            "for this command and is gone; the next one starts with a new chip"
        )


def _show(content: Any) -> None:
    import msgspec

    plain = msgspec.json.encode(content, enc_hook=str)
    text = msgspec.json.format(plain, indent=2).decode()
    click.echo(text)


@click.group()
def rig() -> None:
    """Check a rig file and its boards; find boards to put into one."""


@rig.command("list")
def list_boards() -> None:
    """Show the boards on USB, with the lines for a rig file."""
    from gbcs_hil.bench import ports

    found = ports.usb_devices()
    if not found:
        click.echo("no serial port on USB; emulated boards need none (hil_rigs/emulated.toml)")
    for number, device in enumerate(found):
        port = f"usb:{device.serial_number}" if device.serial_number else _by_path(device.device)
        click.echo(f"# {device.device}: {device.description}")
        click.echo(f'[boards.board-{number}]\nrole = "gpf"\nport = "{port}"\n')


def _by_path(device: str) -> str:
    """Return the lasting name of a port that has no serial number."""
    for folder in ("/dev/serial/by-id", "/dev/serial/by-path"):
        for link in sorted(Path(folder).glob("*")) if Path(folder).is_dir() else ():
            if link.resolve() == Path(device).resolve():
                return str(link)
    return device


@rig.command()
@click.argument("name", required=False)
def example(name: str | None) -> None:
    """Print a rig file to fill in: `gbcs-hil rig example pico > hil_rigs/pico.toml`.

    Without NAME, say which there are.
    """
    from gbcs_hil.bench.rig_examples import examples
    from gbcs_hil.errors import BadInput

    there = examples()
    if name is None:
        for stem, path in there.items():
            click.echo(f"{stem:16}{path.read_text().splitlines()[0].removeprefix('# ')}")
    elif name in there:
        click.echo(there[name].read_text(), nl=False)
    else:
        raise BadInput(f"no example {name!r}; there are {', '.join(there)}")


@rig.command()
@click.argument("file")
@click.option("--board", "only", metavar="NAME", help="Only this board.")
@click.option("--power", is_flag=True, help="Cut each board's power, and prove it.")
def check(file: str, only: str | None, power: bool) -> None:
    """See that each board of a rig is there, is the right one and answers.

    Exit status 0 if all are well, 1 if one is not, 2 if the file cannot be used.
    """
    from gbcs_hil.bench import rig as rigs
    from gbcs_hil.bench.rig_check import check_board

    loaded = rigs.load(rigs.find(file))
    chosen = [loaded.board(only)] if only else list(loaded.boards.values())
    well = [check_board(entry, power, click.echo) for entry in chosen]
    sys.exit(0 if all(well) else 1)
