"""A folder for what a command needs only while it runs."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gbcs_hil.ending import held_back


@contextmanager
def scratch_folder(parent: Path | None = None) -> Iterator[Path]:
    """Make a folder, and remove it at the end, whatever signal comes at whatever moment.

    Args:
        parent: where to make it; where the system has such folders if None.
    """
    made = None
    try:
        with held_back():
            made = tempfile.TemporaryDirectory(prefix="gbcs-hil-", dir=parent)
        yield Path(made.name)
    finally:
        if made is not None:
            with held_back():
                made.cleanup()
