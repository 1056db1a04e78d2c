"""The command line: thin commands whose work is done elsewhere.

What a command needs is imported when it runs, so that `--help` is there at once.
"""

import os
import signal
import sys
from typing import TYPE_CHECKING

import click

import gbcs_hil
from gbcs_hil.answer.command import answer
from gbcs_hil.bench.board_command import board
from gbcs_hil.bench.defects_command import list_defects
from gbcs_hil.bench.rig_command import rig
from gbcs_hil.benchmarks.crypto_command import crypto
from gbcs_hil.benchmarks.handover_command import handover
from gbcs_hil.benchmarks.link_command import link
from gbcs_hil.benchmarks.startup_command import startup
from gbcs_hil.dcc.audit_command import audit
from gbcs_hil.dcc.estate_command import estate
from gbcs_hil.dcc.smets1.command import anchor_slots
from gbcs_hil.diagnosis.diagnose_command import diagnose
from gbcs_hil.ending import SIGNALLED
from gbcs_hil.errors import HilError
from gbcs_hil.evidence.command import evidence, report
from gbcs_hil.matrix.command import matrix
from gbcs_hil.powercut.command import powercut
from gbcs_hil.recovery.command import recover
from gbcs_hil.replay.replay_command import replay
from gbcs_hil.rtds.command import rtds
from gbcs_hil.scenarios.command import demo, run_scenario
from gbcs_hil.wear.command import store

if TYPE_CHECKING:
    from gbcs_hil.gbcs.node import Node

FAILED = 1
UNUSABLE = 2


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
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "gbcs-hil"
            told = " ".join(error.format_message().split()).rstrip(".")
            click.echo(f"{path}: {told}; see {path} --help", err=True)
            ctx.exit(UNUSABLE)
        except KeyboardInterrupt:
            click.echo("gbcs-hil: interrupted", err=True)
            ctx.exit(SIGNALLED + signal.SIGINT)
        except BrokenPipeError:
            _forget_output()
            ctx.exit(SIGNALLED + signal.SIGPIPE)
        except OSError as error:
            _forget_output()
            place = f" ({error.filename})" if error.filename else ""
            click.echo(f"gbcs-hil: {error.strerror or error}{place}", err=True)
            ctx.exit(UNUSABLE)


def _end(number: int, _frame: object) -> None:
    """End in order when asked to: what was started is stopped, what was made is removed."""
    raise SystemExit(SIGNALLED + number)


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
@click.argument("message", metavar="FILE|HEX|-")
@click.option("--json", "as_json", is_flag=True, help="Print the tree as JSON.")
def decode(message: str, as_json: bool) -> None:
    """Explain a GBCS message: what it is, from whom, with which counter, field by field.

    Takes a file of hexadecimal text or octets, the hexadecimal text itself, or - for
    standard input. A Service Request in DUIS XML is explained too.
    """
    from gbcs_hil.gbcs import decoding

    decoding.run(message, as_json, _explain_duis)


def _explain_duis(document: bytes) -> "Node":
    from gbcs_hil.dcc.duis import explained  # lxml is needed for XML alone.

    return explained.explain(document)


@main.group()
def bench() -> None:
    """Measure what a device costs."""


for _command in (crypto, handover, link, startup, store):
    bench.add_command(_command)
for _command in (
    demo,
    run_scenario,
    matrix,
    answer,
    list_defects,
    diagnose,
    recover,
    replay,
    report,
    evidence,
    audit,
    estate,
    anchor_slots,
    powercut,
    board,
    rig,
    rtds,
):
    main.add_command(_command)
