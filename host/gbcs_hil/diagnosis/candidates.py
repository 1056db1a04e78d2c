"""What a device could be: a profile, and the defects that it may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

DEFAULT = "P-FLOOR"
PROFILES = (DEFAULT, "P-KEEP", "P-ZERO")


@dataclass(frozen=True)
class Candidate:
    """A device that may be the one of the record.

    Attributes:
        profile, settings: how it behaves where GBCS's public text is silent.
        defects: what is wrong with it.
    """

    profile: str = DEFAULT
    defects: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def assumptions(self) -> int:
        """How much it takes to believe in it: the fewer, the better an explanation."""
        return len(self.defects) + (self.profile != DEFAULT)

    def __str__(self) -> str:
        defects = "+".join(self.defects)
        if self.profile == DEFAULT:
            return defects or self.profile
        return f"{self.profile}+{defects}" if defects else self.profile


def candidates(
    defects: tuple[str, ...], *, pairs: bool, settings: Mapping[str, str] | None = None
) -> tuple[Candidate, ...]:
    """Return every profile and every single defect; with pairs, two of them at once too.

    Args:
        defects: the known ones.
        pairs: whether to think of two deviations at once.
        settings: of every candidate.
    """
    given = dict(settings or {})
    found = [Candidate(profile, (), given) for profile in PROFILES]
    found += [Candidate(DEFAULT, (defect,), given) for defect in defects]
    if pairs:
        others = PROFILES[1:]
        found += [Candidate(p, (defect,), given) for p in others for defect in defects]
        found += [Candidate(DEFAULT, pair, given) for pair in combinations(defects, 2)]
    return tuple(found)
