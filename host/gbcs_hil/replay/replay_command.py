"""`gbcs-hil replay`: its options."""

import sys
from pathlib import Path

import click

from gbcs_hil.errors import BadInput

_FAILED = 1
_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("logs", metavar="LOG...", nargs=-1, required=True, type=_PATH)
@click.option("--start", type=_PATH, help="A file that begins with the state to start from.")
@click.option("--profile", default="P-FLOOR", show_default=True, metavar="NAME")
@click.option("--defect", "defects", default="", metavar="D1,D7", help="Known defects.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="What differs.")
def replay(
    logs: tuple[Path, ...],
    start: Path | None,
    profile: str,
    defects: str,
    settings: tuple[str, ...],
) -> None:
    """Feed a device with a recorded exchange and show where it does otherwise.

    LOG is an evidence folder, its frames.jsonl, a folder of messages in hexadecimal, or a
    capture (pcap, pcapng) whose packets carry GBCS messages; more of them go on where the one
    before ends. Exit status 0 if the device does what the record says, 1 if not, 2 if the
    record cannot be used.
    """
    from gbcs_hil.bench import defects as known
    from gbcs_hil.diagnosis.candidates import PROFILES, Candidate
    from gbcs_hil.replay import command

    if profile not in PROFILES:
        raise BadInput(f"no profile {profile}; there are {', '.join(PROFILES)}")
    chosen = dict(_setting(setting) for setting in settings)
    candidate = Candidate(profile, known.named(defects), chosen)
    sys.exit(0 if command.run(logs, start, candidate) else _FAILED)


def _setting(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise BadInput(f"--set {text}: write a setting and its value as key=value")
    return key, value
