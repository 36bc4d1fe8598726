"""Checked types for what administrators write; knows no ticket, and costs nothing until checked.

The types are plain strings and numbers with a condition attached. Conditions run when an
administrator saves (`tickets.catalog.checks`), never when a function reads what was saved: so an
event function pays for no validation library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar

# Imported where used: pydantic takes 30 ms, and only administrators' changes are checked.


class Administered:
    """Base of what administrators write: an unknown field is an error, so no slip is ignored."""

    __slots__ = ()
    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}


class Check:
    """A condition on one value, with the words that name the mistake and its remedy."""

    def __init__(self, is_good: Callable[[Any], bool], remedy: str) -> None:
        self.is_good = is_good
        self.remedy = remedy

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """How pydantic, where it is used, learns of the condition."""
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self.accept, handler(source))

    def accept(self, value: Any) -> Any:
        """The value unchanged. Raises `ValueError` with the remedy."""
        if not self.is_good(value):
            raise ValueError(self.remedy)
        return value


def _like(pattern: str) -> Callable[[Any], bool]:
    return lambda value: re.fullmatch(pattern, value) is not None


def at_least(low: int) -> Check:
    """A number that is `low` or more."""
    return Check(lambda value: bool(value >= low), f"must be {low} or more")


def between(low: int, high: int) -> Check:
    """A number from `low` to `high`, both included."""
    return Check(lambda value: low <= value <= high, f"must lie between {low} and {high}")


def _carries_white(colour: str) -> bool:
    """Whether white letters on it can be read: a contrast of 4.5, as WCAG reckons it."""
    if not _like("#[0-9a-fA-F]{6}")(colour):
        return False
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5


Code = Annotated[
    str,
    Check(
        _like(r"[a-z0-9][a-z0-9_.-]{0,63}"),
        "must be a code: lower-case letters, digits, '_', '.' or '-', at most 64 of them",
    ),
]
TimeOfDay = Annotated[
    str,
    Check(
        _like(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00"),
        "must be a time of day such as 09:00; the end of the day is 24:00",
    ),
]
Locale = Annotated[
    str, Check(_like(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"), "must be a language code such as en")
]
Text = Annotated[str, Check(lambda text: len(text) <= 400, "must be 400 characters or fewer")]
Title = Annotated[
    str, Check(lambda text: 0 < len(text.strip()) <= 100, "must be 1 to 100 characters long")
]
Email = Annotated[
    str,
    Check(
        lambda text: not text or _like(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{1,189}\.[^@\s,;<>.]+")(text),
        "must be one mail address such as desk@city.example, or empty",
    ),
]
Colour = Annotated[
    str,
    Check(
        _carries_white,
        "must be a colour such as #1d4e89, dark enough for the white letters that stand on it",
    ),
]
Words = Mapping[Locale, Text]  # locale -> text; "en" is the fallback
