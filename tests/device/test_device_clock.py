"""The device's reckoning of time against Python's own."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conftest import MicroPython
from gbcs_device import clock, message
from gbcs_hil.gbcs.dlms_time import encode_time

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LARGEST = 2**32 - 1

ANY_TIME = st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(microsecond=0))


def written(time: datetime) -> str:
    # strftime pads no year below 1000.
    return f"{time.year:04d}{time:%m%d%H%M%S}"


@given(ANY_TIME)
@example(datetime(1, 1, 1, tzinfo=UTC))
@example(datetime(1900, 3, 1, tzinfo=UTC))
@example(datetime(2000, 2, 29, tzinfo=UTC))
@example(datetime(2000, 12, 31, 23, 59, 59, tzinfo=UTC))
@example(datetime(2100, 2, 28, 23, 59, 59, tzinfo=UTC))
@example(datetime(2100, 3, 1, tzinfo=UTC))
@example(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
def test_seconds_of_a_time_are_pythons(time: datetime) -> None:
    assert clock.to_seconds(written(time)) == (time - EPOCH) // timedelta(seconds=1)


@given(st.integers(0, LARGEST))
@example(0)
@example(59 * 86400)
@example(60 * 86400)
@example(366 * 86400 - 1)
@example(366 * 86400)
@example(LARGEST)
def test_a_time_of_seconds_is_pythons(seconds: int) -> None:
    assert clock.from_seconds(seconds) == written(EPOCH + timedelta(seconds=seconds))


@given(st.integers(0, LARGEST))
def test_there_and_back(seconds: int) -> None:
    assert clock.to_seconds(clock.from_seconds(seconds)) == seconds


@given(ANY_TIME)
def test_a_dlms_time_is_the_hosts(time: datetime) -> None:
    assert message.date_time(written(time)) == encode_time(time)


@pytest.mark.parametrize("year", [2000, 2001, 2004, 2096, 2100, 2104])
def test_every_day_of_a_year_and_its_neighbours(year: int) -> None:
    start = datetime(year, 1, 1, tzinfo=UTC)
    for day in range(-1, 367):
        time = start + timedelta(days=day)
        seconds = (time - EPOCH) // timedelta(seconds=1)
        assert clock.to_seconds(written(time)) == seconds
        if seconds >= 0:
            assert clock.from_seconds(seconds) == written(time)


def test_micropython_reckons_the_same(micropython: MicroPython) -> None:
    seconds = [0, 1, 59 * 86400, 60 * 86400, 366 * 86400, 2**30, 2**31 - 1, 2**31, LARGEST]
    script = (
        "from gbcs_device import clock\n"
        f"for n in {seconds}:\n"
        "    t = clock.from_seconds(n)\n"
        "    print(t, clock.to_seconds(t) == n)\n"
    )
    told = micropython.run_script(script).split()
    assert told[0::2] == [written(EPOCH + timedelta(seconds=n)) for n in seconds]
    assert set(told[1::2]) == {"True"}
