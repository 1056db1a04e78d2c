"""A command that is interrupted as by Ctrl-C, and what it leaves behind."""

import contextlib
import signal
import subprocess
import sys
from pathlib import Path


def interrupt(arguments: list[str], after: str) -> tuple[int, list[str], str]:
    """Press Ctrl-C at a command once a line begins so; return status, output and errors."""
    command = [sys.executable, "-c", "from gbcs_hil.cli import main; main()"]
    process = subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith(after):
            process.send_signal(signal.SIGINT)
            break
    rest, errors = process.communicate(timeout=60)
    return process.returncode, [*lines, *rest.splitlines()], errors


def left_behind(folder: Path) -> list[str]:
    """Return the processes that run with a file in a folder, and what is left in it."""
    running = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            if str(folder) in command:
                running.append(command)
    return running + [str(path) for path in folder.iterdir()]
