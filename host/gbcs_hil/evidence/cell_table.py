"""The trust anchor cells of a chapter's devices: before its first step, and after its last."""

from collections.abc import Mapping
from dataclasses import dataclass

from gbcs_hil.evidence import frames
from gbcs_hil.evidence.chapters import Chapter


@dataclass(frozen=True)
class Content:
    """What stands in a cell.

    Attributes:
        owner: its name.
        key: the certificate's key identifier, hexadecimal; empty if it was not kept.
    """

    owner: str
    key: str

    @property
    def short_key(self) -> str:
        """As much of the key identifier as tells it from others."""
        return self.key[:8]


@dataclass(frozen=True)
class CellHistory:
    """One cell of a device.

    Attributes:
        device, cell: names.
        before, after: what stood in it.
        changed_in: the scenes in which it changed.
    """

    device: str
    cell: str
    before: Content
    after: Content
    changed_in: tuple[str, ...]


def cell_table(chapter: Chapter) -> list[CellHistory]:
    """Return the cells of a chapter, those that changed first."""
    first: dict[tuple[str, str], Content] = {}
    last: dict[tuple[str, str], Content] = {}
    changes: dict[tuple[str, str], list[str]] = {}
    for scene in chapter.scenes:
        for frame in scene.record:
            if not isinstance(frame, frames.Observed):
                continue
            for cell, content in _contents(frame).items():
                key = frame.device, cell
                first.setdefault(key, content)
                if last.get(key, content) != content:
                    changes.setdefault(key, []).append(scene.heading)
                last[key] = content
    found = [
        CellHistory(*key, before, last[key], tuple(dict.fromkeys(changes.get(key, ()))))
        for key, before in first.items()
    ]
    return sorted(found, key=lambda history: not history.changed_in)


def _contents(frame: frames.Observed) -> Mapping[str, Content]:
    return {cell: Content(owner, frame.keys.get(cell, "")) for cell, owner in frame.cells.items()}
