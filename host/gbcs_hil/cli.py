"""The command line: thin commands whose work is done elsewhere.

What a command needs is imported when it runs, so that `--help` is there at once.
"""

import os
import signal
import sys
from pathlib import Path

import click

import gbcs_hil
from gbcs_hil.errors import HilError
from gbcs_hil.rtds.command import rtds

FAILED = 1
UNUSABLE = 2
_SIGNALLED = 128
"""What shells add to a signal's number."""


class _Commands(click.Group):
    """A group that turns every deliberate error into one line and the exit status 2."""

    def invoke(self, ctx: click.Context) -> object:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _end)
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except HilError as error:
            click.echo(f"gbcs-hil: {error}", err=True)
            ctx.exit(UNUSABLE)
        except KeyboardInterrupt:
            click.echo("gbcs-hil: interrupted", err=True)
            ctx.exit(_SIGNALLED + signal.SIGINT)
        except BrokenPipeError:
            _forget_output()
            ctx.exit(_SIGNALLED + signal.SIGPIPE)
        except OSError as error:
            _forget_output()
            place = f" ({error.filename})" if error.filename else ""
            click.echo(f"gbcs-hil: {error.strerror or error}{place}", err=True)
            ctx.exit(UNUSABLE)


def _end(number: int, _frame: object) -> None:
    """End in order when asked to: what was started is stopped, what was made is removed."""
    raise SystemExit(_SIGNALLED + number)


def _forget_output() -> None:
    """Let what cannot be written be, or the interpreter would try again as it ends."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - kept to the end.


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(gbcs_hil.__version__, prog_name="gbcs-hil")
def main() -> None:
    """A bench for Great Britain's smart-metering security credentials.

    Test keys only: nothing here may meet a real smart meter.
    """


@main.command()
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
    from gbcs_hil.scenarios import demonstration

    sys.exit(0 if demonstration.run(target, folder, seed, profile) else FAILED)


@main.command()
@click.argument("message", metavar="FILE|HEX|-")
@click.option("--json", "as_json", is_flag=True, help="Print the tree as JSON.")
def decode(message: str, as_json: bool) -> None:
    """Explain a GBCS message: what it is, from whom, with which counter, field by field.

    Takes a file of hexadecimal text or octets, the hexadecimal text itself, or - for
    standard input.
    """
    from gbcs_hil.gbcs import decoding

    decoding.run(message, as_json)


main.add_command(rtds)
