"""Working time over clock changes, holidays and odd weeks, against a slow oracle."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.errors import InvalidRequest
from chalicelib.tickets.worktime.calendars import (
    WEEKDAYS,
    Calendar,
    add_working_minutes,
    add_working_time,
    is_working,
    public_holidays,
    spans_on,
    with_holidays,
    working_minutes_between,
    working_time_between,
)

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
OFFICE = (("09:00", "17:00"),)
SPLIT = (("08:30", "12:30"), ("13:00", "17:00"))
NIGHT = (("00:00", "06:00"), ("22:00", "24:00"))
ODD_ZONES = {
    "Europe/London": ["2026-03-29", "2026-10-25"],
    "Europe/Dublin": ["2026-03-29", "2026-10-25"],
    "America/New_York": ["2026-03-08", "2026-11-01"],
    "America/St_Johns": ["2026-03-08", "2026-11-01"],
    "America/Havana": ["2026-03-08", "2026-11-01"],
    "America/Santiago": ["2026-04-05", "2026-09-06"],
    "America/Nuuk": ["2026-03-28", "2026-10-24"],
    "Asia/Tehran": ["2022-03-22", "2022-09-21", "2026-03-21"],
    "Asia/Beirut": ["2026-03-29", "2026-10-25"],
    "Africa/Casablanca": ["2026-02-15", "2026-03-22"],
    "Africa/Cairo": ["2026-04-24", "2026-10-30"],
    "Antarctica/Troll": ["2026-03-29", "2026-10-25"],
    "Atlantic/Azores": ["2026-03-29", "2026-10-25"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    "Pacific/Chatham": ["2026-04-05", "2026-09-27"],
    "Pacific/Apia": ["2011-12-30"],
}


def a_calendar(zone: str = "UTC", **given: object) -> Calendar:
    weekly = given.pop("weekly", dict.fromkeys(WEEKDAYS[:5], OFFICE))
    facts = {"calendar_code": "default", "name": "Office", "timezone": zone, "weekly": weekly}
    return Calendar(**{**facts, **given})  # type: ignore[arg-type]


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return local.astimezone(UTC)


def local(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


EVERY_DAY = dict.fromkeys(WEEKDAYS, (("00:00", "24:00"),))
NIGHTS = dict.fromkeys(WEEKDAYS, NIGHT)


@pytest.mark.parametrize(
    ("zone", "weekly", "start", "minutes", "expected"),
    [
        pytest.param("UTC", None, "2026-03-02 09:00", 60, "2026-03-02 10:00", id="same day"),
        pytest.param("UTC", None, "2026-03-02 16:30", 60, "2026-03-03 09:30", id="over night"),
        pytest.param("UTC", None, "2026-03-06 16:30", 60, "2026-03-09 09:30", id="over a weekend"),
        pytest.param("UTC", None, "2026-03-07 03:00", 1, "2026-03-09 09:01", id="from a Saturday"),
        pytest.param(
            "UTC", None, "2026-03-02 09:00", 480, "2026-03-02 17:00", id="to closing time"
        ),
        pytest.param(
            "UTC",
            dict.fromkeys(WEEKDAYS, SPLIT),
            "2026-03-02 12:00",
            60,
            "2026-03-02 13:30",
            id="over lunch",
        ),
        pytest.param(
            "Asia/Tehran",
            dict.fromkeys(("saturday", "sunday", "wednesday", "thursday"), OFFICE),
            "2026-05-14 16:00",
            120,
            "2026-05-16 10:00",
            id="Friday weekend",
        ),
        pytest.param(
            "Europe/London",
            EVERY_DAY,
            "2026-03-29 00:30",
            60,
            "2026-03-29 02:30",
            id="T03 London skips 01:00 to 02:00",
        ),
        pytest.param(
            "America/New_York",
            EVERY_DAY,
            "2026-03-08 01:30",
            60,
            "2026-03-08 03:30",
            id="T03 New York skips 02:00 to 03:00",
        ),
        pytest.param(
            "Europe/London",
            EVERY_DAY,
            "2026-10-25 00:30",
            120,
            "2026-10-25 01:30",
            id="T04 London has 01:30 twice",
        ),
        pytest.param(
            "Europe/London",
            NIGHTS,
            "2026-03-28 23:00",
            420,
            "2026-03-29 23:00",
            id="a night shift that loses an hour",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            EVERY_DAY,
            "2026-10-04 01:45",
            30,
            "2026-10-04 02:45",
            id="Lord Howe skips half an hour",
        ),
        pytest.param(
            "America/Santiago",
            EVERY_DAY,
            "2026-09-05 23:30",
            60,
            "2026-09-06 01:30",
            id="Santiago skips midnight",
        ),
        pytest.param(
            "UTC", None, "2028-02-28 16:00", 120, "2028-02-29 10:00", id="T09 29 February"
        ),
        pytest.param("UTC", None, "2026-12-31 16:00", 120, "2027-01-01 10:00", id="T09 year end"),
    ],
)
def test_working_time_is_added_by_the_wall_clock(
    zone: str, weekly: object, start: str, minutes: int, expected: str
) -> None:
    calendar = a_calendar(zone, **({"weekly": weekly} if weekly else {}))
    assert local(add_working_minutes(calendar, at(start, zone), minutes), zone) == expected


def test_friday_afternoon_plus_four_hours_over_a_bank_holiday_is_tuesday_noon() -> None:
    calendar = a_calendar("Europe/London", holiday_country="GB", holiday_region="ENG")
    due = add_working_minutes(calendar, at("2026-05-22 16:59", "Europe/London"), 240)
    assert local(due, "Europe/London") == "2026-05-26 12:59"  # T08


def test_nowruz_is_a_holiday_in_iran() -> None:
    week = dict.fromkeys(("saturday", "sunday", "monday", "tuesday", "wednesday"), OFFICE)
    calendar = a_calendar("Asia/Tehran", weekly=week, holiday_country="IR")
    due = add_working_minutes(calendar, at("2026-03-18 16:00", "Asia/Tehran"), 120)
    assert due.astimezone(ZoneInfo("Asia/Tehran")).date() > date(2026, 3, 24)


def test_a_closure_is_no_working_day_and_an_opening_is_one_despite_the_holiday() -> None:
    calendar = a_calendar(
        holiday_country="US",
        closures={date(2026, 3, 3): "Moving house"},
        openings={date(2026, 12, 25): "Hotline"},
    )
    assert add_working_minutes(calendar, at("2026-03-02 16:30"), 60) == at("2026-03-04 09:30")
    assert calendar.day_off(date(2026, 3, 3)) == "Moving house"
    assert is_working(calendar, at("2026-12-25 10:00"))


def test_a_region_has_holidays_that_its_country_has_not() -> None:
    assert date(2026, 1, 6) in public_holidays("DE", "BY", 2026)
    assert date(2026, 1, 6) not in public_holidays("DE", "", 2026)


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(InvalidRequest) as caught:
        public_holidays("XX", "", 2026)
    assert "holiday_country" in caught.value.fields


def test_holidays_written_into_a_calendar_say_the_same_as_those_looked_up() -> None:
    looked_up = a_calendar(holiday_country="US")
    written = with_holidays(looked_up, [2026])
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [written.day_off(d) for d in days] == [looked_up.day_off(d) for d in days]
    assert written.known_years == (2026,)


def test_a_calendar_without_working_time_says_so() -> None:
    with pytest.raises(InvalidRequest, match="not enough working time"):
        add_working_minutes(a_calendar(weekly={}), at("2026-03-02 09:00"), 1)
    with pytest.raises(InvalidRequest, match="not enough working time"):
        add_working_minutes(a_calendar(weekly={}), at("2026-03-02 09:00"), -1)


def test_no_minutes_are_added_where_one_stands() -> None:
    assert add_working_minutes(a_calendar(), at("2026-03-07 03:00"), 0) == at("2026-03-07 03:00")


def test_elapsed_time_across_a_repeated_hour_is_elapsed_time() -> None:
    zone = "Europe/London"
    calendar = a_calendar(zone, weekly=EVERY_DAY)
    start = at("2026-10-24 12:00", zone)
    assert add_working_minutes(calendar, start, 24 * 60) == start + timedelta(hours=24)


def test_a_skipped_day_has_no_working_time() -> None:
    calendar = a_calendar("Pacific/Apia", weekly=EVERY_DAY)
    assert spans_on(calendar, date(2011, 12, 30)) == []


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, tuple[tuple[str, str], ...]]:
    def day() -> tuple[tuple[str, str], ...]:
        cuts = draw(st.lists(st.integers(0, 96), max_size=6, unique=True).map(sorted))
        return tuple((_clock(a), _clock(b)) for a, b in zip(cuts[::2], cuts[1::2], strict=False))

    week = {name: day() for name in draw(st.sets(st.sampled_from(WEEKDAYS), min_size=1))}
    return week if any(week.values()) else {"monday": OFFICE}


def _clock(quarters: int) -> str:
    return f"{quarters // 4:02d}:{quarters % 4 * 15:02d}"


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar and a moment within two days of a change of its clocks."""
    zone = draw(st.sampled_from(sorted(ODD_ZONES)))
    day = date.fromisoformat(draw(st.sampled_from(ODD_ZONES[zone])))
    closed = {day + timedelta(days=n): "closed" for n in draw(st.sets(st.integers(-3, 3)))}
    near = datetime(day.year, day.month, day.day, tzinfo=UTC)
    moment = near + draw(st.integers(-2 * 1440, 2 * 1440)) * MINUTE
    return a_calendar(zone, weekly=draw(weeks()), closures=closed), moment


def slowly_counted(calendar: Calendar, a: datetime, b: datetime) -> int:
    """The oracle: looks at the wall clock every minute."""
    count, moment = 0, a
    while moment < b:
        wall = moment.astimezone(ZoneInfo(calendar.timezone))
        shown = f"{wall:%H:%M}"
        hours = calendar.weekly.get(WEEKDAYS[wall.weekday()], ())
        is_open = wall.date() not in calendar.closures
        count += is_open and any(opens <= shown < closes for opens, closes in hours)
        moment += MINUTE
    return count


@pytest.mark.parametrize("zone", sorted(ODD_ZONES))
def test_no_minute_around_any_clock_change_is_lost_or_made_up(zone: str) -> None:
    for day in ODD_ZONES[zone]:
        start = datetime.fromisoformat(f"{day}T00:00+00:00") - timedelta(days=1, hours=2)
        for weekly in (EVERY_DAY, NIGHTS, dict.fromkeys(WEEKDAYS, (("00:15", "03:45"),))):
            calendar = a_calendar(zone, weekly=weekly)
            spans = [s for n in range(-2, 6) for s in spans_on(calendar, start.date() + n * DAY)]
            for minute in range(0, 3 * 1440, 5):
                moment = start + minute * MINUTE
                inside = any(opens <= moment < closes for opens, closes in spans)
                assert inside == bool(slowly_counted(calendar, moment, moment + MINUTE)), moment


@settings(max_examples=80, deadline=None)
@given(calendars(), st.integers(0, 3 * 1440))
def test_counting_agrees_with_looking_at_the_clock_every_minute(
    case: tuple[Calendar, datetime], length: int
) -> None:
    calendar, start = case
    end = start + length * MINUTE
    assert working_minutes_between(calendar, start, end) == slowly_counted(calendar, start, end)


@settings(max_examples=150, deadline=None)
@given(calendars(), st.integers(0, 3_000))
def test_adding_then_counting_gives_back_the_same(
    case: tuple[Calendar, datetime], minutes: int
) -> None:
    calendar, start = case
    due = add_working_minutes(calendar, start, minutes)
    assert working_minutes_between(calendar, start, due) == minutes


@settings(max_examples=150, deadline=None)
@given(calendars(), st.integers(1, 3_000))
def test_a_deadline_is_the_earliest_moment_at_which_the_time_is_up(
    case: tuple[Calendar, datetime], minutes: int
) -> None:
    calendar, start = case
    due = add_working_minutes(calendar, start, minutes)
    before = due - timedelta(seconds=1)
    assert working_time_between(calendar, start, before) < minutes * MINUTE


@settings(max_examples=150, deadline=None)
@given(calendars(), st.integers(0, 3_000), st.integers(0, 500), st.integers(0, 4_000))
def test_later_starts_and_more_minutes_never_give_earlier_deadlines(
    case: tuple[Calendar, datetime], minutes: int, more: int, delay: int
) -> None:
    calendar, start = case
    due = add_working_minutes(calendar, start, minutes)
    assert add_working_minutes(calendar, start, minutes + more) >= due
    if minutes:
        assert add_working_minutes(calendar, start + delay * MINUTE, minutes) >= due


@settings(max_examples=150, deadline=None)
@given(calendars(), st.integers(1, 3_000))
def test_counting_back_from_a_moment_leaves_that_much_until_it(
    case: tuple[Calendar, datetime], minutes: int
) -> None:
    calendar, end = case
    start = add_working_minutes(calendar, end, -minutes)
    assert working_minutes_between(calendar, start, end) == minutes
    later = start + timedelta(seconds=1)
    assert working_time_between(calendar, later, end) < minutes * MINUTE


@settings(max_examples=100, deadline=None)
@given(calendars(), st.integers(-9_000, 9_000), st.integers(0, 86_400))
def test_working_time_adds_up_over_any_middle(
    case: tuple[Calendar, datetime], length: int, seconds: int
) -> None:
    calendar, a = case
    b, c = a + timedelta(seconds=seconds), a + length * MINUTE
    parts = working_time_between(calendar, a, b) + working_time_between(calendar, b, c)
    assert parts == working_time_between(calendar, a, c)


def test_seconds_are_kept() -> None:
    start = at("2026-03-02 16:59:30")
    due = add_working_time(a_calendar(), start, timedelta(seconds=45))
    assert due == at("2026-03-03 09:00:15")
