"""Dates, numbers and durations as readers of a language write them; knows no template."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from chalicelib.templates.jalali import jalali, persian_month

# Imported where used: Babel takes 45 ms, and a text without a date needs none of it.

_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_SPACES = str.maketrans({"\u202f": " ", "\u00a0": " "})


def local_time(value: str | datetime, timezone: str) -> datetime:
    """A stored moment on the wall clock of `timezone`; a moment without a zone is UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZoneInfo(timezone))


@lru_cache(maxsize=512)
def long_day(value: str | datetime, timezone: str, locale: str) -> str:
    """The day in full with its weekday; in Persian the Persian date with the civil one beside it."""
    from babel.dates import format_date

    day = local_time(value, timezone).date()
    if locale == "fa":
        civil = digits(format_date(day, "long", locale="fa"), locale)
        weekday = format_date(day, "EEEE", locale="fa")
        return f"{weekday} {_persian(value, timezone, with_year=True)} ({civil})"
    return _plain(format_date(day, "full", locale=locale), locale)


@lru_cache(maxsize=512)
def short_day(value: str | datetime, timezone: str, locale: str) -> str:
    """Day and month, as short as a text message needs; in Persian with the civil ones beside them."""
    from babel.dates import format_skeleton

    civil = _plain(format_skeleton("MMMd", local_time(value, timezone), locale=locale), locale)
    if locale == "fa":
        return f"{_persian(value, timezone, with_year=False)} ({civil})"
    return civil


@lru_cache(maxsize=512)
def month_name(value: str | datetime, timezone: str, locale: str) -> str:
    """Month and year of the civil calendar, by which files are named."""
    from babel.dates import format_skeleton

    text = format_skeleton("yMMMM", local_time(value, timezone), locale=locale)
    return digits(_plain(text, locale), locale)


@lru_cache(maxsize=512)
def clock_time(value: str | datetime, timezone: str, locale: str) -> str:
    """Hours and minutes."""
    from babel.dates import format_time

    return _plain(format_time(local_time(value, timezone), "short", locale=locale), locale)


@lru_cache(maxsize=512)
def duration(hours: float, locale: str) -> str:
    """A length of time in its largest sensible unit, such as `3 hours` or `2 days`."""
    from babel.dates import format_timedelta

    smallest: Literal["hour", "minute"] = "hour" if hours >= 1 else "minute"
    length = timedelta(hours=max(hours, 0))
    text = format_timedelta(length, granularity=smallest, threshold=2, locale=locale)
    return _plain(text, locale)


def language_name(code: str, locale: str) -> str:
    """What a language is called in another one; its code where it has no name there."""
    from babel import Locale

    return str(Locale.parse(locale).languages.get(code, code))


def number(value: float, locale: str) -> str:
    """A number with the grouping and the digits of the language."""
    from babel.numbers import format_decimal

    return _plain(format_decimal(value, locale=locale, numbering_system="default"), locale)


def plural(value: float, locale: str, forms: dict[str, str]) -> str:
    """The one of `forms` (`one`, `few`, `other` …) that goes with `value`; `other` when it is absent."""
    from babel import Locale

    return forms.get(Locale.parse(locale).plural_form(value), forms["other"])


def digits(text: str, locale: str) -> str:
    """`text` with the digits that the language is written with."""
    return text.translate(_PERSIAN_DIGITS) if locale == "fa" else text


def _persian(value: str | datetime, timezone: str, *, with_year: bool) -> str:
    year, month, day = jalali(local_time(value, timezone).date())
    text = f"{day} {persian_month(month)}" + (f" {year}" if with_year else "")
    return digits(text, "fa")


def _plain(text: str, locale: str) -> str:
    # CLDR's narrow no-break space would turn a text message of 160 letters into one of 70.
    return digits(text.translate(_SPACES), locale)
