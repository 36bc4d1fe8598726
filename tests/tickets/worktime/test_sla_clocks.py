"""Clocks computed from a ledger alone: targets, pauses, reopening, and what they say in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.tickets.model.ticket import ClockEvent, ClockMark
from chalicelib.tickets.worktime.calendars import WEEKDAYS, Calendar
from chalicelib.tickets.worktime.sla import ClockState, Target, clock_state, target_for

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
OFFICE = Calendar(
    calendar_code="office",
    name="Office",
    timezone="UTC",
    weekly=dict.fromkeys(WEEKDAYS[:5], (("09:00", "17:00"),)),
    version=2,
)
EVENTS = {
    "start": ClockEvent.STARTED,
    "answer": ClockEvent.RESPONDED,
    "pause": ClockEvent.PAUSED,
    "resume": ClockEvent.RESUMED,
    "stop": ClockEvent.STOPPED,
    "reopen": ClockEvent.REOPENED,
}


def at(text: str) -> datetime:
    """`mon 10:00` in the week of the tests."""
    day, clock = text.split()
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(day)
    hours, minutes = clock.split(":")
    return MONDAY + timedelta(days=days, hours=int(hours), minutes=int(minutes))


def a_ledger(text: str) -> list[ClockMark]:
    """`start mon 09:00, pause mon 10:00` as marks."""
    marks = []
    for number, part in enumerate(text.split(", "), start=1):
        event, _, moment = part.partition(" ")
        marks.append(ClockMark(EVENTS[event], at(moment), number))
    return marks


def a_target(clock: str = "resolution", minutes: int = 480, **given: object) -> Target:
    facts: dict[str, object] = {"target_id": "t", "clock": clock, "minutes": minutes}
    return Target(**facts | given)  # type: ignore[arg-type]


def a_state(ledger: str, now: str, **given: object) -> ClockState:
    target = a_target(**given)  # type: ignore[arg-type]
    state = clock_state(a_ledger(ledger), target.clock, target, OFFICE, at(now))
    assert state is not None
    return state


@pytest.mark.parametrize(
    ("ledger", "due", "elapsed", "met"),
    [
        ("start mon 09:00", "mon 17:00", 1260, False),
        ("start mon 10:00", "tue 10:00", 1200, False),
        ("start mon 09:00, pause mon 12:00, resume tue 13:00", "wed 10:00", 720, False),
        ("start mon 09:00, pause mon 12:00", None, 180, None),
        ("start mon 09:00, pause tue 10:00", "mon 17:00", 540, False),
        ("start mon 09:00, pause mon 12:00, stop tue 12:00", None, 180, True),
        ("start mon 09:00, stop mon 12:00", "mon 17:00", 180, True),
        ("start mon 09:00, stop mon 17:00", "mon 17:00", 480, True),
        ("start mon 09:00, stop tue 09:01", "mon 17:00", 481, False),
        ("start mon 09:00, stop mon 12:00, reopen tue 12:00", "wed 12:00", 600, False),
        ("start mon 09:00, answer mon 12:00", "mon 17:00", 1260, False),
        ("start mon 09:00, resume mon 12:00", "mon 17:00", 1260, False),
        ("start mon 09:00, stop mon 12:00, resume mon 13:00", "mon 17:00", 180, True),
        (
            "start mon 09:00, pause mon 10:00, resume mon 11:00, pause mon 12:00, resume tue 09:00",
            "tue 15:00",
            900,
            False,
        ),
    ],
)
def test_the_resolution_clock(ledger: str, due: str | None, elapsed: int, met: bool | None) -> None:
    state = a_state(ledger, "wed 14:00")
    assert state.due_at == (at(due) if due else None)
    assert (state.elapsed_minutes, state.met) == (elapsed, met)


def test_nobody_can_say_yet_whether_a_running_clock_is_kept() -> None:
    assert a_state("start mon 09:00", "mon 12:00").met is None
    assert a_state("start mon 09:00", "mon 17:00").met is None
    assert a_state("start mon 09:00", "tue 09:01").met is False


@pytest.mark.parametrize(
    ("ledger", "is_stopped"),
    [
        ("start mon 09:00, answer mon 10:00", True),
        ("start mon 09:00, stop mon 10:00", True),
        ("start mon 09:00, pause mon 10:00", False),
        ("start mon 09:00, answer mon 10:00, stop mon 11:00, reopen mon 12:00", True),
    ],
)
def test_the_first_response_clock_stops_with_an_answer_for_good(
    ledger: str, is_stopped: bool
) -> None:
    state = a_state(ledger, "tue 09:00", clock="first_response")
    assert (state.stopped_at is not None) == is_stopped
    assert state.period == 1


def test_reopening_gives_the_whole_target_anew() -> None:
    state = a_state("start mon 09:00, stop mon 16:00, reopen tue 09:00", "tue 10:00")
    assert (state.period, state.elapsed_minutes, state.due_at) == (2, 60, at("tue 17:00"))
    assert "begun anew by reopening (period 2)" in state.explanation


def test_plain_time_runs_through_the_night() -> None:
    state = a_state("start mon 16:00", "tue 09:00", minutes=1440, is_working_time=False)
    assert (state.due_at, state.elapsed_minutes) == (at("tue 16:00"), 17 * 60)


def test_a_clock_that_never_started_has_no_state() -> None:
    assert clock_state([], "resolution", a_target(), OFFICE, MONDAY) is None


def test_a_deadline_says_why_it_is_when_it_is() -> None:
    ledger = "start mon 09:00, pause mon 12:00, resume tue 12:00"
    state = a_state(ledger, "tue 13:00", version=4)
    assert state.explanation == (
        "480 working minutes by the target 't', version 4; counted from 2026-03-02 09:00 UTC; "
        "in the working time of the calendar 'office', version 2; "
        "paused from 2026-03-02 12:00 UTC to 2026-03-03 12:00 UTC; due 2026-03-03 17:00 UTC."
    )


def test_a_paused_clock_says_that_it_waits() -> None:
    state = a_state("start mon 09:00, pause mon 12:00", "tue 13:00")
    assert "paused from 2026-03-02 12:00 UTC until now" in state.explanation
    assert state.explanation.endswith("no due moment while it waits for the citizen.")


TARGETS = (
    a_target(target_id="all"),
    a_target(target_id="p1", priorities=("p1",)),
    a_target(target_id="roads", agency_codes=("roads",)),
    a_target(target_id="roads-p1", agency_codes=("roads",), priorities=("p1",)),
    a_target(target_id="pothole", service_codes=("pothole",)),
    a_target(target_id="answer", clock="first_response"),
)


@pytest.mark.parametrize(
    ("service", "agency", "priority", "expected"),
    [
        ("tree", "parks", "p3", "all"),
        ("tree", "parks", "p1", "p1"),
        ("light", "roads", "p3", "roads"),
        ("light", "roads", "p1", "roads-p1"),
        ("pothole", "roads", "p1", "pothole"),
    ],
)
def test_the_most_specific_target_wins(
    service: str, agency: str, priority: str, expected: str
) -> None:
    found = target_for(TARGETS, "resolution", service, agency, priority)
    assert found is not None
    assert found.target_id == expected


def test_without_a_target_nothing_is_promised() -> None:
    assert target_for(TARGETS, "next_update", "pothole", "roads", "p1") is None
