"""Quiet hours: when a text may be sent to somebody; pure, knows no message."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def is_span(text: str) -> bool:
    """Whether `text` is a span of the day such as `21:00-08:00`."""
    return bool(_SPAN.fullmatch(text))


def opening(now: datetime, quiet_hours: str, timezone: str) -> datetime | None:
    """When the quiet hours that `now` lies in are over, in UTC; None when it lies in none.

    The hours are wall-clock time in `timezone`; their first minute is quiet, the one they end with is not.
    """
    found = _SPAN.fullmatch(quiet_hours)
    if not found:
        return None
    start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    local = now.astimezone(ZoneInfo(timezone))
    clock = local.time()
    is_quiet = start <= clock < end if start < end else clock >= start or clock < end
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=1 if clock >= end else 0)
    return datetime.combine(day, end, ZoneInfo(timezone)).astimezone(UTC)


def next_morning(now: datetime, quiet_hours: str, timezone: str) -> datetime:
    """The next end of the quiet hours after `now`, or eight o'clock where there are none, in UTC."""
    return _morning(now, quiet_hours, timezone, is_past=False)


def last_morning(now: datetime, quiet_hours: str, timezone: str) -> datetime:
    """The latest end of the quiet hours up to `now`, in UTC."""
    return _morning(now, quiet_hours, timezone, is_past=True)


def _morning(now: datetime, quiet_hours: str, timezone: str, *, is_past: bool) -> datetime:
    found = _SPAN.fullmatch(quiet_hours)
    end = time(int(found[3]), int(found[4])) if found else time(8)
    local = now.astimezone(ZoneInfo(timezone))
    day = local.date()
    if is_past and local.time() < end:
        day -= timedelta(days=1)
    if not is_past and local.time() >= end:
        day += timedelta(days=1)
    return datetime.combine(day, end, ZoneInfo(timezone)).astimezone(UTC)


def local_day(now: datetime, timezone: str) -> str:
    """The civil day in `timezone`, as ISO text."""
    return now.astimezone(ZoneInfo(timezone)).date().isoformat()
