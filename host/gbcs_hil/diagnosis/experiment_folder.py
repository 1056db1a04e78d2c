"""An experiment as a folder: messages to send, and a form for what the device answers.

experiment.txt     what to do, in words
experiment.json    the same for `diagnose --answer`
01-command.hex     the message of each act that has one, in hexadecimal
answers.txt        to be filled in: a line for each act
"""

from pathlib import Path

import msgspec

from gbcs_hil.diagnosis.commands import FORGED
from gbcs_hil.diagnosis.experiments import Proposal
from gbcs_hil.diagnosis.record import NO_SIGNATURE, Act, Event, Kind
from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import format_eui

_EXPERIMENT = "experiment.json"
_ANSWERS = "answers.txt"
_UNKNOWN = "?"
_SILENCE = "silence"
_FORM = f"""\
# What the device sent after each act, before the next: messages in hexadecimal with blanks
# between them, or "{_SILENCE}". Then: gbcs-hil diagnose LOG... --answer THIS-FOLDER
"""
_MUTE = (Kind.POWER_CUT, Kind.CUT, Kind.RESTART, Kind.HUB_EXCHANGE)


class _Act(msgspec.Struct, omit_defaults=True):
    kind: str
    octets: str = ""
    now: str = ""


class _Experiment(msgspec.Struct):
    what: str
    acts: list[_Act]


def write(folder: Path, proposal: Proposal, unsigned: bool) -> None:
    """Leave a proposed experiment in a folder.

    Args:
        folder: made here; an experiment that is there already is kept.
        proposal: the experiment.
        unsigned: whether its commands have yet to be signed.

    Raises:
        BadInput: the folder holds an experiment already.
    """
    if (folder / _EXPERIMENT).exists():
        raise BadInput(f"{folder} holds an experiment already; name another folder with --out")
    folder.mkdir(parents=True, exist_ok=True)
    experiment = proposal.experiment
    lines, form = [experiment.what, ""], [_FORM.rstrip()]
    for number, act in enumerate(experiment.acts, 1):
        name = ""
        if act.is_command:
            name = f"{number:02d}-command.hex"
            octets = _to_send(act, unsigned)
            (folder / name).write_text(octets.hex().upper() + "\n", encoding="utf-8")
        lines.append(
            f"{number}. {_words(act)} {name or act.now}{_protection(act, unsigned)}".rstrip()
        )
        form.append(f"{number}: {_SILENCE if act.kind in _MUTE else _UNKNOWN}")
    (folder / "experiment.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / _ANSWERS).write_text("\n".join(form) + "\n", encoding="utf-8")
    told = _Experiment(
        experiment.what,
        [_Act(act.kind, act.octets.hex().upper(), act.now) for act in experiment.acts],
    )
    (folder / _EXPERIMENT).write_bytes(msgspec.json.format(msgspec.json.encode(told)) + b"\n")


def _words(act: Act) -> str:
    return Kind.COMMAND if act.kind is Kind.TRUSTED else act.kind


def _to_send(act: Act, unsigned: bool) -> bytes:
    # What was recorded is complete; so is what test keys have signed.
    if not unsigned:
        return act.octets
    message = parse(act.octets)
    if _unprotected(act):
        return message.pre_command.encode()
    # A forgery's MAC is for the ACB to make.
    return message.protected(message.signature, None).encode() if _forged(act) else act.octets


def _unprotected(act: Act) -> bool:
    return act.kind is Kind.TRUSTED or parse(act.octets).signature == NO_SIGNATURE


def _forged(act: Act) -> bool:
    return parse(act.octets).signature == FORGED


def _protection(act: Act, unsigned: bool) -> str:
    """Return who has yet to protect a message."""
    if not unsigned or not act.is_command:
        return ""
    message = parse(act.octets)
    if _unprotected(act):
        if not message.signature:
            return " (for the ACB to MAC)"
        return f" (for {format_eui(message.header.originator)} to sign, and the ACB to MAC)"
    return " (a forgery: leave the signature, have the ACB add its MAC)" if _forged(act) else ""


def answered(folder: Path) -> list[Event]:
    """Return what was done in an experiment, and what came of it.

    Raises:
        BadInput: there is no experiment, or an answer is missing; says which.
    """
    try:
        told = msgspec.json.decode((folder / _EXPERIMENT).read_bytes(), type=_Experiment)
        lines = (folder / _ANSWERS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise BadInput(f"{folder}: no experiment that can be read: {error}") from error
    acts = [Act(Kind(act.kind), bytes.fromhex(act.octets), act.now) for act in told.acts]
    answers = dict(
        _answer(folder / _ANSWERS, n, line) for n, line in enumerate(lines, 1) if _kept(line)
    )
    events = []
    for number, act in enumerate(acts, 1):
        if answers.get(number) is None:
            raise BadInput(
                f"{folder / _ANSWERS}: what did the device send after act {number}? Write the "
                f"messages in hexadecimal, or {_SILENCE}"
            )
        events.append(Event(act, answers[number] or (), f"{folder.name} {number}"))
    return events


def _kept(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _answer(path: Path, line_number: int, line: str) -> tuple[int, tuple[bytes, ...] | None]:
    number, separator, text = line.partition(":")
    if not separator or not number.strip().isdigit():
        raise BadInput(f"{path}, line {line_number}: an answer is written as 'number: answer'")
    if text.strip() == _UNKNOWN:
        return int(number), None
    if text.strip() == _SILENCE:
        return int(number), ()
    try:
        messages = tuple(bytes.fromhex(word) for word in text.split())
        for message in messages:
            parse(message)
    except (ValueError, GbcsError) as error:
        raise BadInput(f"{path}, line {line_number}: no GBCS message: {error}") from error
    return int(number), messages
