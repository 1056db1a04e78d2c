"""Times as YYYYMMDDhhmmss in UTC, and as ZigBee's seconds since the start of 2000."""

_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
# Days from the year 0 of the Gregorian calendar to 1 January 2000.
_EPOCH_DAYS = 730485


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days(year: int, month: int, day: int) -> int:
    before = year - 1
    days = 366 + before * 365 + before // 4 - before // 100 + before // 400
    days += _DAYS_BEFORE_MONTH[month - 1] + day - 1
    return days + 1 if month > 2 and _leap(year) else days


def to_seconds(time: str) -> int:
    """Return the seconds from the start of 2000 to a time; negative before."""
    days = _days(int(time[0:4]), int(time[4:6]), int(time[6:8])) - _EPOCH_DAYS
    return days * 86400 + int(time[8:10]) * 3600 + int(time[10:12]) * 60 + int(time[12:14])


def from_seconds(seconds: int) -> str:
    """Return the time that is some seconds, 0 to 2^32-1, after the start of 2000."""
    days, seconds = divmod(seconds, 86400)
    year = 2000
    while days >= (366 if _leap(year) else 365):
        days -= 366 if _leap(year) else 365
        year += 1
    month = 12
    while _days(year, month, 1) - _days(year, 1, 1) > days:
        month -= 1
    day = days - (_days(year, month, 1) - _days(year, 1, 1)) + 1
    hour, seconds = divmod(seconds, 3600)
    return "%04d%02d%02d%02d%02d%02d" % (year, month, day, hour, seconds // 60, seconds % 60)


def is_time(text: str) -> bool:
    """Return whether a text is a time of the Gregorian calendar as YYYYMMDDhhmmss."""
    if len(text) != 14 or not text.isdigit():
        return False
    year, month, day = int(text[0:4]), int(text[4:6]), int(text[6:8])
    if not (year and 1 <= month <= 12 and day):
        return False
    days = 31 if month == 12 else _days(year, month + 1, 1) - _days(year, month, 1)
    return day <= days and text[8:10] <= "23" and text[10:12] <= "59" and text[12:14] <= "59"
