"""Play every case on an emulated device of its own; what is left of each is an evidence folder."""

from collections.abc import Callable
from concurrent.futures import as_completed
from pathlib import Path

import msgspec

from gbcs_hil.answer.cases import CASES, SCENARIOS, Case
from gbcs_hil.answer.findings import Findings, find
from gbcs_hil.bench import micropython
from gbcs_hil.errors import BadInput, HilError
from gbcs_hil.evidence.run_folder import RunFolder, firmware_hash
from gbcs_hil.scenarios import stage
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.verdicts import worst
from gbcs_hil.scratch import scratch_folder
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import EVERYBODY, Pki
from gbcs_hil.workers import Workers

SEED = "answer"
"""What the parties' test keys are made of: every answer has the same."""

DATA = "answer.json"
"""The findings, beside the evidence folders."""


def play(
    folder: Path,
    target: str,
    jobs: int,
    on_case: Callable[[Case], None] = lambda _: None,
) -> list[Findings]:
    """Play every case and return what was found, in the order of the cases.

    Args:
        folder: takes an evidence folder for each case, and the findings; made here.
        target: "cpython:" or "unix:".
        jobs: how many cases at a time.
        on_case: called as each case ends.

    Raises:
        BadInput: the folder holds something already.
        HilError: a case cannot be played; says why.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} holds something already; name a new folder with --out")
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[Case, Findings] = {}
    with Workers(jobs) as pool:
        runs = {pool.submit(_play_alone, case, folder / case.name, target): case for case in CASES}
        for run in as_completed(runs):
            found[runs[run]] = run.result()
            on_case(runs[run])
    findings = [found[case] for case in CASES]
    (folder / DATA).write_bytes(msgspec.json.format(msgspec.json.encode(findings)) + b"\n")
    return findings


def _play_alone(case: Case, folder: Path, target: str) -> Findings:
    """Play a case in a process of its own; an error comes back as what any process can make."""
    try:
        return play_case(case, folder, target)
    except HilError as error:
        raise HilError(f"{case.name}: {error}") from None


def play_case(case: Case, folder: Path, target: str) -> Findings:
    """Play one case; leave its evidence in a folder and return what was found.

    Raises:
        HilError: it cannot be played; says why.
    """
    conditions = Conditions(case.device_type, case.profile)
    scenarios = SCENARIOS[case.device_type]
    names = " ".join(scenario.name for scenario in scenarios)
    with (
        RunFolder(folder, f"gbcs-hil answer: {names}") as evidence,
        scratch_folder() as scratch,
    ):
        evidence.describe(
            target=target,
            seed=SEED,
            firmware_sha256=firmware_hash(micropython.firmware_path()),
        )
        pki = Pki.issue(Authority.create(seed=SEED.encode()), EVERYBODY)
        with stage.emulated(target, pki, scratch, folder, evidence) as bench:
            evidence.describe(hello=bench.board.hello())
            plays = [scenario.play(bench, conditions) for scenario in scenarios]
        verdict = worst(play.verdict for play in plays)
        evidence.finish(str(verdict))
    return find(case, verdict, [step for play in plays for step in play.steps])
