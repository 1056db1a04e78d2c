"""The rig files that come with this package, for people to fill in."""

from pathlib import Path

INSTALLED = Path(__file__).parent / "rigs"
"""Where they are in an installed package; a checkout has them at its top."""

_CHECKOUT = Path(__file__).parents[3] / "hil_rigs"


def examples() -> dict[str, Path]:
    """Return the rig files by name."""
    folder = INSTALLED if INSTALLED.is_dir() else _CHECKOUT
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}
