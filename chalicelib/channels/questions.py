"""A service's own questions: answers checked by one schema for every channel; pure, knows no catalogue.

The protocols are what this module needs of a service; the catalogue's classes fit them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.channels import bounds

Answers = Mapping[str, Sequence[str]]


class Choice(Protocol):
    """One value of a list question."""

    @property
    def key(self) -> str:
        """What programs send."""
        ...

    @property
    def name(self) -> Mapping[str, str]:
        """What people read, by language."""
        ...


class Question(Protocol):
    """One attribute in the terms of GeoReport v2."""

    @property
    def code(self) -> str:
        """Unique in its service."""
        ...

    @property
    def datatype(self) -> str:
        """One of the six."""
        ...

    @property
    def description(self) -> Mapping[str, str]:
        """The question, by language."""
        ...

    @property
    def datatype_description(self) -> Mapping[str, str]:
        """A hint on the form of the answer, by language."""
        ...

    @property
    def is_question(self) -> bool:
        """False for a text that asks nothing."""
        ...

    @property
    def is_required(self) -> bool:
        """Whether it must be answered."""
        ...

    @property
    def order(self) -> int:
        """Its place, from 1."""
        ...

    @property
    def values(self) -> Sequence[Choice]:
        """The choices of a list question."""
        ...


class Service(Protocol):
    """What the channels need to know of a service."""

    @property
    def service_code(self) -> str:
        """Its code."""
        ...

    @property
    def needs_location(self) -> bool:
        """Whether a report without a place is of no use."""
        ...

    @property
    def attributes(self) -> Sequence[Question]:
        """Its questions."""
        ...


@dataclass(slots=True)
class Answered:
    """Checked answers by question, and what is wrong: question code -> problem code.

    `unknown` are codes that the service does not ask for.
    """

    values: dict[str, str | list[str]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def read_answers(questions: Iterable[Question], answers: Answers) -> Answered:
    """Check `answers` against `questions`; an empty answer is none."""
    asked = [question for question in questions if question.is_question]
    result = Answered(unknown=tuple(sorted(set(answers) - {question.code for question in asked})))
    for question in asked:
        given = [text.strip() for text in answers.get(question.code, ()) if text.strip()]
        if not given:
            if question.is_required:
                result.problems[question.code] = "required"
            continue
        problem = _problem(question, given)
        if problem:
            result.problems[question.code] = problem
        else:
            result.values[question.code] = _value(question, given)
    return result


def _problem(question: Question, given: Sequence[str]) -> str:
    if question.datatype != "multivaluelist" and len(given) > 1:
        return "one_value"
    return next(
        (found for text in given if (found := _CHECKS[question.datatype](question, text))), ""
    )


def _value(question: Question, given: list[str]) -> str | list[str]:
    if question.datatype == "multivaluelist":
        return list(dict.fromkeys(given))
    return western_digits(given[0]) if question.datatype == "number" else given[0]


def _check_choice(question: Question, text: str) -> str:
    return "" if any(choice.key == text for choice in question.values) else "not_listed"


def _check_line(_question: Question, text: str) -> str:
    if re.search(r"[\x00-\x1f\x7f\u2028\u2029]", text):
        return "line_break"
    return "" if len(text) <= bounds.ANSWER_LINE else f"too_long:{bounds.ANSWER_LINE}"


def _check_text(_question: Question, text: str) -> str:
    return "" if len(text) <= bounds.ANSWER_TEXT else f"too_long:{bounds.ANSWER_TEXT}"


def _check_number(_question: Question, text: str) -> str:
    number = read_number(text)
    return "not_a_number" if number is None else ""


def _check_datetime(_question: Question, text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return "not_a_date"
    return ""


_CHECKS: Mapping[str, Callable[[Question, str], str]] = {
    "string": _check_line,
    "text": _check_text,
    "number": _check_number,
    "datetime": _check_datetime,
    "singlevaluelist": _check_choice,
    "multivaluelist": _check_choice,
}


def read_number(text: str) -> float | None:
    """A finite decimal number in any digits, or None."""
    plain = western_digits(text.strip())
    if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,15})?", plain, re.ASCII):
        return None
    number = float(plain)
    return number if math.isfinite(number) else None


def western_digits(text: str) -> str:
    """Digits of any script as 0 to 9, and the Arabic decimal sign as a point."""
    return "".join(str(int(c)) if c.isdecimal() else "." if c == "\u066b" else c for c in text)


def read_place(lat: str, long: str) -> tuple[float | None, float | None, dict[str, str]]:
    """Coordinates in WGS84 (both or neither), and what is wrong with them, by field."""
    if not lat.strip() and not long.strip():
        return None, None, {}
    if not lat.strip() or not long.strip():
        missing = "long" if lat.strip() else "lat"
        return None, None, {missing: "half_a_place"}
    north, east = read_number(lat), read_number(long)
    problems = {}
    if north is None or abs(north) > 90:
        problems["lat"] = "not_on_earth"
    if east is None or abs(east) > 180:
        problems["long"] = "not_on_earth"
    if not problems and north == 0 and east == 0:
        problems["lat"] = "no_position"
    return (None, None, problems) if problems else (north, east, {})
