"""The Persian civil calendar; its library is imported for readers of Persian only."""

from __future__ import annotations

from datetime import date

# Imported where used: persiantools takes 4 ms, for readers of Persian only.


def jalali(day: date) -> tuple[int, int, int]:
    """Year, month and day of `day` in the Persian calendar.

    >>> jalali(date(2026, 11, 24))
    (1405, 9, 3)
    """
    from persiantools.jdatetime import JalaliDate

    found = JalaliDate(day)  # type: ignore[no-untyped-call]
    return found.year, found.month, found.day


def persian_month(month: int) -> str:
    """What a month of the Persian calendar is called; the first is 1."""
    from persiantools.jdatetime import MONTH_NAMES_FA

    return str(MONTH_NAMES_FA[month])
