"""Which requirement is implemented where and tested by what; writes docs/requirements.md.

    python tests/requirements_table.py

The rows are docs/requirements.toml. A module implements what its text names; a test covers
what its marker `requirement` names.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

REPO = Path(__file__).resolve().parent.parent
ROWS = REPO / "docs" / "requirements.toml"
PAGE = REPO / "docs" / "requirements.md"

COUNTS = {"MP128A": 18, "SMDA": 5, "S63": 18, "S107": 39, "M134": 11, "DUIS": 16}
"""How many requirements each source has; they are numbered from 1."""

_TITLES = {
    "MP128A": "MP128A: gas network operators that leave",
    "SMDA": "The counter-reset issue that SMDA investigated",
    "S63": "SECMP0063: the right network operator's certificate",
    "S107": "SECMP0107: network operator certificates of SMETS1 devices",
    "M134": "MP134B: SoLR Contingency",
    "DUIS": "Service Requests, as public sources describe DUIS",
}
_ID = re.compile(r"\b(?:MP128A|SMDA|S63|S107|M134|DUIS)-\d+\b")
_HEAD = """# Requirements

What the Smart Energy Code working groups' papers and the users' interface (DUIS) ask, where it
is implemented, and which tests cover it: or why there is nothing to implement, in a whole
requirement or in a part of one. Made by
`python tests/requirements_table.py` from [requirements.toml](requirements.toml), the modules that
name a requirement, and the tests that are marked with it; CI fails when a requirement has neither
a test nor a reason.
"""


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row.

    Attributes:
        text: what is asked.
        reason: why there is nothing to implement or test, if there is not.
        left_out: which part of it is not there, and why; empty if all of it is.
    """

    text: str
    reason: str = ""
    left_out: str = ""


@dataclass(frozen=True)
class Found:
    """Where ids are named: file names under the repository, by id."""

    modules: dict[str, list[str]]
    tests: dict[str, list[str]]


def requirements() -> dict[str, Requirement]:
    """Return every requirement, in the order of the papers."""
    return msgspec.toml.decode(ROWS.read_bytes(), type=dict[str, Requirement])


def find() -> Found:
    """Look for ids in the package's modules and in the tests' markers."""
    modules: dict[str, list[str]] = {}
    for path in sorted((REPO / "host").rglob("*.py")):
        for identifier in sorted(set(_ID.findall(path.read_text()))):
            modules.setdefault(identifier, []).append(_short(path))
    tests: dict[str, list[str]] = {}
    for path in sorted((REPO / "tests").rglob("test_*.py")):
        for identifier in sorted(_marked(path)):
            tests.setdefault(identifier, []).append(_short(path))
    return Found(modules, tests)


def page() -> str:
    """Return the text of docs/requirements.md."""
    found = find()
    parts = [_HEAD]
    for family, title in _TITLES.items():
        parts.append(f"## {title}\n\n| Id | What | Modules | Tests |\n|---|---|---|---|")
        for identifier, row in requirements().items():
            if identifier.partition("-")[0] == family:
                parts.append(_line(identifier, row, found))
        parts.append("")
    return "\n".join(parts)


def _line(identifier: str, row: Requirement, found: Found) -> str:
    text = row.text.replace("|", "\\|")
    if row.reason:
        return f"| {identifier} | {text} | {row.reason} | |"
    if row.left_out:
        text += f" **Left out:** {row.left_out}"
    modules, tests = (", ".join(n.get(identifier, ())) for n in (found.modules, found.tests))
    return f"| {identifier} | {text} | {modules} | {tests} |"


def _marked(path: Path) -> set[str]:
    """Return the ids in a file's calls of `pytest.mark.requirement`."""
    return {
        argument.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "requirement"
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def _short(path: Path) -> str:
    relative = path.relative_to(REPO)
    if relative.parts[0] == "host":
        relative = relative.relative_to("host/gbcs_hil")
    return f"`{relative}`"


if __name__ == "__main__":
    PAGE.write_text(page())
