"""`gbcs-hil anchor-slots`: what it prints, where, and with which exit status."""

import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete
from sqlalchemy.orm import Session

from gbcs_hil.cli import main
from gbcs_hil.dcc.smets1.data_update import update_slots
from gbcs_hil.dcc.smets1.database import open_database
from gbcs_hil.dcc.smets1.tables import EnrolmentCertificate

TODAY = datetime.date(2023, 5, 1)

pytestmark = pytest.mark.requirement("S107-28", "S107-29")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["anchor-slots", *arguments])


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = str(tmp_path / "slots.sqlite")
    made = run("make", path, "--share", "0.001")
    assert made.stdout == "60 devices, 30 with another operator's certificate\n"
    return path


@pytest.mark.requirement("S107-27")
def test_the_report_counts_devices_by_s1sp_cohort_and_type(database: str) -> None:
    done = run("report", database)
    assert done.exit_code == 0
    lines = [line.split() for line in done.stdout.splitlines() if line.strip()]
    assert ["S1SP1", "IOC", "GPF", "38", "19", "19", "0", "0"] in lines
    assert ["all", "60", "30", "30", "0", "0"] in lines


def test_an_update_reports_before_and_after(database: str) -> None:
    done = run("update", database)
    assert done.exit_code == 0
    assert done.stdout.index("before run 1") < done.stdout.index("after run 1, with 30 devices")
    assert "\x1b" not in done.output
    assert done.stderr == ""


def test_an_update_with_nothing_to_do_prints_one_report(database: str) -> None:
    run("update", database)
    again = run("update", database)
    assert again.exit_code == 0
    assert again.stdout.count("run 2: 0 devices updated, nothing to do") == 1
    assert again.stdout.count("S1SP1   IOC") == 2  # A line for the ESMEs, one for the GPFs.


def test_an_attempt_after_a_kill_says_what_was_done_before_it(database: str) -> None:
    engine = open_database(database)
    with pytest.raises(KeyboardInterrupt):
        update_slots(engine, TODAY, progress=interrupt_after(12), devices_per_transaction=12)
    engine.dispose()
    done = run("update", database)
    assert "run 1 goes on with attempt 2" in done.stdout
    assert "were ended when 12 devices were updated" in done.stdout
    assert "before run 1, when its first attempt began" in done.stdout


def interrupt_after(devices: int) -> Callable[[int, int], None]:
    def progress(done: int, of: int) -> None:
        assert of == 30
        if done == devices:
            raise KeyboardInterrupt

    return progress


def test_which_s1sp_has_which_cohort_is_the_policys(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[policy]\nioc-s1sp = "S1SP3"\nfoc-s1sp = "S1SP1"\n')
    path = str(tmp_path / "slots.sqlite")
    run("make", path, "--share", "0.001", "--policy", str(policy))
    assert {(row["s1sp"], row["cohort"]) for row in report_of(path)} == {
        ("S1SP3", "IOC"),
        ("S1SP2", "MOC"),
    }


def report_of(path: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(run("report", path, "--json").stdout)["report"]
    return rows


def test_the_outcome_is_to_be_had_as_json(database: str) -> None:
    assert (
        sum(row["wrong"] for row in json.loads(run("report", database, "--json").stdout)["report"])
        == 30
    )
    outcome = json.loads(run("update", database, "--json").stdout)
    assert (outcome["run"], outcome["attempts"], outcome["devices"]) == (1, 1, 30)
    assert sum(row["wrong"] for row in outcome["before"]) == 30
    assert sum(row["wrong"] for row in outcome["after"]) == 0


def test_an_update_of_one_s1sp(database: str) -> None:
    outcome = json.loads(run("update", database, "--s1sp", "S1SP2", "--json").stdout)
    assert {row["s1sp"] for row in outcome["after"]} == {"S1SP2"}


def test_devices_that_cannot_be_put_right_are_exit_status_1(database: str) -> None:
    engine = open_database(database)
    with Session(engine) as session:
        session.execute(delete(EnrolmentCertificate))
        session.commit()
    engine.dispose()
    done = run("update", database)
    assert done.exit_code == 1
    assert "0 devices updated" in done.stdout


@pytest.mark.parametrize("command", ["report", "update"])
def test_a_database_that_is_not_there_is_exit_status_2(command: str, tmp_path: Path) -> None:
    done = run(command, str(tmp_path / "none.sqlite"))
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "anchor-slots make" in done.stderr
    assert not (tmp_path / "none.sqlite").exists()


def test_an_estate_is_not_made_twice(database: str) -> None:
    done = run("make", database)
    assert done.exit_code == 2
    assert "holds devices already" in done.stderr
