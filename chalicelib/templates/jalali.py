"""The Persian civil calendar, by the 33-year rule that agrees with the official one until 1633."""

from __future__ import annotations

from datetime import date, timedelta

MONTHS = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)
_ANCHOR_YEAR = 1300
_ANCHOR = date(1921, 3, 21)  # the first of Farvardin 1300


def jalali(day: date) -> tuple[int, int, int]:
    """Year, month and day of `day` in the Persian calendar; from 1921 on.

    >>> jalali(date(2026, 11, 24))
    (1405, 9, 3)
    """
    year, rest = _ANCHOR_YEAR, (day - _ANCHOR) // timedelta(days=1)
    if rest < 0:
        raise ValueError(f"{day} lies before 1921, where the Persian calendar here begins.")
    while rest >= _length(year):
        rest -= _length(year)
        year += 1
    if rest < 186:
        return year, rest // 31 + 1, rest % 31 + 1
    return year, (rest - 186) // 30 + 7, (rest - 186) % 30 + 1


def _length(year: int) -> int:
    return 366 if (25 * year + 11) % 33 < 8 else 365
