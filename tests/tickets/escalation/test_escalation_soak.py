"""Weeks of a town in six zones, with outages and repeated runs: each step once, none early or missing."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.tickets.model.ticket import ClockEvent, Status, Ticket
from chalicelib.tickets.worktime.calendars import WEEKDAYS
from tests.tickets.escalation_town import Town, a_rule, a_step, a_town

ZONES = {
    "Europe/London": datetime(2026, 3, 20, tzinfo=UTC),
    "America/New_York": datetime(2026, 10, 22, tzinfo=UTC),
    "Asia/Tehran": datetime(2022, 9, 10, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 3, 28, tzinfo=UTC),
    "America/Santiago": datetime(2026, 8, 28, tzinfo=UTC),
    "Africa/Casablanca": datetime(2026, 2, 8, tzinfo=UTC),
}
TARGET = 12 * 60
STEPS = {"half": TARGET // 2, "near": TARGET * 4 // 5, "reached": TARGET, "after": TARGET + 300}
RULE = a_rule(
    a_step("half", "remind_agency", share=50),
    a_step("near", "remind_assignee", share=80),
    a_step("reached", "notify_supervisor", "tell_citizen", share=100),
    a_step("after", "notify_duty", minutes=300),
)
HOURS = (("06:00", "10:15"), ("10:45", "15:00"), ("22:30", "24:00"))
REST = WEEKDAYS[4]
TICK = timedelta(minutes=15)
BEGINNINGS = (ClockEvent.STARTED, ClockEvent.REOPENED)


def a_town_in(zone: str) -> Town:
    town = a_town([RULE], TARGET)
    weekly = {day: [list(h) for h in HOURS] for day in WEEKDAYS if day != REST}
    body = {"calendar_code": "default", "name": "Odd hours", "timezone": zone, "weekly": weekly}
    town.publish("calendar", "default", body)
    town.clock.at = ZONES[zone]
    return town


def act(town: Town, ticket: Ticket, dice: random.Random) -> None:
    """Somebody does something with the ticket, or does not."""
    if dice.random() >= 0.01:
        return
    status = town.get(ticket).status
    moves = {
        Status.NEW: (Status.IN_PROGRESS, Status.PENDING),
        Status.IN_PROGRESS: (Status.PENDING, Status.RESOLVED),
        Status.PENDING: (Status.IN_PROGRESS, Status.IN_PROGRESS),
        Status.RESOLVED: (Status.IN_PROGRESS, Status.IN_PROGRESS),
    }
    if status in moves:
        town.move(ticket, dice.choice(moves[status]))


def simulate(town: Town, dice: random.Random, days: int) -> list[Ticket]:
    tickets: list[Ticket] = []
    end = town.clock.now() + timedelta(days=days)
    while town.clock.now() < end:
        town.clock.move(TICK)
        if len(tickets) < 8:
            tickets.append(town.open())
        for ticket in tickets:
            act(town, ticket, dice)
        outage = dice.random() < 0.01
        for _ in range(0 if outage else 1 + (dice.random() < 0.05)):
            town.escalations.run()
    town.escalations.run()
    return tickets


class Minutes:
    """Working minutes by looking at the wall clock, minute for minute, remembered as sums."""

    def __init__(self, zone: str, start: datetime, days: int) -> None:
        self.start, wall = start, ZoneInfo(zone)
        self.sums = [0]
        for minute in range(days * 1440):
            local = (start + timedelta(minutes=minute)).astimezone(wall)
            shown = f"{local:%H:%M}"
            is_open = WEEKDAYS[local.weekday()] != REST
            is_open = is_open and any(a <= shown < b for a, b in HOURS)
            self.sums.append(self.sums[-1] + is_open)

    def between(self, a: datetime, b: datetime) -> int:
        first, last = ((m - self.start) // timedelta(minutes=1) for m in (a, b))
        return self.sums[last] - self.sums[first]


def used(ticket: Ticket, minutes: Minutes, period: int, until: datetime) -> int:
    """Minutes that a period of the ticket's clock had used up at a moment."""
    total, seen, since = 0, 0, None
    for mark in (*ticket.ledger, None):
        at = min(mark.at, until) if mark else until
        if since is not None and seen == period and at > since:
            total += minutes.between(since, at)
        if mark is None or mark.at > until:
            break
        seen += mark.event in BEGINNINGS
        starts = (*BEGINNINGS, ClockEvent.RESUMED)
        stops = (ClockEvent.PAUSED, ClockEvent.STOPPED)
        since = mark.at if mark.event in starts else None if mark.event in stops else since
    return total


@pytest.mark.parametrize("zone", sorted(ZONES))
def test_weeks_over_a_clock_change_fire_each_step_once_none_early_none_missing(zone: str) -> None:
    days, dice = 14, random.Random(zone)  # the same town every time
    town = a_town_in(zone)
    minutes = Minutes(zone, town.clock.now(), days + 1)
    for ticket in simulate(town, dice, days):
        check_once(town, ticket)
        check_none_early(town.get(ticket), minutes)
        check_none_missing(town.get(ticket), minutes, town.clock.now())


def check_once(town: Town, ticket: Ticket) -> None:
    """As many entries as keys: two actions for the step `reached`, one for each other."""
    keys = [key.split("/")[1] for key in town.get(ticket).fired]
    entries = Counter(e.data["step"] for e in town.entries(ticket))
    assert entries == Counter(keys) + Counter(step for step in keys if step == "reached")


def check_none_early(ticket: Ticket, minutes: Minutes) -> None:
    for key, at in ticket.fired.items():
        _, step, period = key.split("/")
        if step in STEPS:
            assert used(ticket, minutes, int(period), at) >= STEPS[step], f"{key} too early"


def check_none_missing(ticket: Ticket, minutes: Minutes, now: datetime) -> None:
    if ticket.status not in (Status.NEW, Status.IN_PROGRESS):
        return
    period = sum(mark.event in BEGINNINGS for mark in ticket.ledger)
    spent = used(ticket, minutes, period, now)
    fired = {step for step in STEPS if f"ladder/{step}/{period}" in ticket.fired}
    assert fired == {step for step, needed in STEPS.items() if spent >= needed}
