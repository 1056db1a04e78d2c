"""The pytest plugin, as users' tests see it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import REPO
from gbcs_hil.bench import plugged, rig
from gbcs_hil.evidence import manifest

RIG = """
schema = 1
[boards.gpf-a]
role = "gpf"
port = "cpython:"
capabilities = ["power-cut"]
[boards.esme-a]
role = "esme"
port = "cpython:"
"""

DEAD = """
schema = 1
[boards.gpf-a]
role = "gpf"
port = "/dev/no-such-board"
"""

HELLO = """
def test_hello(gpf):
    assert gpf.hello()["condition"] == "virgin"
"""

Outcome = pytest.RunResult

SECONDS = 150
"""What another process may take on a busy machine."""

pytestmark = pytest.mark.timeout(200)


@pytest.fixture(autouse=True)
def rigs(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GBCS_HIL_LEASES", str(tmp_path / "leases"))
    monkeypatch.delenv("GBCS_HIL_RIG", raising=False)
    folder = pytester.mkdir("hil_rigs")
    (folder / "two.toml").write_text(RIG)
    (folder / "dead.toml").write_text(DEAD)
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers -ra\n")


def verdict_in(folder: Path) -> str:
    return str(json.loads((folder / "run.json").read_text())["verdict"])


def kept(pytester: pytest.Pytester) -> Path:
    """The only evidence of a session that ran with `--rig-out kept`, whole."""
    (folder,) = (pytester.path / "kept").iterdir()
    assert manifest.verify(folder) == []
    return folder


@contextmanager
def held(pytester: pytest.Pytester, board: str) -> Iterator[None]:
    """A board of the rig `two` that another process holds."""
    entry = rig.load(pytester.path / "hil_rigs" / "two.toml").board(board)
    with plugged.reserve(entry, "somebody's test"):
        yield


def ran(pytester: pytest.Pytester, test: str, *options: str) -> Outcome:
    pytester.makepyfile(test)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)


def test_without_a_rig_its_tests_are_skipped(pytester: pytest.Pytester) -> None:
    result = ran(pytester, HELLO + "\ndef test_other(): pass\n")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*missing rig (use --rig)*"])


def test_strictly_a_missing_rig_fails(pytester: pytest.Pytester) -> None:
    result = ran(pytester, HELLO, "--rig-strict")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*missing rig (use --rig)*"])
    assert "Traceback" not in result.stdout.str()


def test_a_test_gets_the_board_that_it_names(pytester: pytest.Pytester) -> None:
    test = """
        def test_it(esme, gpf, rig, make_board):
            assert esme.name, gpf.name == ("esme-a", "gpf-a")
            assert make_board("gpf").board is gpf
            assert list(rig.boards) == ["gpf-a", "esme-a"]
        """
    ran(pytester, test, "--rig", "two").assert_outcomes(passed=1)


@pytest.mark.parametrize("how", ["environment", "ini"])
def test_the_rig_may_be_named_elsewhere(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "environment":
        monkeypatch.setenv("GBCS_HIL_RIG", "two")
    else:
        pytester.makeini("[pytest]\nrig = hil_rigs/two.toml\n")
    ran(pytester, HELLO).assert_outcomes(passed=1)


def test_what_the_rig_has_no_board_for_is_skipped_or_fails(pytester: pytest.Pytester) -> None:
    test = """
        import pytest
        @pytest.mark.needs(role="esme", caps={"power-cut"})
        def test_it(plugged): pass
        """
    result = ran(pytester, test, "--rig", "two")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*rig two: no board with role=esme and power-cut*"])
    ran(pytester, test, "--rig", "two", "--rig-strict").assert_outcomes(errors=1)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ('"gpf"', "takes role= and caps= alone"),
        ('rol="gpf"', "takes role= and caps= alone, not *rol"),
        ('role="gfp"', "knows no role 'gfp'"),
        ('caps="power-cut"', "wants caps as a set of texts"),
        ('caps={"powercut"}', "knows no capability 'powercut'"),
    ],
)
def test_a_marker_that_makes_no_sense_is_refused(
    pytester: pytest.Pytester, arguments: str, complaint: str
) -> None:
    test = f"import pytest\n@pytest.mark.needs({arguments})\ndef test_it(): pass\n"
    result = ran(pytester, test, "--rig", "two")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([f"*::test_it: the marker needs {complaint}*"])
    assert "Traceback" not in result.stdout.str()


def test_a_rig_that_makes_no_sense_is_refused_before_anything_runs(
    pytester: pytest.Pytester,
) -> None:
    result = ran(pytester, HELLO, "--rig", "nowhere")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: no rig file nowhere; *there is: dead, two"])


def test_fixtures_of_the_same_name_are_their_owners(pytester: pytest.Pytester) -> None:
    test = """
        import pytest
        @pytest.fixture
        def gpf(): return 7
        def test_it(gpf): assert gpf == 7
        """
    ran(pytester, test, "--rig-strict").assert_outcomes(passed=1)


def test_power_is_cut_and_proved(pytester: pytest.Pytester) -> None:
    test = """
        import pytest
        @pytest.mark.needs(caps={"power-cut"})
        def test_it(plugged):
            boot = plugged.power.cycle()
            assert boot.before != boot.after
        """
    ran(pytester, test, "--rig", "two").assert_outcomes(passed=1)


def test_a_failure_shows_the_last_lines_of_its_boards(pytester: pytest.Pytester) -> None:
    test = """
        def test_it(make_board):
            board = make_board("gpf")
            board.line._link._stream.write(b"\\x1enonsense\\n")
            from gbcs_hil.bench.link import LogLine
            board.line.log(LogLine(1.5, "the store says hello"))
            assert False
        """
    result = ran(pytester, test, "--rig", "two")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*serial gpf-a*", "*1.500 the store says hello"])


def test_evidence_is_kept_and_named_in_junit(pytester: pytest.Pytester) -> None:
    result = ran(pytester, HELLO, "--rig", "two", "--rig-out", "kept", "--junitxml", "j.xml")
    result.assert_outcomes(passed=1)
    tree = ElementTree.parse(pytester.path / "j.xml")
    (found,) = tree.iter("property")
    assert found.get("name") == "evidence"
    folder = pytester.path / str(found.get("value"))
    assert folder.parent == pytester.path / "kept"
    run = (folder / "run.json").read_text()
    assert '"verdict": "passed"' in run
    assert '"board gpf-a"' in run
    assert "frame from-device" in (folder / "link.jsonl").read_text()


def test_a_dead_board_fails_one_test_and_skips_the_others(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where pytest thinks that it runs in CI, it does not shorten its summary.
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("BUILD_NUMBER", raising=False)
    test = "def test_one(gpf): pass\ndef test_two(gpf): pass\n"
    result = ran(pytester, test, "--rig", "dead")
    result.assert_outcomes(errors=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*board gpf-a (/dev/no-such-board)*there is no such port*",
            "SKIPPED*board gpf-a is broken since *::test_one: *",
        ]
    )
    # Once, and once more in the summary, shortened.
    assert (
        result.stdout.str().count("Plug the board in, or correct the rig file (gbcs-hil rig") == 2
    )


def test_a_board_that_a_test_loses_is_not_tried_for_ever(pytester: pytest.Pytester) -> None:
    (pytester.path / "hil_rigs" / "lost.toml").write_text(
        RIG.replace('"cpython:"', '"cpython:"\nflash = "flash"', 1)
    )
    test = """
        import shutil
        def test_one(make_board, rig):
            board = make_board("gpf")
            board.supply.cut()
            shutil.rmtree(rig.path.parent / "flash")
            (rig.path.parent / "flash").write_text("no folder")
            board.board.stats()
        def test_two(gpf): pass
        def test_three(gpf): pass
        """
    result = ran(pytester, test, "--rig", "lost")
    result.assert_outcomes(failed=1, skipped=2)
    assert len(re.findall("broken since .*::test_one: ", result.stdout.str())) == 2


def test_workers_share_four_boards(pytester: pytest.Pytester, rigs: None) -> None:
    boards = "".join(
        f'[boards.{role}-{n}]\nrole = "{role}"\nport = "cpython:"\n'
        for role in ("gpf", "esme")
        for n in "ab"
    )
    (pytester.path / "hil_rigs" / "four.toml").write_text("schema = 1\n" + boards)
    pytester.makepyfile(
        """
        import pytest
        @pytest.mark.parametrize("n", range(4))
        def test_both(esme, gpf, n):
            assert esme.hello()["condition"] == gpf.hello()["condition"]
        @pytest.mark.parametrize("n", range(4))
        def test_one(gpf, n):
            gpf.reset()
        """
    )
    options = ("-p", "no:cacheprovider", "-n", "4", "--rig", "four", "--rig-strict")
    result = pytester.runpytest_subprocess(*options, timeout=SECONDS)
    result.assert_outcomes(passed=8)
    # One folder for the session, whichever worker ran a test.
    (session,) = (pytester.path / "evidence").iterdir()
    assert len([*session.glob("*/manifest.txt")]) == 8
    assert {verdict_in(folder) for folder in session.iterdir()} == {"passed"}


def test_a_worker_refuses_a_marker_that_makes_no_sense(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        @pytest.mark.needs(role="gfp")
        def test_it(plugged): pass
        """
    )
    options = ("-p", "no:cacheprovider", "-n", "2", "--rig", "two")
    result = pytester.runpytest_subprocess(*options, timeout=SECONDS)
    result.stdout.fnmatch_lines(["*::test_it: the marker needs knows no role 'gfp'*"])
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_a_test_that_hangs_returns_its_board(pytester: pytest.Pytester) -> None:
    test = """
        import threading, pytest
        @pytest.mark.timeout(1, method="signal")
        def test_hangs(gpf):
            threading.Event().wait()
        def test_after(gpf):
            gpf.hello()
        """
    result = ran(pytester, test, "--rig", "two", "--rig-wait", "1")
    result.assert_outcomes(failed=1, passed=1)


def test_the_test_in_the_readme_runs(pytester: pytest.Pytester) -> None:
    text = (REPO / "README.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(block.strip().splitlines()) <= 10
    pytester.makepyfile(block)
    # Not in this process: SQLAlchemy does not stand being imported twice.
    rig = str(REPO / "hil_rigs" / "emulated.toml")
    result = pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", f"--rig={rig}", timeout=SECONDS
    )
    result.assert_outcomes(passed=1)


def test_evidence_of_a_test_that_fails_as_it_is_set_up(pytester: pytest.Pytester) -> None:
    test = """
        import pytest
        @pytest.fixture
        def broken(gpf): raise ValueError("no")
        def test_it(broken): pass
        """
    result = ran(pytester, test, "--rig", "two", "--rig-out", "kept")
    result.assert_outcomes(errors=1)
    assert verdict_in(kept(pytester)) == "failed"


def test_evidence_of_a_test_whose_second_board_is_dead(pytester: pytest.Pytester) -> None:
    rigs = pytester.path / "hil_rigs"
    (rigs / "half.toml").write_text(RIG + DEAD.replace("schema = 1", "").replace("gpf", "gsme"))
    test = "def test_it(gpf, gsme): pass\n"
    result = ran(pytester, test, "--rig", "half", "--rig-out", "kept")
    result.assert_outcomes(errors=1)
    told = json.loads((kept(pytester) / "run.json").read_text())
    assert (told["verdict"], "no such port" in told["error"]) == ("broken off", True)


def test_evidence_of_a_test_that_is_interrupted(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_it(gpf):
            while True:
                gpf.stats()
        """
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rig=two"]
    with subprocess.Popen([*command, "--rig-out=kept"], stdout=subprocess.PIPE) as process:
        try:
            never, said = threading.Event(), 0
            while said < 2000:
                never.wait(0.05)
                assert process.poll() is None
                said = sum(path.stat().st_size for path in pytester.path.glob("kept/*/link.jsonl"))
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    folder = kept(pytester)
    assert verdict_in(folder) == "broken off"
    assert (folder / "report.html").is_file()
    for line in (folder / "link.jsonl").read_text().splitlines():
        json.loads(line)
    assert not [*Path(os.environ["GBCS_HIL_LEASES"]).glob("*.owner")]


def test_who_holds_a_board_is_said_while_it_is_waited_for(pytester: pytest.Pytester) -> None:
    with held(pytester, "gpf-a"):
        options = ("--rig", "two", "--rig-wait", "0.2")
        result = ran(pytester, HELLO, *options)
    result.assert_outcomes(errors=1)
    waiting = r"waiting for board gpf-a \(cpython:\), held by somebody's test \(pid"
    result.stderr.re_match_lines([waiting])
    result.stdout.fnmatch_lines(["*board gpf-a (cpython:) is held by somebody's test*"])
    assert "Traceback" not in result.stdout.str()
    assert "pytest_boards.py" not in result.stdout.str()


def test_a_rig_file_that_brings_its_own_project_is_told(pytester: pytest.Pytester) -> None:
    other = pytester.mkdir("other")
    (other / "pytest.ini").write_text("[pytest]\n")
    (other / "far.toml").write_text(RIG)
    project = pytester.mkdir("project")
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "test_it.py").write_text(HELLO)
    os.chdir(project)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--rig", "../other/far.toml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: pytest took *other/pytest.ini, beside*write --rig=..*"])
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--rig=../other/far.toml")
    result.assert_outcomes(passed=1)
    assert [*project.glob("evidence/*")]
