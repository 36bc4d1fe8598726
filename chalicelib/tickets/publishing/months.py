"""Months as the city has them; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

MONTHS = 13  # the present one and a year before it


class Month(NamedTuple):
    """A month in the city: its name (YYYY-MM), its first moment, and the first of the next."""

    name: str
    begin: datetime
    end: datetime


def months_before(now: datetime, timezone: str) -> list[Month]:
    """The present month and the year before it, newest first."""
    begin = now.astimezone(ZoneInfo(timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for _ in range(MONTHS):
        found.append(month_of(begin))
        begin = found[-1].begin - timedelta(days=1)
    return found


def month_of(day: datetime) -> Month:
    """The month that a local day lies in."""
    begin = day.replace(day=1)
    return Month(f"{begin:%Y-%m}", begin, (begin + timedelta(days=32)).replace(day=1))
