"""Working time: when an agency works, and arithmetic with it; pure, knows no ticket and no target.

What the clock on the office's wall shows decides: a moment is working time when the local date and
time of that moment lie inside an interval. So an hour that a clock change skips never counts, an
hour that it repeats counts twice, and a deadline never falls on a time that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from chalicelib.errors import InvalidRequest
from chalicelib.tickets.model.fields import Administered, Code, TimeOfDay, Title

# Imported where used: holidays takes 130 ms, and a calendar keeps three years of them.

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = timedelta(days=1)
LONGEST_WAIT_DAYS = 3660  # ten years without enough working time is a mistake, not a deadline

MOST_REACHED = 1_000

Span = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True)
class Calendar(Administered):
    """When an agency works. `weekly` maps monday … sunday to intervals such as ("09:00", "17:00").

    Holidays are those of `holiday_country` and `holiday_region` (ISO codes); `closures` are the
    city's own, and `openings` days on which it works although the country rests. `known_holidays`
    are the country's for `known_years`, looked up when the calendar was published; other years are
    looked up when needed, which costs a function more than all the rest of its work.
    """

    calendar_code: Code
    name: Title
    timezone: str
    weekly: Mapping[str, tuple[tuple[TimeOfDay, TimeOfDay], ...]]
    holiday_country: str = ""
    holiday_region: str = ""
    closures: Mapping[date, str] = field(default_factory=dict)
    openings: Mapping[date, str] = field(default_factory=dict)
    known_years: tuple[int, ...] = ()
    known_holidays: Mapping[date, str] = field(default_factory=dict)
    version: int = 0

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone that the wall clock follows."""
        return ZoneInfo(self.timezone)

    @cached_property
    def rota(self) -> tuple[tuple[tuple[timedelta, timedelta], ...], ...]:
        """Seven days from Monday, each with its intervals counted from midnight."""
        return tuple(
            tuple(sorted((_since_midnight(a), _since_midnight(b)) for a, b in self._intervals(day)))
            for day in WEEKDAYS
        )

    @cached_property
    def spans(self) -> dict[date, list[Span]]:
        """The working time of days that were asked about before; a calendar never changes."""
        return {}

    @cached_property
    def reached(self) -> dict[tuple[datetime, timedelta], datetime]:
        """Deadlines that were computed before: a run asks for each of a ticket's several times."""
        return {}

    def day_off(self, day: date) -> str:
        """Why nobody works on `day` whatever the week says: its name, or empty."""
        if day in self.openings:
            return ""
        if day in self.closures:
            return self.closures[day] or "closed"
        if not self.holiday_country:
            return ""
        if day.year in self.known_years:
            return self.known_holidays.get(day, "")
        return public_holidays(self.holiday_country, self.holiday_region, day.year).get(day, "")

    def _intervals(self, day: str) -> tuple[tuple[str, str], ...]:
        return tuple((a, b) for a, b in self.weekly.get(day, ()))


def with_holidays(calendar: Calendar, years: Sequence[int]) -> Calendar:
    """The calendar with its country's holidays of `years` written into it."""
    if not calendar.holiday_country:
        return replace(calendar, known_years=(), known_holidays={})
    codes = calendar.holiday_country, calendar.holiday_region
    found = {day: name for year in years for day, name in public_holidays(*codes, year).items()}
    return replace(calendar, known_years=tuple(years), known_holidays=found)


@lru_cache(maxsize=256)
def public_holidays(country: str, region: str, year: int) -> Mapping[date, str]:
    """The country's public holidays of one year. Raises `InvalidRequest` for unknown codes."""
    import holidays

    try:
        found = holidays.country_holidays(country, subdiv=region or None, years=year)
    except NotImplementedError as error:
        raise InvalidRequest(
            f"No holidays are known for {country} {region}".strip() + "; use ISO codes, or none.",
            {"holiday_region" if region else "holiday_country": "is not a known ISO code"},
        ) from error
    return dict(found.items())


def add_working_time(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """The first moment by which `amount` of working time has passed since `start` (UTC).

    A negative amount counts backwards: the last moment from which that much is left until `start`.
    Raises `InvalidRequest` when the calendar has not that much working time within ten years.
    """
    if amount < timedelta():
        return _subtract(calendar, start, -amount)
    if not amount:
        return start
    key = start, amount
    if (known := calendar.reached.get(key)) is None:
        if len(calendar.reached) >= MOST_REACHED:
            calendar.reached.clear()
        known = calendar.reached[key] = _add(calendar, start, amount)
    return known


def _add(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    for opens, closes in _spans_after(calendar, start):
        begins = max(opens, start)
        if closes - begins >= amount:
            return begins + amount
        amount -= closes - begins
    raise _no_working_time(calendar)


def add_working_minutes(calendar: Calendar, start: datetime, minutes: int) -> datetime:
    """`add_working_time` for whole minutes."""
    return add_working_time(calendar, start, timedelta(minutes=minutes))


def working_time_between(calendar: Calendar, a: datetime, b: datetime) -> timedelta:
    """How much working time lies between two moments; negative when `b` is before `a`."""
    if b < a:
        return -working_time_between(calendar, b, a)
    total = timedelta()
    day, last = _local_day(calendar, a) - DAY, _local_day(calendar, b) + DAY
    while day <= last:
        for opens, closes in spans_on(calendar, day):
            total += max(min(closes, b) - max(opens, a), timedelta())
        day += DAY
    return total


def working_minutes_between(calendar: Calendar, a: datetime, b: datetime) -> int:
    """Whole working minutes between two moments; negative when `b` is before `a`."""
    return int(working_time_between(calendar, a, b) / timedelta(minutes=1))


def is_working(calendar: Calendar, at: datetime) -> bool:
    """Whether the office is open at this moment."""
    local = at.astimezone(calendar.zone)
    if calendar.day_off(local.date()):
        return False
    passed = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    return any(opens <= passed < closes for opens, closes in calendar.rota[local.weekday()])


def spans_on(calendar: Calendar, day: date) -> list[Span]:
    """The working time of one local day as moments in UTC, in order."""
    if day not in calendar.spans:
        calendar.spans[day] = _find_spans(calendar, day)
    return calendar.spans[day]


def _find_spans(calendar: Calendar, day: date) -> list[Span]:
    intervals = calendar.rota[day.weekday()]
    if not intervals or calendar.day_off(day):
        return []
    midnight = datetime.combine(day, time(), UTC)
    before, after = _offsets(calendar.zone, day)
    if before == after:
        return [(midnight + a - before, midnight + b - before) for a, b in intervals]
    return _spans_around_change(calendar, midnight, (before, after))


def _spans_around_change(
    calendar: Calendar, midnight: datetime, offsets: tuple[timedelta, timedelta]
) -> list[Span]:
    """A day on which the clocks change: each interval as far as it lies on either side."""
    before, after = offsets
    latest = midnight + DAY - min(before, after)
    change = _moment_of_change(calendar.zone, midnight - before, latest, after)
    spans = []
    for a, b in calendar.rota[midnight.weekday()]:
        spans.append((midnight + a - before, min(midnight + b - before, change)))
        spans.append((max(midnight + a - after, change), midnight + b - after))
    return sorted((a, b) for a, b in spans if a < b)


def _offsets(zone: ZoneInfo, day: date) -> tuple[timedelta, timedelta]:
    """The distance from UTC as the day begins and as it ends."""
    starts = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + DAY, time(fold=1), zone)
    return starts.utcoffset() or timedelta(), ends.utcoffset() or timedelta()


def _moment_of_change(zone: ZoneInfo, low: datetime, high: datetime, after: timedelta) -> datetime:
    """The first second in `low` … `high` at which the zone keeps the new distance from UTC."""
    seconds = int((high - low).total_seconds())
    first, last = 0, max(seconds, 0)
    while first < last:
        middle = (first + last) // 2
        if (low + timedelta(seconds=middle)).astimezone(zone).utcoffset() == after:
            last = middle
        else:
            first = middle + 1
    return low + timedelta(seconds=first)


def _spans_after(calendar: Calendar, start: datetime) -> Iterator[Span]:
    day = _local_day(calendar, start) - DAY
    for _ in range(LONGEST_WAIT_DAYS):
        yield from (span for span in spans_on(calendar, day) if span[1] > start)
        day += DAY


def _subtract(calendar: Calendar, end: datetime, left: timedelta) -> datetime:
    day = _local_day(calendar, end) + DAY
    for _ in range(LONGEST_WAIT_DAYS):
        for opens, closes in reversed(spans_on(calendar, day)):
            length = max(min(closes, end) - opens, timedelta())
            if length >= left:
                return min(closes, end) - left
            left -= length
        day -= DAY
    raise _no_working_time(calendar)


def _no_working_time(calendar: Calendar) -> InvalidRequest:
    return InvalidRequest(
        f"The calendar {calendar.calendar_code!r} has not enough working time; give it some hours.",
        {"weekly": "has no working time"},
    )


def _local_day(calendar: Calendar, at: datetime) -> date:
    return at.astimezone(calendar.zone).date()


def _since_midnight(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))
