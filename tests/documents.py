"""Run what the documentation shows, and compare.

    python tests/documents.py docs/tutorial.md ...     writes what comes out now into the pages

A page is run from its top to its end in a folder of its own, which has `./run` and `hil_rigs`
as a checkout has. Of its code blocks

- `console` holds commands behind `$ ` and what they print. A command without output must
  succeed; where there is output, it must be that, with "…" for what is left out: within a line,
  or for any number of lines where it stands alone. Times and chance are not compared.
- `python` is executed, `pycon` is a doctest; a page has one namespace.
- all others are not run.

A comment above a block says more of it: `<!-- file: NAME -->` (it is written to that file and
not executed), `<!-- exit: 1 -->` (the last command's status), `<!-- not run: why -->` (its
commands must still be such that gbcs-hil takes their words).
"""

import difflib
import doctest
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
from markdown_it import MarkdownIt

from gbcs_hil.cli import main

REPO = Path(__file__).resolve().parent.parent
PAGES = (REPO / "README.md", REPO / "CONTRIBUTING.md", *sorted((REPO / "docs").glob("*.md")))
RUN, NOT_RUN, FILE, EXIT = ("run", "not run", "file", "exit")

_DIRECTIVE = re.compile(r"<!-- (not run|file|exit): (.+?) -->")
_CHANGING = (
    (re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}"), "TIME-CHANCE"),
    (re.compile(r"\b(MicroPython|CPython) \d+(\.\d+)+"), "INTERPRETER"),
    (re.compile(r"\d+(\.\d+)? m?s\b"), "DURATION"),
    (re.compile(r"\bin \d+\.\d+s\b"), "DURATION"),
    (re.compile(r"^No MicroPython, so .*\n", re.MULTILINE), ""),
)
_OWN = {"./run", "gbcs-hil"}
_OF_RUN_ALONE = {"test", "check", "docs"}
_DEADLINE = 120


@dataclass(frozen=True)
class Block:
    """A code block of a page.

    Attributes:
        path, line: where it begins.
        language: the first word behind the fence.
        text: what stands in it.
        told: what the comments above it say.
    """

    path: Path
    line: int
    language: str
    text: str
    told: dict[str, str]

    @property
    def place(self) -> str:
        """Where it begins, for messages."""
        return f"{self.path.relative_to(REPO)}:{self.line}"


@dataclass
class Command:
    """A command of a `console` block, and what it is said to print."""

    line: str
    expected: list[str] = field(default_factory=list)


def blocks(path: Path) -> list[Block]:
    """Return the code blocks of a page, in order."""
    found: list[Block] = []
    told: dict[str, str] = {}
    for token in MarkdownIt().parse(path.read_text(encoding="utf-8")):
        if token.type == "html_block":
            told |= dict(_DIRECTIVE.findall(token.content))
        elif token.type == "fence":
            language = (token.info.split() or [""])[0]
            line = (token.map or [0])[0] + 1
            found.append(Block(path, line, language, token.content, told))
            told = {}
    return found


def commands(block: Block) -> list[Command]:
    """Return the commands of a `console` block."""
    found: list[Command] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(Command(line.removeprefix("$ ")))
        elif found:
            found[-1].expected.append(line.rstrip())
        else:
            raise ValueError(f"{block.place}: output before the first command")
    return found


def check_words(line: str) -> None:
    """Raise what gbcs-hil would say of a command's words, if it does not take them.

    Raises:
        click.ClickException: it does not.
    """
    for part in re.split(r"[|;]|&&", line):
        words = shlex.split(part.partition("<")[0], comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        if not words or words[0] not in _OWN or set(words[1:2]) & _OF_RUN_ALONE:
            continue
        command: click.Command = main
        context = click.Context(main)
        rest = words[1:]
        while isinstance(command, click.Group) and rest and rest[0] != "--help":
            _, found, rest = command.resolve_command(context, rest)
            assert found is not None
            command = found
        if "--help" not in rest:
            command.make_context(command.name, list(rest))


class Page:
    """One page being run.

    Args:
        path: the page.
        folder: where its commands run; must be empty.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.outputs: dict[tuple[int, int], str] = {}
        self._folder = folder
        self._names: dict[str, object] = {"__name__": "page"}
        shutil.copytree(REPO / "hil_rigs", folder / "hil_rigs")
        run = folder / "run"
        run.write_text('#!/bin/sh\nexec gbcs-hil "$@"\n')
        run.chmod(0o755)
        programs = Path(sys.executable).parent
        self._environment = {
            **{key: value for key, value in os.environ.items() if key != "GBCS_HIL_RIG"},
            "PATH": os.pathsep.join((str(programs), os.environ["PATH"])),
            "GBCS_HIL_LEASES": str(folder / ".leases"),
            "COLUMNS": "80",
        }

    def run(self) -> Iterator[str]:
        """Run every block in order; yield what is not as the page says."""
        for block in blocks(self.path):
            yield from self._run(block)

    def _run(self, block: Block) -> Iterator[str]:
        if name := block.told.get(FILE):
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            yield from self._run_console(block)
        elif NOT_RUN not in block.told and block.language == "python":
            exec(compile(block.text, block.place, "exec"), self._names)
        elif NOT_RUN not in block.told and block.language == "pycon":
            yield from self._run_doctest(block)

    def _run_console(self, block: Block) -> Iterator[str]:
        told = commands(block)
        for number, command in enumerate(told):
            if NOT_RUN in block.told:
                try:
                    check_words(command.line)
                except click.ClickException as error:
                    yield f"{block.place}: {command.line}: {error.format_message()}"
                continue
            status, output = self._execute(command.line)
            self.outputs[block.line, number] = output
            wanted = int(block.told.get(EXIT, 0)) if number == len(told) - 1 else 0
            if status != wanted:
                yield f"{block.place}: {command.line}: exit status {status}\n{output}"
            elif command.expected and not matches(command.expected, output):
                lines = [line.rstrip() for line in output.splitlines()]
                diff = difflib.unified_diff(command.expected, lines, "page", "now", lineterm="")
                yield f"{block.place}: {command.line}\n" + "\n".join(diff)

    def _execute(self, line: str) -> tuple[int, str]:
        process = subprocess.Popen(
            ["bash", "-c", line],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=_DEADLINE)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, output

    def _run_doctest(self, block: Block) -> Iterator[str]:
        parsed = doctest.DocTestParser().get_doctest(
            block.text, self._names, block.place, str(block.path), block.line
        )
        parsed.globs = self._names
        said: list[str] = []
        options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        doctest.DocTestRunner(optionflags=options).run(parsed, out=said.append, clear_globs=False)
        if said:
            yield "".join(said)


def matches(expected: list[str], output: str) -> bool:
    """Tell whether an output is the expected one, but for what "…" leaves out."""
    parts = []
    for line in plainly("\n".join(expected)).strip("\n").split("\n"):
        if line.strip() == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*".join(re.escape(part) for part in line.split("…")) + r"\n")
    got = "".join(f"{line.rstrip()}\n" for line in plainly(output).strip("\n").split("\n"))
    return re.fullmatch("".join(parts), got) is not None


def plainly(text: str) -> str:
    """Return a text without what is another at each run."""
    for pattern, name in _CHANGING:
        text = pattern.sub(name, text)
    return text


def renew(path: Path, folder: Path) -> None:
    """Write what the commands of a page print now in place of what differs."""
    page = Page(path, folder)
    for trouble in page.run():
        sys.stdout.write(trouble + "\n")
    lines = path.read_text(encoding="utf-8").splitlines()
    for block in reversed(blocks(path)):
        if block.language != "console" or FILE in block.told:
            continue
        new: list[str] = []
        for number, command in enumerate(commands(block)):
            new.append(f"$ {command.line}")
            output = page.outputs.get((block.line, number), "")
            if not command.expected or matches(command.expected, output):
                new += command.expected
            else:
                new += [line.rstrip() for line in output.strip("\n").splitlines()]
        lines[block.line : block.line + len(block.text.splitlines())] = new
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    import tempfile

    for argument in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as scratch:
            renew(Path(argument).resolve(), Path(scratch))
