"""`gbcs-hil board`: what a person does with one board of a rig."""

from collections.abc import Callable
from functools import wraps
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

    Only what changed is written; it is read back and compared before the firmware may start,
    and the firmware is seen to start.
    """
    from gbcs_hil.bench import plugged
    from gbcs_hil.bench.deployment import deploy as put

    purpose = "gbcs-hil board deploy"
    with plugged.reserve(entry, purpose, report=_report, bare=True) as reserved:
        done = put(reserved, _report)
        if done.manufactured:
            click.echo(f"{entry.name}: now a virgin device")
        has = f"{done.files} files" if done.files else "its image has this firmware"
        click.echo(
            f"{entry.name}: {has}, {len(done.written)} written, {len(done.removed)} removed"
        )
        _report(f"{entry.place}: waiting for its firmware")
        with plugged.opened(reserved) as used:
            told = used.hello
            click.echo(
                f"{entry.name}: {told['firmware']} on {told['interpreter']}, {told['condition']}"
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


@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(entry: "RigBoard", yes: bool) -> None:
    """Make the device virgin again; its epoch goes up."""
    if not yes:
        _confirm(f"{entry.name}: the device loses its keys, cells and counters")
    with _plugged(entry, "erase") as used:
        click.echo(f"{entry.name}: virgin, epoch {used.board.erase()}")
    _tell_if_forgotten(entry)


for _command in (deploy, hello, state, _on_board(log), reset, cut, _on_board(erase)):
    board.add_command(_command)


def _confirm(what: str) -> None:
    """Ask a person.

    Raises:
        BadInput: they do not want it, or nobody is there to be asked.
    """
    from gbcs_hil.errors import BadInput

    click.echo(f"{what}. Go on? [y/N] ", nl=False, err=True)
    try:
        answer = input()
    except EOFError:
        click.echo(err=True)
        raise BadInput("nobody is there to be asked; nothing was done. Give --yes") from None
    if answer.strip().lower() not in ("y", "yes"):
        raise BadInput("nothing was done")


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

    text = msgspec.json.format(msgspec.json.encode(_plain(content)), indent=2).decode()
    click.echo(text)


def _plain(value: Any) -> Any:
    """Return the value with octets as hexadecimal, as a rig file and other tools have them."""
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
