"""Dates as HTTP writes them (RFC 9110 §5.6.7)."""

from __future__ import annotations

import time

# Not strftime: its names of days and months follow the locale.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def http_date(timestamp: float) -> str:
    """Seconds since the epoch as ``Sun, 06 Nov 1994 08:49:37 GMT``."""
    year, month, day, hour, minute, second, weekday, _, _ = time.gmtime(timestamp)
    clock = f"{hour:02d}:{minute:02d}:{second:02d}"
    return f"{_DAYS[weekday]}, {day:02d} {_MONTHS[month - 1]} {year:04d} {clock} GMT"


def parse_http_date(text: str) -> float | None:
    """A date header as seconds since the epoch, or None if it is no date."""
    from email.utils import mktime_tz, parsedate_tz

    parsed = parsedate_tz(text)
    return None if parsed is None else float(mktime_tz(parsed))
