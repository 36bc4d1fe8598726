"""Odd moments through the whole service: clock changes, holidays, leap days, pauses, crowds.

Each test is a case of the catalogue; its number stands behind its name. The town lives from March
2026 to March 2028, so the tests of this file run in the order of their moments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.channels.email.quota import sending_quota
from chalicelib.channels.pacing import SHARE, Pace
from chalicelib.messages import Channel
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import SYSTEM, Status
from chalicelib.tickets.ports import QueueQuery
from chalicelib.tickets.worktime.calendars import WEEKDAYS
from tests.citizens import act, ticket_of, timeline_of, to
from tests.flows.test_flow_escalation import _without_other_rules
from tests.handlers.desk_work import report
from tests.harness import Harness

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ALWAYS = {day: [["00:00", "24:00"]] for day in WEEKDAYS}
OFFICE = {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]}
BEFORE = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)  # the clock stands here first


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot(now=BEFORE) as booted:
        _without_other_rules(booted)
        put(booted, "rules", "case", rule("late", share=100))
        yield booted


@pytest.fixture(autouse=True)
def _over(town: Harness) -> Iterator[None]:
    """What one case leaves open is no burden to the years that follow."""
    yield
    store = town.services.store
    for ticket in store.queue(QueueQuery(), 100).items:
        found = store.get(ticket.ticket_id)
        found.change_status(Status.CANCELLED, town.now, SYSTEM)
        found.next_action_at = None
        store.save(Change(ticket=found))


def rule(code: str, do: str = "remind_agency", **moment: Any) -> dict[str, Any]:
    step = {"code": code, "actions": [{"do": do}], **moment}
    when = {"service": ["pothole"]}
    return {"name": "Case", "order": 1, "when": when, "clock": "resolution", "steps": [step]}


def put(town: Harness, kind: str, code: str, body: dict[str, Any]) -> None:
    """Publish something as an administrator; the next process knows it."""
    town._tokens.clear()  # years pass here, and sign-ins end
    listed = town.http("GET", f"/api/v1/{kind}", user="administrator").json()["items"]
    version = next((i["version"] for i in listed if i["code"] == code), 0)
    wanted = {"body": body, "version": version}
    answer = town.http("PUT", f"/api/v1/{kind}/{code}", user="administrator", json=wanted)
    assert answer.status in (200, 201), answer.text
    town.restart()


def promise(
    town: Harness,
    zone: str,
    minutes: int,
    weekly: dict[str, Any] = ALWAYS,
    *,
    is_working_time: bool = True,
    **calendar: Any,
) -> None:
    """Potholes are mended in so much time of a city in this zone."""
    body = {"name": "Case", "timezone": zone, "weekly": weekly, **calendar}
    put(town, "calendars", "default", body)
    target = {"clock": "resolution", "minutes": minutes, "service_codes": ["pothole"]}
    put(town, "targets", "resolution-pothole", target | {"is_working_time": is_working_time})


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def go_to(town: Harness, text: str) -> None:
    """Let everything of the days between happen, then stand there."""
    town.tick(moment(text))
    town.drain()


def fired(town: Harness, ticket_id: str) -> list[datetime]:
    """When the steps of a ticket fired."""
    entries = timeline_of(town, ticket_id)
    return [moment(e["at"]) for e in entries if e["kind"] == "escalated"]


def watch(town: Harness, ticket_id: str, until: datetime, every: timedelta) -> list[datetime]:
    """Run to a moment step by step; when the steps of the ticket fired."""
    while town.now < until:
        town.tick(town.now + every)
        town.tick(town.now)  # every tick comes twice
    town.drain()
    return fired(town, ticket_id)


@pytest.mark.parametrize(
    ("zone", "opened", "minutes", "due"),
    [
        # A day is twenty-four hours of the sun, not of the wall.
        ("America/New_York", "2026-03-07T12:00-05:00", 1440, "2026-03-08T13:00-04:00"),
        # 02:30 does not exist: an hour of the working day is an hour, whatever the wall clock says.
        ("America/New_York", "2026-03-08T01:30-05:00", 60, "2026-03-08T03:30-04:00"),
        # 01:30 does not exist either.
        ("Europe/London", "2026-03-29T00:30+00:00", 60, "2026-03-29T02:30+01:00"),
    ],
)
def test_a_moment_that_does_not_exist_is_the_one_an_hour_later_once(  # T03
    town: Harness, zone: str, opened: str, minutes: int, due: str
) -> None:
    go_to(town, opened)
    promise(town, zone, minutes, is_working_time=minutes < 1440)
    ticket_id = report(town, f"Hole {due}", service="pothole")
    assert moment(ticket_of(town, ticket_id)["due_at"]) == moment(due)
    assert watch(town, ticket_id, moment(due) + 2 * HOUR, 30 * MINUTE) == [moment(due)]


def test_workers_whose_clocks_differ_fire_once_in_order_and_not_early(town: Harness) -> None:  # T05
    go_to(town, "2026-04-01T09:00+00:00")
    promise(town, "UTC", 60)
    ticket_id = report(town, "Two workers", service="pothole")
    due = town.now + HOUR
    run = next(s for s in town._town.pump.schedules if "run_escalations" in s.function.name)

    def worker(scheduled: datetime, ahead: timedelta) -> None:
        """A worker called for a minute, whose own clock goes wrong by `ahead`."""
        town._town.clock.move_to(scheduled + ahead)
        town._town.pump.spent.measure(run.function, _scheduled(run, scheduled))

    for minute in range(-6, 7):
        worker(due + minute * MINUTE, 5 * MINUTE)
        worker(due + minute * MINUTE, -5 * MINUTE)
        if minute < -1:
            assert fired(town, ticket_id) == []
    town._town.clock.move_to(due + 12 * MINUTE)
    town.drain()
    (at,) = fired(town, ticket_id)
    assert at >= due - MINUTE
    numbers = [e["number"] for e in timeline_of(town, ticket_id)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_time_that_waits_for_the_citizen_stands_and_a_colleague_changes_nothing(  # T11
    town: Harness,
) -> None:
    go_to(town, "2026-04-02T09:00+00:00")
    promise(town, "UTC", 240)
    ticket_id = report(town, "Paused", service="pothole")
    town.tick(town.now + HOUR)
    act(town, ticket_id, "status", status="pending", reason="Where exactly?")
    assert watch(town, ticket_id, town.now + 10 * HOUR, HOUR) == []
    resumed = town.now
    act(town, ticket_id, "status", status="in_progress", reason="")
    act(town, ticket_id, "assign", assignee="roads@city.example")
    assert moment(ticket_of(town, ticket_id)["due_at"]) == resumed + 3 * HOUR
    assert watch(town, ticket_id, resumed + 5 * HOUR, HOUR) == [resumed + 3 * HOUR]


def test_open_tickets_follow_a_changed_target_once_and_audited(  # T07
    town: Harness,
) -> None:
    go_to(town, "2026-04-06T09:00+00:00")
    promise(town, "UTC", 600)
    tickets = [report(town, f"Open {n}", service="pothole") for n in range(8)]
    town.drain()
    promise(town, "UTC", 1200)
    for _ in range(4):
        town.tick(town.now + MINUTE)
    town.drain()
    opened = moment("2026-04-06T09:00+00:00")
    stored = town.dump()
    due = {t["ticket_id"]: moment(t["due_at"]) for t in stored["tickets"] if t["due_at"]}
    moves = Counter((e["ticket_id"], e["kind"]) for e in stored["entries"])
    for ticket_id in tickets:
        assert due[ticket_id] == opened + 1200 * MINUTE
        assert (moves[ticket_id, "rescheduled"], moves[ticket_id, "deadline_moved"]) == (1, 1)
    audited = [r for r in stored["audit"] if str(r["subject"]).endswith("resolution-pothole")]
    assert len(audited) > 1


def test_a_crowd_due_at_once_is_done_over_several_runs_and_mailed_slowly(  # T10
    town: Harness,
) -> None:
    go_to(town, "2026-04-20T09:00+00:00")
    promise(town, "UTC", 60)
    tickets = [report(town, f"Crowd {n}", service="pothole") for n in range(12)]
    town.drain()
    town._town.clock.move_to(town.now + HOUR)
    sent, account = len(to(town, "public-works@city.example")), Account(rate=10)
    mail: Any = town.services.notifier.senders[Channel.EMAIL]
    mail._pace = account.wait
    runs = 1
    while not town.services.escalations.run(budget(5)).is_complete:
        runs += 1
    assert runs == 3, "five, five and two of them"
    town.drain()
    done = Counter(e["ticket_id"] for e in town.dump()["entries"] if e["kind"] == "escalated")
    assert [done[ticket_id] for ticket_id in tickets] == [1] * 12
    assert len(to(town, "public-works@city.example")) == sent + 12
    paced = account.left[5:]
    assert (len(paced) - 1) / (paced[-1] - paced[0]) == pytest.approx(10 * SHARE)
    town.restart()


def test_four_hours_from_a_friday_evening_end_after_the_bank_holiday(town: Harness) -> None:  # T08
    go_to(town, "2026-05-22T16:59+01:00")
    holidays = {"holiday_country": "GB", "holiday_region": "ENG"}
    promise(town, "Europe/London", 240, OFFICE, **holidays)
    ticket_id = report(town, "Friday", service="pothole")
    due = moment("2026-05-26T12:59+01:00")
    assert moment(ticket_of(town, ticket_id)["due_at"]) == due
    town.tick(due - MINUTE)
    assert fired(town, ticket_id) == []
    assert watch(town, ticket_id, due + MINUTE, MINUTE) == [due]


def test_an_hour_that_comes_twice_fires_once_and_elapsed_time_is_elapsed(  # T04
    town: Harness,
) -> None:
    go_to(town, "2026-10-24T12:00+01:00")
    promise(town, "Europe/London", 1440, is_working_time=False)
    ticket_id = report(town, "A day", service="pothole")
    assert moment(ticket_of(town, ticket_id)["due_at"]) == moment("2026-10-25T11:00+00:00")
    go_to(town, "2026-10-25T00:30+01:00")
    promise(town, "Europe/London", 60)
    ticket_id = report(town, "Twice", service="pothole")
    due = moment("2026-10-25T01:30+01:00")  # the first of the two
    assert watch(town, ticket_id, due + 3 * HOUR, 30 * MINUTE) == [due]


@pytest.mark.parametrize(
    ("opened", "minutes", "due"),
    [
        ("2026-12-31T16:00+00:00", 120, "2027-01-01T10:00+00:00"),
        ("2027-01-29T16:00+00:00", 30 * 480, "2027-03-12T16:00+00:00"),  # thirty working days
        ("2028-02-28T16:00+00:00", 120, "2028-02-29T10:00+00:00"),
    ],
    ids=["the end of a year", "the end of a month and thirty days", "29 February"],
)
def test_the_calendars_own_ends_have_defined_results(  # T09
    town: Harness, opened: str, minutes: int, due: str
) -> None:
    go_to(town, opened)
    promise(town, "UTC", minutes, OFFICE)
    ticket_id = report(town, f"End {due}", service="pothole")
    assert moment(ticket_of(town, ticket_id)["due_at"]) == moment(due)
    town.tick(moment(due) - MINUTE)
    assert fired(town, ticket_id) == []
    town.tick(moment(due))
    assert fired(town, ticket_id) == [moment(due)]


class Account:
    """SES's quota, and a watch that sleeping moves."""

    def __init__(self, rate: float) -> None:
        self.rate, self.at, self.left = rate, 100.0, list[float]()
        self._pace = Pace(partial(sending_quota, self), ticks=lambda: self.at, sleep=self._sleep)

    def get_account(self) -> dict[str, Any]:
        return {"SendQuota": {"MaxSendRate": self.rate, "Max24HourSend": -1, "SentLast24Hours": 0}}

    def _sleep(self, seconds: float) -> None:
        self.at += seconds

    def wait(self, *, is_broadcast: bool) -> None:
        self._pace.wait(is_broadcast=is_broadcast)
        self.left.append(self.at)


def budget(tickets: int) -> Any:
    """Time for so many tickets, as Lambda tells what is left."""
    left = iter([60_000] * tickets)
    return lambda: next(left, 0)


def _scheduled(schedule: Any, at: datetime) -> Any:
    from infra.local import pump

    return pump._scheduled(schedule, at)
