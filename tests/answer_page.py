"""Make docs/answer.md of runs: `python tests/answer_page.py`."""

import tempfile
from pathlib import Path

from gbcs_hil.answer import page, runs

PAGE = Path(__file__).resolve().parent.parent / "docs" / "answer.md"

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        PAGE.write_text(page.documented(runs.play(Path(scratch, "answer"), "cpython:", 2)))
