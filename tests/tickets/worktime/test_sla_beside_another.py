"""Our working time beside another published library, where both mean the same: no clock change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.tickets.worktime.calendars import (
    WEEKDAYS,
    Calendar,
    add_working_minutes,
    public_holidays,
    with_holidays,
    working_minutes_between,
)

btd: Any = pytest.importorskip("businesstimedelta")
pytz: Any = pytest.importorskip("pytz")

SUMMER = datetime(2026, 6, 1, tzinfo=UTC)  # London keeps one offset until 25 October
DAYS = 100
OFFICE = with_holidays(
    Calendar(
        calendar_code="office",
        name="Office",
        timezone="Europe/London",
        weekly=dict.fromkeys(WEEKDAYS[:5], (("09:00", "12:00"), ("13:00", "17:00"))),
        holiday_country="GB",
        holiday_region="ENG",
    ),
    [2026],
)
MOMENTS = st.integers(0, DAYS * 1440).map(lambda m: SUMMER + timedelta(minutes=m))


@pytest.fixture(scope="module")
def theirs() -> Any:
    zone, week = pytz.timezone("Europe/London"), list(range(5))
    spans = [(time(9), time(12)), (time(13), time(17))]
    rules = [
        btd.WorkDayRule(start_time=a, end_time=b, working_days=week, tz=zone) for a, b in spans
    ]
    free = btd.HolidayRule(dict(public_holidays("GB", "ENG", 2026)), tz=zone)
    return btd.Rules([*rules, free])


@settings(max_examples=60, deadline=None)
@given(start=MOMENTS, minutes=st.integers(1, 3_000))
def test_adding_gives_the_same_deadline(theirs: Any, start: datetime, minutes: int) -> None:
    expected = start + btd.BusinessTimeDelta(theirs, hours=0, seconds=minutes * 60)
    assert add_working_minutes(OFFICE, start, minutes) == expected.astimezone(UTC)


@settings(max_examples=60, deadline=None)
@given(one=MOMENTS, other=MOMENTS)
def test_counting_gives_the_same_time(theirs: Any, one: datetime, other: datetime) -> None:
    a, b = min(one, other), max(one, other)
    found = theirs.difference(a, b)
    assert working_minutes_between(OFFICE, a, b) == found.hours * 60 + found.seconds // 60
