"""What a device could be: a profile, and the defects that it may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from gbcs_hil.errors import BadInput

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


def named(names: str, defects: tuple[str, ...]) -> tuple[Candidate, ...]:
    """Return the candidates that a text such as "P-FLOOR,D4,D5+D21" names.

    Args:
        names: profiles and defects; a plus joins what one device has.
        defects: the known ones.

    Raises:
        BadInput: there is no such profile or defect.
    """
    return tuple(
        _named(name.strip().upper(), defects) for name in names.split(",") if name.strip()
    )


def _named(name: str, defects: tuple[str, ...]) -> Candidate:
    parts = name.split("+")
    profiles = [part for part in parts if part in PROFILES]
    for part in parts:
        if part not in (*PROFILES, *defects):
            raise BadInput(f"no {part}; there are {', '.join((*PROFILES, *defects))}")
    if len(profiles) > 1:
        raise BadInput(f"{name}: a device has one profile")
    chosen = tuple(part for part in parts if part not in PROFILES)
    return Candidate(profiles[0] if profiles else DEFAULT, chosen)
