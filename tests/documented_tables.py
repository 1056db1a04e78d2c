"""The tables in docs/ that are made of the code; writes them into the pages.

    python tests/documented_tables.py

A table stands between the comments `<!-- table: NAME -->` and `<!-- end of table -->`.
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from gbcs_device import profile
from gbcs_hil.bench import defects
from gbcs_hil.dcc import policy, response_codes
from gbcs_hil.dcc.policy_switches import fault_description, switches
from gbcs_hil.dcc.response_codes import ResponseCode
from gbcs_hil.dcc.services import SERVICES
from gbcs_hil.scenarios import verdicts
from gbcs_hil.scenarios.catalogue import SCENARIOS
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.verdicts import Verdict

DOCS = Path(__file__).resolve().parent.parent / "docs"
_TABLE = re.compile(
    r"(?P<begin><!-- table: (?P<name>\S+) -->\n).*?(?P<end>^<!-- end of table -->)",
    re.DOTALL | re.MULTILINE,
)


def pages() -> list[Path]:
    """Return the pages that hold such tables."""
    return [path for path in sorted(DOCS.glob("*.md")) if _TABLE.search(path.read_text())]


def renewed(text: str) -> str:
    """Return a page's text with its tables as the code has them now."""
    return _TABLE.sub(lambda found: found["begin"] + TABLES[found["name"]]() + found["end"], text)


def _table(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [list(headings)]
    lines += [["---"] * len(lines[0])]
    lines += [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _scenarios() -> str:
    revealing = defects.catalogue().values()
    return _table(
        ("Name", "What it is about", "Devices", "Reveals"),
        (
            (
                name,
                scenario.title,
                ", ".join(kind.upper() for kind in scenario.expectations),
                ", ".join(defect.name for defect in revealing if name in defect.revealed_by),
            )
            for name, scenario in SCENARIOS.items()
        ),
    )


def _settings() -> str:
    """Make rows of the comments that stand above each setting, the one place that tells why."""
    reasons: list[str] = []
    rows = []
    of_settings = inspect.getsource(profile).partition("SETTINGS = {\n")[2].partition("\n}")[0]
    for line in of_settings.splitlines():
        if comment := re.fullmatch(r" {4}# (.*)", line):
            reasons.append(comment[1])
        elif named := re.match(r' {4}"([^"]+)":', line):
            values = ", ".join(f"`{value}`" for value in profile.choices(named[1]))
            rows.append((f"`{named[1]}`", values, " ".join(reasons)))
            reasons = []
    return _table(("Setting", "Values", "What it decides, and where the default comes from"), rows)


def _defects() -> str:
    return _table(
        ("", "What it does", "How it shows", "Revealed by"),
        (
            (found.name, found.summary, found.shows, ", ".join(found.revealed_by))
            for found in defects.catalogue().values()
        ),
    )


def _policy() -> str:
    defaults = msgspec.to_builtins(policy.Policy(), order="deterministic")
    return _table(
        ("Switch and its default", "Modification", "What it does", "Where that is known from"),
        (
            (
                f"`{switch.name} = {_toml(defaults[switch.name])}`",
                "" if switch.modification == "none" else switch.modification,
                switch.description,
                switch.source,
            )
            for switch in switches()
        ),
    )


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _faults() -> str:
    return _table(
        ("", "What it does"), ((fault, fault_description(fault)) for fault in policy.Fault)
    )


def _services() -> str:
    return _table(
        ("SRV", "In DUIS", "Sent by", "To", "Critical", "Kept until its date by"),
        (
            (
                service.variant,
                service.element,
                ", ".join(sorted(service.roles)),
                ", ".join(sorted(kind.upper() for kind in service.devices)),
                "yes" if service.critical else "no",
                {"dsp": "the DSP", "device": "the device"}.get(
                    service.future_dating.value, "nobody: it has none"
                ),
            )
            for service in SERVICES.values()
        ),
    )


def codes() -> list[ResponseCode]:
    """Return every response code that the DCC can give, by whose it is."""
    known = [code for code in vars(response_codes).values() if isinstance(code, ResponseCode)]
    known.append(response_codes.s1sp_holder(policy.Policy().s1sp_holder_code))
    return sorted(known, key=lambda code: code.of_the_bench)


def _response_codes() -> str:
    return _table(
        ("Code", "Meaning", "Whose it is"),
        ((f"`{code}`", code.meaning, _whose(code)) for code in codes()),
    )


def _whose(code: ResponseCode) -> str:
    if code.of_the_bench:
        return "the bench's own"
    return "an S1SP's" if code.code.startswith("S1") else "DUIS"


def _verdicts() -> str:
    meanings = {
        Verdict.CONFORMANT: "as expected",
        Verdict.TOLERATED: "other than usual, and no failure: "
        "device assurance lists the counter issue as common (its issues 246 and 252)",
        Verdict.USER_PRACTICE: "device and DCC are right, and what users chose keeps a party from "
        "what it wants; 1 where a scenario of yours lays an unexpected outcome at a user's door",
        Verdict.DCC_DEFECT: "the DCC's systems are wrong, such as in the counter that they use",
        Verdict.DEVICE_DEFECT: "the device is wrong",
    }
    assert verdicts.worst(meanings) is Verdict.DEVICE_DEFECT
    return _table(
        ("Verdict", "Meaning", "Exit status"),
        (
            (
                f"`{verdict}`",
                meanings[verdict],
                "0, 1" if verdict is Verdict.USER_PRACTICE else int(verdict.failed),
            )
            for verdict in Verdict
        ),
    )


def _play() -> str:
    rows = []
    for name, member in inspect.getmembers(Play):
        if name.startswith("_") or not (
            inspect.isfunction(member) or isinstance(member, property)
        ):
            continue
        first = " ".join((inspect.getdoc(member) or "").partition("\n\n")[0].split())
        shown = f"`{name}`"
        if inspect.isfunction(member):
            names = [_argument(p) for p in list(inspect.signature(member).parameters.values())[1:]]
            shown = f"`{name}({', '.join(names)})`"
        rows.append((shown, first))
    return _table(("", "What it does"), rows)


def _argument(parameter: inspect.Parameter) -> str:
    if parameter.kind is inspect.Parameter.VAR_KEYWORD:
        return f"**{parameter.name}"
    optional = parameter.default is not inspect.Parameter.empty
    return f"{parameter.name}=…" if optional else parameter.name


def operations() -> list[str]:
    """Return the operations of the device's bench port, as its source names them."""
    source = DOCS.parent / "firmware" / "gbcs_device" / "bench_port.py"
    for node in ast.walk(ast.parse(source.read_text())):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "_OPERATIONS"
        ):
            return [str(name) for name in ast.literal_eval(node.value)]
    raise AssertionError("no operations in bench_port.py")


def refusals() -> set[str]:
    """Return the codes of the errors that a device's firmware answers with."""
    found = {"bad-provisioning", "store-failed", "bad-request", "internal"}
    for path in (DOCS.parent / "firmware" / "gbcs_device").rglob("*.py"):
        found |= set(re.findall(r'Refused\(\s*"([a-z-]+)"', path.read_text()))
    return found


TABLES: Mapping[str, Callable[[], str]] = {
    "defects": _defects,
    "settings": _settings,
    "faults": _faults,
    "play": _play,
    "policy": _policy,
    "response-codes": _response_codes,
    "scenarios": _scenarios,
    "services": _services,
    "verdicts": _verdicts,
}

if __name__ == "__main__":
    for page in pages():
        page.write_text(renewed(page.read_text()))
