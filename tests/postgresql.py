"""A PostgreSQL server of the tests' own, from Debian's package; gone when they end."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MISSING = "PostgreSQL is not installed (apt-get install postgresql)"


def programs() -> Path | None:
    """Return the folder of initdb and pg_ctl, or None where there is no PostgreSQL."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    found = debian[-1] if debian else Path(on_path) if on_path else None
    return found and found.resolve().parent


@contextmanager
def server(binaries: Path) -> Iterator[str]:
    """Start a server on a socket of its own, and give its URL without the database's name."""
    # PostgreSQL does not run as root.
    user = "postgres" if os.geteuid() == 0 else None

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(binaries / program), *arguments],
            user=user,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=50,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )
        assert done.returncode == 0, done.stdout + done.stderr

    with tempfile.TemporaryDirectory() as folder:
        if user is not None:
            shutil.chown(folder, user)
        run("initdb", "-D", "data", "-A", "trust", "-U", "gbcs_hil", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder}"
        run("pg_ctl", "-D", "data", "-w", "-t", "40", "-l", "log", "-o", options, "start")
        try:
            yield f"postgresql://gbcs_hil@/{{}}?host={folder}"
        finally:
            run("pg_ctl", "-D", "data", "-m", "immediate", "stop")
