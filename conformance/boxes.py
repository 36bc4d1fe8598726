"""What a box is, and how a check is made one; knows no rule of the standard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from conformance.endpoint import Answer, Endpoint


class Mark(StrEnum):
    """How binding a box is: required by version 2, optional in it, decided where the text is silent,
    an extension seen in the wild."""

    REQUIRED = "R"
    OPTIONAL = "O"
    DECIDED = "D"
    EXTENSION = "X"


class Verdict(StrEnum):
    """What came of a box."""

    PASS = "pass"  # noqa: S105 - a word, not a secret
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"


class Failed(Exception):
    """The endpoint does otherwise: what was expected, and what came."""

    def __init__(self, expected: str, came: str = "") -> None:
        super().__init__(expected)
        self.expected, self.came = expected, came


class NotApplicable(Exception):
    """There is nothing to judge by; says why."""


Check = Callable[[Endpoint], None]


@dataclass(frozen=True)
class Box:
    """One demand. `writes` says that ticking it posts a request."""

    name: str
    mark: Mark
    title: str
    check: Check
    writes: bool = False


@dataclass(frozen=True)
class Tick:
    """A box with its verdict."""

    box: Box
    verdict: Verdict
    expected: str = ""
    came: str = ""


BOXES: list[Box] = []


def box(name: str, mark: str, title: str, *, writes: bool = False) -> Callable[[Check], Check]:
    """Put a check on the list: it returns when the box is ticked, raises `Failed` or `NotApplicable`."""

    def register(check: Check) -> Check:
        BOXES.append(Box(name, Mark(mark), title, check, writes))
        return check

    return register


def expect(is_so: object, expected: str, came: Any = "") -> None:
    """Raises `Failed` unless `is_so`."""
    if not is_so:
        told = f"{came.status} {came.text[:200]}" if isinstance(came, Answer) else str(came)
        raise Failed(expected, told[:300])


def expect_served(answer: Answer) -> Answer:
    """The answer, when it was served."""
    expect(answer.is_ok, f"status 200 from {answer.url}", answer)
    return answer
