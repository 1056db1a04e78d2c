"""The answer as a page in Markdown: a sentence for each device type, then all that was found."""

from collections.abc import Callable, Sequence

from gbcs_hil.answer.cases import (
    ADVICE,
    CELLS,
    CONTROL,
    FLOOR,
    HANDED_OVER,
    HANDOVER,
    JUMP,
    NO_FLOOR,
    NOT_REGISTERED,
    OWN_READ,
    PROFILES,
    RECOVERY,
    SCENARIOS,
    SUPPLIER_READ,
    WAY_OUT,
    Question,
)
from gbcs_hil.answer.findings import (
    ACCEPTED,
    Finding,
    Findings,
    affected,
    cured_by_floor,
    has_cells,
)
from gbcs_hil.evidence import report
from gbcs_hil.scenarios.first_network_operator import MILLISECONDS, SMALL, SUPPLIER_FLOOR
from gbcs_hil.scenarios.recovery import LEFT_AT

Link = Callable[[Findings, Finding], str]
"""Gives the address of a finding's evidence."""

_TITLE = "Does the counter issue affect ESME, GPF and GSME?"

_QUESTION = f"""
When the certificates in a device's cells change, nothing in the SEC has the device reset its
Originator Counters: an incoming network operator does not know which counter its Critical
Commands must exceed. That was found on ESME. The working group asked whether it affects GSME too,
and the GPF with them.

So the same is done to each type of device. A party that counts in milliseconds of the epoch
({MILLISECONDS:,}) gives the network operator's cells to an operator that counts in small numbers,
once without a floor and once with floor 0; the operator then sends its first Critical Command,
with counter {SMALL:,}. Where the public text of GBCS leaves open what a device does, it is played
on each [profile](profiles.md):
"""

_COLUMNS = f"""
- **{CELLS.heading}**: what 6.24.1 says of that role.
- **{NO_FLOOR.heading}**, **{FLOOR.heading}**: what becomes of the operator's first command.
- **{WAY_OUT.heading}**: after the command without a floor: the counter that 6.24.1 reads, and
  what becomes of a command with the next one above it.
- **{CONTROL.heading}**: 6.23 must name a floor. It names {SUPPLIER_FLOOR}; what becomes of the
  new Supplier's first command, with {SUPPLIER_FLOOR + 1}.
"""

_RECOVERY = f"""
SC-16 has a party whose numbers are too small for a device look for its way back. The counter of
its role stands at {LEFT_AT:,}; on a GSME it is the Supplier's.
"""

_RECOVERY_COLUMNS = f"""
- **{OWN_READ.heading}**: what a 6.24.1 of its own tells.
- **{NOT_REGISTERED.heading}**: the same, once registration data name another operator.
- **{SUPPLIER_READ.heading}**: what a 6.24.1 of the Supplier's tells of that role.
- **{HANDED_OVER.heading}**: what becomes of a handover by the DCC. The DCC can sign only for cells
  that hold ACB certificates, and these do not.
- **{JUMP.heading}**: what becomes of a 6.15.1 with the next counter above the one that was read.
"""

_HOW_DOCUMENTED = (
    "This page is made by runs on emulated devices, and so is each build of the documentation: "
    "`./run docs` plays them again, fails if they give another page, and puts the evidence of "
    "each run beside it. There every finding leads to the step that shows it. `./run answer` "
    "plays them into a folder of its own, with `--target unix:` on MicroPython."
)


def markdown(findings: Sequence[Findings], link: Link, how: str) -> str:
    """Return the page.

    Args:
        findings: of every case.
        link: where a finding's evidence is.
        how: how the page was made, and where its links lead; a sentence or two.
    """
    profiles = [f"- **{name}**: {what}." for name, what in PROFILES.items()]
    parts = [
        f"# {_TITLE}",
        *answers(findings),
        "## What was asked",
        _QUESTION.strip(),
        "\n".join(profiles),
        "## What was found",
        _table(HANDOVER, findings, link),
        _COLUMNS.strip(),
        "*Tolerated*: other than on the default profile, and no failure of the device. P-KEEP is "
        "what device assurance lists as a common issue, and tolerates.",
        "## The way back",
        _RECOVERY.strip(),
        _table(RECOVERY, findings, link),
        _RECOVERY_COLUMNS.strip(),
        _advice(findings),
        "## How this page is made",
        how,
    ]
    return "\n\n".join(parts) + "\n"


def answers(findings: Sequence[Findings]) -> list[str]:
    """Return the answer in a paragraph for each type of device."""
    kinds = [kind for kind in SCENARIOS if any(found.device_type == kind for found in findings)]
    return [_answer(kind, [f for f in findings if f.device_type == kind]) for kind in kinds]


def file_link(found: Findings, finding: Finding) -> str:
    """Return the address of a finding's evidence, from the folder that holds all of them."""
    return f"{found.folder}/{report.PAGE}#{report.anchor(finding.scenario, finding.step)}"


def documented(findings: Sequence[Findings]) -> str:
    """Return the page as docs/answer.md has it.

    Its links have a scheme of their own, which only the built documentation can follow: there the
    evidence lies beside the page.
    """

    def link(found: Findings, finding: Finding) -> str:
        anchor = report.anchor(finding.scenario, finding.step)
        return f"evidence:answer/{found.folder}#{anchor}"

    return markdown(findings, link, _HOW_DOCUMENTED)


def _answer(kind: str, findings: Sequence[Findings]) -> str:
    """Return what the runs say of one type of device."""
    if not any(has_cells(found) for found in findings):
        return (
            f"**{kind.upper()}: no.** It has no network operator's cells: 6.24.1 for that role "
            f"answers trustAnchorNotFound. {_control(findings)}"
        )
    out = [found for found in findings if affected(found)]
    if not out:
        return f"**{kind.upper()}: no.** No profile refuses the operator. {_control(findings)}"
    cured = [found for found in out if cured_by_floor(found)]
    uncured = [found for found in out if not cured_by_floor(found)]
    spared = [found for found in findings if not affected(found)]
    sentences = [f"Without a floor the operator is locked out on {_names(out)}."]
    if cured:
        sentences.append(f"Floor 0 prevents it on {_names(cured)}.")
    if uncured:
        sentences.append(f"On {_names(uncured)} no floor does, which is tolerated.")
    if spared:
        sentences.append(f"On {_names(spared)} it never happens.")
    sentences.append(_way_out(out))
    return f"**{kind.upper()}: yes.** {' '.join(sentences)} {_control(findings)}"


def _way_out(findings: Sequence[Findings]) -> str:
    if all(found.to(WAY_OUT)[-1].says == ACCEPTED for found in findings):
        return "Each time 6.24.1 tells the counter, and the next one above it is accepted."
    return "Not every device takes a counter above the one that 6.24.1 tells."


def _control(findings: Sequence[Findings]) -> str:
    if all(found.says(CONTROL) == ACCEPTED for found in findings):
        return (
            "A change of Supplier always names a floor, and the new Supplier is never locked out."
        )
    return "A new Supplier is locked out, though a change of Supplier names a floor."


def _names(findings: Sequence[Findings]) -> str:
    return " and ".join(found.profile for found in findings)


def _cell(found: Findings, question: Question, link: Link) -> str:
    return ", ".join(
        f"[{finding.says}{' (tolerated)' if finding.tolerated else ''}]({link(found, finding)})"
        for finding in found.to(question)
    )


def _table(questions: Sequence[Question], findings: Sequence[Findings], link: Link) -> str:
    headings = ["device", "profile", *(question.heading for question in questions)]
    rows = [
        [found.device_type.upper(), found.profile]
        + [_cell(found, question, link) for question in questions]
        for found in findings
    ]
    return "\n".join(_row(row) for row in (headings, ["---"] * len(headings), *rows))


def _advice(findings: Sequence[Findings]) -> str:
    """Return how the drill ends, and what the investigator is told."""
    stuck = [found for found in findings if found.says(JUMP) != ACCEPTED]
    end = "In each case one jump of the party's own numbering above the counter gets it back in."
    if stuck:
        names = " and ".join(f"{found.device_type.upper()} {found.profile}" for found in stuck)
        end = f"On {names} not even a counter above the one that was read gets it back in."
    told = dict.fromkeys(found.says(ADVICE) for found in findings)
    advice = " and ".join(f"*{text}*" for text in told)
    return f"{end} Who gets there, by the way of numbering: {advice}."


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
