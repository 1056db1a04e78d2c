"""The files of a kill matrix, and what is shown while it is filled."""

import datetime
import errno
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jinja2
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gbcs_hil.errors import BadInput
from gbcs_hil.matrix.table import Cell, Matrix, mark, text


def new_folder(folder: Path | None) -> Path:
    """Make the folder that takes the files, before anything is played.

    Raises:
        BadInput: it cannot be made, or holds something.
    """
    now = datetime.datetime.now(datetime.UTC)
    folder = folder or Path("evidence", f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}-matrix")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise FileExistsError(errno.EEXIST, "it holds something already")
    except OSError as error:
        raise BadInput(
            f"cannot write a matrix to {folder}: {error.strerror}; name a new folder with --out"
        ) from error
    return folder


def write(matrix: Matrix, folder: Path) -> None:
    """Write matrix.txt, matrix.json and matrix.html, a page that needs nothing else."""
    (folder / "matrix.txt").write_text(text(matrix), encoding="utf-8")
    octets = msgspec.json.format(msgspec.json.encode(matrix), indent=2)
    (folder / "matrix.json").write_bytes(octets + b"\n")
    (folder / "matrix.html").write_text(page(matrix), encoding="utf-8")


def page(matrix: Matrix) -> str:
    """Return the matrix as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gbcs_hil.matrix", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    template = environment.get_template("matrix.html.jinja")
    return template.render(matrix=matrix, mark=mark, shortcomings=matrix.shortcomings())


@contextmanager
def progress() -> Iterator[Callable[[Cell, int], None]]:
    """Show a bar on a terminal; yield what is told each cell and how many there are."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("matrix", total=None)

        def told(cell: Cell, count: int) -> None:
            what = f"{cell.subject} {cell.scenario}"
            bar.update(task, total=count, advance=1, description=f"{what:<14}")

        yield told
