"""How high a counter stands in its lane: logarithmic, and no two numbers on top of each other.

1,200 and 1,201 have to be told apart, and so have 1,201 and 1,700,000,000,123; no linear and no
logarithmic scale does both. So the numbers that a lane has are put in order with a least
distance between neighbours, and what is left of the lane is shared out by the logarithms of
their ratios. Where a number is a thousand times its neighbour or more, the scale says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import log10

LEAST = 15
"""Between two numbers, so that both can be read beside the lane."""
_ABOVE, _BELOW = 34, 14
"""What is left free in a lane; its name stands above."""
_SHARED = 46
"""What is shared out by the logarithms."""
_LEAP = 3
"""Powers of ten from which on the scale tells of a leap."""


@dataclass(frozen=True)
class Leap:
    """A stretch of the scale that stands for much.

    Attributes:
        y: its middle.
        power: by which power of ten the upper number is larger.
    """

    y: float
    power: int


@dataclass(frozen=True)
class Scale:
    """Where numbers stand, from the top of a lane.

    Attributes:
        height: of the lane.
        places: y by number.
        leaps: from the lowest.
    """

    height: float
    places: dict[int, float]
    leaps: tuple[Leap, ...]


def scale(numbers: Iterable[int]) -> Scale:
    """Lay out the scale of some numbers."""
    ordered = sorted(set(numbers))
    powers = [log10(upper + 1) - log10(lower + 1) for lower, upper in pairwise(ordered)]
    total = sum(powers) or 1.0
    # What is told of a leap stands between two numbers.
    steps = [
        max(LEAST + _SHARED * power / total, 2 * LEAST if power >= _LEAP else 0)
        for power in powers
    ]
    height = _ABOVE + sum(steps) + _BELOW
    y = height - _BELOW
    places = {number: round(y, 1) for number in ordered[:1]}
    leaps = []
    for number, power, step in zip(ordered[1:], powers, steps, strict=True):
        if power >= _LEAP:
            leaps.append(Leap(round(y - step / 2, 1), int(power)))
        y -= step
        places[number] = round(y, 1)
    return Scale(height, places, tuple(leaps))
