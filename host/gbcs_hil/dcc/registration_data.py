"""The DSP's copy of registration data: which supplier and operator a meter point has, and when.

Immutable: what injects a fault returns other data. Dates are calendar days; a registration
counts from the start of its first day to the end of its last (UTC).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta


@dataclass(frozen=True, order=True)
class Registration:
    """One period of a meter point.

    Attributes:
        point: MPAN or MPRN, digits.
        start: first day.
        supplier: the supplier's market participant identifier.
        operator: the network operator's.
        end: last day, or None while it lasts.
    """

    point: str
    start: date
    supplier: str
    operator: str
    end: date | None = None

    def covers(self, when: datetime) -> bool:
        """Return whether a time, with time zone, is in this period."""
        begins = datetime.combine(self.start, time(), UTC)
        if when < begins:
            return False
        return self.end is None or when < datetime.combine(self.end + _DAY, time(), UTC)


_DAY = timedelta(days=1)


class RegistrationData:
    """Registrations by meter point."""

    def __init__(self, registrations: Iterable[Registration] = ()) -> None:
        self._points: dict[str, tuple[Registration, ...]] = {}
        for entry in sorted(registrations):
            self._points[entry.point] = (*self._points.get(entry.point, ()), entry)

    def at(self, point: str | None, when: datetime) -> Registration | None:
        """Return the registration of a meter point at a time; the latest if several cover it."""
        covering = [r for r in self._points.get(point or "", ()) if r.covers(when)]
        return covering[-1] if covering else None

    def history(self, point: str) -> tuple[Registration, ...]:
        """Return every period of a meter point, oldest first."""
        return self._points.get(point, ())

    def entries(self) -> tuple[Registration, ...]:
        """Return everything, by meter point and then by start."""
        return tuple(entry for periods in self._points.values() for entry in periods)

    def with_registration(self, entry: Registration) -> "RegistrationData":
        """Return the data after a change: the period before ends the day before."""
        before = [
            replace(r, end=entry.start - _DAY) if r.end is None else r
            for r in self.history(entry.point)
        ]
        return self._instead(entry.point, (*before, entry))

    def missing(self, point: str) -> "RegistrationData":
        """Return the data without anything on a meter point (S63-10)."""
        return self._instead(point, ())

    def wrong(
        self, point: str, supplier: str | None = None, operator: str | None = None
    ) -> "RegistrationData":
        """Return data that name another supplier or operator throughout (S63-10)."""
        return self._instead(
            point,
            (
                replace(r, supplier=supplier or r.supplier, operator=operator or r.operator)
                for r in self.history(point)
            ),
        )

    def stale(self, point: str | None = None) -> "RegistrationData":
        """Return data that miss the last change of a meter point, or of every one (S63-10)."""
        points = self._points if point is None else {point: self.history(point)}
        data = self
        for name, periods in points.items():
            if len(periods) > 1:
                kept = (*periods[:-2], replace(periods[-2], end=None))
                data = data._instead(name, kept)
        return data

    def _instead(self, point: str, periods: Iterable[Registration]) -> "RegistrationData":
        others = (entry for entry in self.entries() if entry.point != point)
        return RegistrationData((*others, *periods))
