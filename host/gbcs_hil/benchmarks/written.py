"""The option `--json` of every benchmark, and the file that it names."""

import os
from pathlib import Path

import click


def _may_be_written(
    _context: click.Context, _parameter: click.Parameter, path: Path | None
) -> Path | None:
    """Refuse a path before minutes are spent on what could not be written to it."""
    if path is None:
        return None
    if path.is_dir():
        raise click.BadParameter(f"{path} is a folder; name a file")
    if not path.parent.is_dir():
        raise click.BadParameter(f"there is no folder {path.parent}; make it first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise click.BadParameter(f"{path} may not be written; name another file")
    return path


json_option = click.option(
    "--json",
    "output",
    type=click.Path(path_type=Path),
    callback=_may_be_written,
    help="Write what was measured here too.",
)


def write(measured: object, output: Path | None) -> None:
    """Write what was measured, if a file was named."""
    import msgspec

    if output is not None:
        output.write_bytes(msgspec.json.format(msgspec.json.encode(measured)) + b"\n")
