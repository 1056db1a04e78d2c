"""Registration data by date, and what goes wrong with them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.dcc.registration_data import Registration, RegistrationData

POINT, OTHER = "2000000000001", "4000000001"
CHANGED = date(2025, 4, 1)
FIRST = Registration(POINT, date(2020, 1, 1), "SUPA", "EDNA")
SECOND = Registration(POINT, CHANGED, "SUPB", "EDNA")
DATA = RegistrationData([FIRST, Registration(OTHER, date(2021, 1, 1), "SUPA", "GTNA")])


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def supplier(data: RegistrationData, when: datetime, point: str = POINT) -> str | None:
    entry = data.at(point, when)
    return None if entry is None else entry.supplier


def test_a_change_ends_what_was_before_at_midnight() -> None:
    data = DATA.with_registration(SECOND)
    change = midnight(CHANGED)
    assert supplier(data, change - timedelta(seconds=1)) == "SUPA"
    assert supplier(data, change) == "SUPB"
    assert data.history(POINT)[0].end == date(2025, 3, 31)
    assert supplier(data, change, OTHER) == "SUPA"


def test_before_the_first_day_nobody_is_registered() -> None:
    assert DATA.at(POINT, midnight(date(2019, 12, 31))) is None
    assert DATA.at(None, midnight(CHANGED)) is None


@pytest.mark.requirement("S63-10")
def test_stale_data_miss_the_last_change() -> None:
    data = DATA.with_registration(SECOND)
    assert supplier(data.stale(POINT), midnight(CHANGED)) == "SUPA"
    assert supplier(data.stale(), midnight(CHANGED)) == "SUPA"
    assert data.stale(OTHER).entries() == data.entries()


@pytest.mark.requirement("S63-10")
def test_wrong_data_name_another_and_missing_data_nobody() -> None:
    when = midnight(CHANGED)
    wrong = DATA.wrong(POINT, operator="EDNB").at(POINT, when)
    assert wrong is not None
    assert (wrong.supplier, wrong.operator) == ("SUPA", "EDNB")
    assert DATA.missing(POINT).at(POINT, when) is None
    assert DATA.missing(POINT).history(OTHER) == DATA.history(OTHER)


DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(changes=st.lists(DAYS, min_size=1, max_size=6, unique=True), day=DAYS)
def test_one_registration_counts_on_each_day(changes: list[date], day: date) -> None:
    data = RegistrationData()
    for number, start in enumerate(sorted(changes)):
        data = data.with_registration(Registration(POINT, start, f"S{number}", "EDNA"))
    covering = [entry for entry in data.history(POINT) if entry.covers(midnight(day))]
    begun = [start for start in changes if start <= day]
    assert [entry.start for entry in covering] == ([max(begun)] if begun else [])
