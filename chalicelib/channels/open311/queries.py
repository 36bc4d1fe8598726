"""The arguments of a list of requests, checked; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.channels import bounds
from chalicelib.channels.open311.moments import read_moment
from chalicelib.channels.open311.problems import Problem, Refused
from chalicelib.channels.questions import read_number
from chalicelib.geography import Box, circle

SPAN = timedelta(days=90)
DEFAULT_PAGE_SIZE = 100

Arguments = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which requests are asked for. With `request_ids` nothing else counts."""

    start: datetime
    end: datetime
    request_ids: tuple[str, ...] = ()
    service_codes: tuple[str, ...] = ()
    is_open: bool | None = None
    order: str = "requested"  # or updated
    size: int = bounds.OPEN311_SIZE
    page: int = 1
    cursor: str = ""
    box: Box | None = None
    is_extended: bool = False

    @property
    def window(self) -> dict[str, str]:
        """The arguments that ask for the same span of time at any later moment."""
        names = _UPDATED if self.order == "updated" else _REQUESTED
        ends = (self.start.isoformat(), self.end.isoformat())
        return dict(zip(names, ends, strict=True))


def parse_query(arguments: Arguments, now: datetime) -> Query:
    """The query in a call's arguments. Raises `Refused` with everything that is wrong with them."""
    problems: list[Problem] = []
    ids = listed(arguments, "service_request_id")
    is_extended = _one(arguments, "extensions").lower() == "true"
    if ids:
        found = _named(ids, now, is_extended=is_extended)
        return replace(found, cursor=_one(arguments, "cursor"))
    order = "updated" if any(_one(arguments, name) for name in _UPDATED) else "requested"
    start, end = _window(arguments, order, _whole_second(now), problems)
    query = Query(
        start=start,
        end=end,
        service_codes=tuple(listed(arguments, "service_code")),
        is_open=_status(arguments, problems),
        order=order,
        size=_size(arguments, problems),
        page=max(_whole(arguments, "page", 1, 10_000, problems), 1),
        cursor=_one(arguments, "cursor"),
        box=_area(arguments, problems),
        is_extended=is_extended,
    )
    if problems:
        raise Refused(problems)
    return query


def _named(ids: Sequence[str], now: datetime, *, is_extended: bool) -> Query:
    if len(ids) > bounds.OPEN311_IDS:
        limit = {"limit": str(bounds.OPEN311_IDS)}
        raise Refused([Problem("400.too_many_ids", "service_request_id", limit)])
    return Query(start=now, end=now, request_ids=tuple(ids), is_extended=is_extended)


def _whole_second(now: datetime) -> datetime:
    """The end of this second, so that the window can be written down and asked for again."""
    return now + timedelta(microseconds=-now.microsecond % 1_000_000)


_UPDATED = ("updated_after", "updated_before")
_REQUESTED = ("start_date", "end_date")


def listed(arguments: Arguments, name: str) -> list[str]:
    """Values given as a comma list, repeated, or both."""
    parts = (part.strip() for value in arguments.get(name, ()) for part in value.split(","))
    return list(dict.fromkeys(part for part in parts if part))


def _one(arguments: Arguments, name: str) -> str:
    values = [value.strip() for value in arguments.get(name, ()) if value.strip()]
    return values[-1] if values else ""


def _window(
    arguments: Arguments, order: str, now: datetime, problems: list[Problem]
) -> tuple[datetime, datetime]:
    """The span of time: one end given fixes the other, none given means the last ninety days."""
    names = _UPDATED if order == "updated" else _REQUESTED
    start, end = (_moment(arguments, name, problems) for name in names)
    if order == "updated":
        return start or (end or now) - SPAN, end or now
    if start and end:
        _check_window(start, end, problems)
        return start, end
    if start:
        return start, start + SPAN
    return (end - SPAN, end) if end else (now - SPAN, now)


def _check_window(start: datetime, end: datetime, problems: list[Problem]) -> None:
    if start > end:
        problems.append(Problem("400.date", "start_date"))
    elif end - start > SPAN:
        problems.append(Problem("400.span"))


def _moment(arguments: Arguments, name: str, problems: list[Problem]) -> datetime | None:
    text = _one(arguments, name)
    moment = read_moment(text) if text else None
    if text and moment is None:
        problems.append(Problem("400.date", name))
    return moment


def _status(arguments: Arguments, problems: list[Problem]) -> bool | None:
    asked = {status.lower() for status in listed(arguments, "status")}
    if asked - {"open", "closed"}:
        problems.append(Problem("400.status"))
    return None if len(asked) != 1 else asked == {"open"}


def _size(arguments: Arguments, problems: list[Problem]) -> int:
    is_paged = any(_one(arguments, name) for name in ("page", "cursor"))
    default = DEFAULT_PAGE_SIZE if is_paged else bounds.OPEN311_SIZE
    size = _whole(arguments, "page_size", default, bounds.OPEN311_SIZE, problems)
    if size < 1:
        problems.append(Problem("400.number", "page_size"))
    return size


def _whole(
    arguments: Arguments, name: str, default: int, most: int, problems: list[Problem]
) -> int:
    text = _one(arguments, name)
    if not text:
        return default
    number = bounds.whole(text) if text.isascii() else None
    if number is None or number > most:
        problems.append(Problem("400.number", name))
        return default
    return number


def _area(arguments: Arguments, problems: list[Problem]) -> Box | None:
    if _one(arguments, "bbox"):
        return _box(_one(arguments, "bbox"), problems)
    texts = [_one(arguments, name) for name in ("lat", "long", "radius")]
    if not any(texts):
        return None
    numbers = [read_number(text) for text in texts]
    lat, long, radius = numbers
    if lat is None or long is None or radius is None or abs(lat) > 90 or abs(long) > 180:
        problems.append(Problem("400.area"))
        return None
    if not 0 < radius <= 100_000:
        problems.append(Problem("400.area", "radius"))
        return None
    return circle(lat, long, radius)


def _box(text: str, problems: list[Problem]) -> Box | None:
    numbers = [read_number(part) for part in text.split(",")]
    if len(numbers) == 4 and None not in numbers:
        west, south, east, north = (number or 0.0 for number in numbers)
        if west <= east and south <= north:
            return Box(west, south, east, north)
    problems.append(Problem("400.area", "bbox"))
    return None
