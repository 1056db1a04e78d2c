"""The steps of a run as JUnit test cases, which every CI shows."""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

NAME = "junit.xml"


def write(folder: Path, run: Mapping[str, Any]) -> None:
    """Write a run's steps: a test suite for each scenario, a test case for each step."""
    suites = ElementTree.Element("testsuites", name=str(run.get("command", "gbcs-hil")))
    steps: Sequence[Mapping[str, Any]] = run.get("steps", ())
    for scenario in dict.fromkeys(step["scenario"] for step in steps):
        played = [step for step in steps if step["scenario"] == scenario]
        failed = [step for step in played if not step["held"]]
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=scenario,
            tests=str(len(played)),
            failures=str(len(failed)),
            errors="0",
            timestamp=_seconds(played[0]["at"]),
        )
        for step in played:
            _case(suite, scenario, step)
    if run.get("error"):
        suite = ElementTree.SubElement(suites, "testsuite", name="run", tests="1", errors="1")
        case = ElementTree.SubElement(suite, "testcase", name="run", classname="gbcs-hil")
        ElementTree.SubElement(case, "error", message=_printable(run["error"]))
    tree = ElementTree.ElementTree(suites)
    ElementTree.indent(tree)
    tree.write(folder / NAME, encoding="utf-8", xml_declaration=True)


def _case(suite: ElementTree.Element, scenario: str, step: Mapping[str, Any]) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", name=f"{step['step']}: {step['what']}", classname=scenario
    )
    told = f"expected {step['expected']}; seen {step['seen']}"
    if not step["held"]:
        failure = ElementTree.SubElement(case, "failure", message=_printable(told))
        failure.text = _printable(str(step.get("note") or told))
    elif step.get("note"):
        ElementTree.SubElement(case, "system-out").text = _printable(str(step["note"]))


def _printable(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _seconds(at: str) -> str:
    return datetime.datetime.fromisoformat(at).replace(microsecond=0, tzinfo=None).isoformat()
