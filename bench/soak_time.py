"""`make soak-time`: 400 days of six cities with odd clocks; every step once, none early, none missing.

    python -m bench.soak_time [--days 400] [--tickets 5000] [--seed 1]

Tickets are opened, paused, resumed, resolved and reopened at random; the run comes every minute in
which something is due, 5 % of runs twice, 1 % not at all, and now and then the process starts anew.
Afterwards a count that looks at the wall clock minute for minute says what should have fired.
"""

from __future__ import annotations

import argparse
import heapq
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import ClockEvent, Status, Ticket
from chalicelib.tickets.worktime.calendars import WEEKDAYS
from tests.fakes import FakeTicketStore
from tests.tickets.escalation.test_escalation_soak import (
    HOURS,
    REST,
    RULE,
    STEPS,
    TARGET,
    Minutes,
    used,
)
from tests.tickets.escalation_town import Town, a_town

MINUTE = timedelta(minutes=1)
BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
# Half-hour changes, changes at midnight, negative summer time, a Ramadan pause, a zone on the half.
ZONES = (
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Casablanca",
    "Europe/Dublin",
    "America/St_Johns",
    "Asia/Beirut",
)
MOVES = {
    Status.NEW: (Status.IN_PROGRESS, Status.PENDING),
    Status.IN_PROGRESS: (Status.PENDING, Status.RESOLVED),
    Status.PENDING: (Status.IN_PROGRESS,),
    Status.RESOLVED: (Status.IN_PROGRESS,),
}
REPEATED, MISSING, RESTARTED = 0.05, 0.01, 0.02


class IndexedStore(FakeTicketStore):
    """The store in memory with an index of what is due, as the table has one."""

    def __init__(self) -> None:
        super().__init__()
        self.due: list[tuple[datetime, str]] = []

    def save(self, change: Change) -> None:
        """As the store does, and keep the index."""
        super().save(change)
        if change.ticket and change.ticket.next_action_at:
            heapq.heappush(self.due, (change.ticket.next_action_at, change.ticket.ticket_id))

    def next_due(self) -> datetime | None:
        """When the next ticket is due; entries that tickets have left are dropped."""
        while self.due:
            at, ticket_id = self.due[0]
            if self.tickets[ticket_id].next_action_at == at:
                return at
            heapq.heappop(self.due)
        return None

    def due_tickets(self, now: datetime) -> Iterator[str]:
        """As the index gives them."""
        found = [entry for entry in self.due if entry[0] <= now]
        for at, ticket_id in sorted(set(found)):
            if self.tickets[ticket_id].next_action_at == at:
                yield ticket_id


@dataclass
class Soak:
    """One zone's city through its days."""

    zone: str
    days: int
    tickets: int
    dice: random.Random
    made: dict[int, Ticket] = field(default_factory=dict)
    runs: Counter[str] = field(default_factory=Counter)

    def live(self) -> Town:
        """Let the days pass."""
        town, store = self._city()
        todo = self._plans()
        end = BEGINS + timedelta(days=self.days)
        resumes_at = BEGINS
        while True:
            due = store.next_due()
            tick = max(_minute_after(due), resumes_at) if due else end
            moment = min(todo[0][0] if todo else end, tick)
            if moment >= end:
                break
            town.clock.at = max(moment, town.clock.at)
            if todo and todo[0][0] <= moment:
                self._somebody_acts(town, todo)
            elif self.dice.random() < MISSING:
                self.runs["missing"] += 1
                resumes_at = town.clock.at + MINUTE
            else:
                self._run(town)
        town.clock.at = end
        self._run(town)
        return town

    def _city(self) -> tuple[Town, IndexedStore]:
        town = a_town([RULE], TARGET)
        store = IndexedStore()
        town.store = store
        town.__post_init__()
        weekly = {day: [list(h) for h in HOURS] for day in WEEKDAYS if day != REST}
        body = {"calendar_code": "default", "name": "Odd", "timezone": self.zone, "weekly": weekly}
        town.publish("calendar", "default", body)
        town.clock.at = BEGINS
        return town, store

    def _plans(self) -> list[tuple[datetime, int]]:
        """When tickets are opened (their number) or touched."""
        span = self.days * 1440 - 20
        plans = []
        for number in range(self.tickets):
            opened = self.dice.randrange(span)
            times = [opened]
            while self.dice.random() < 0.75:
                times.append(times[-1] + self.dice.randrange(1, 4 * 1440))
            plans += [(BEGINS + minutes * MINUTE, number) for minutes in times]
        heapq.heapify(plans)
        return plans

    def _somebody_acts(self, town: Town, todo: list[tuple[datetime, int]]) -> None:
        _, number = heapq.heappop(todo)
        if number not in self.made:
            self.made[number] = town.open()
            return
        choices = MOVES.get(town.get(self.made[number]).status)
        if choices:
            town.move(self.made[number], self.dice.choice(choices))

    def _run(self, town: Town) -> None:
        if self.dice.random() < RESTARTED:
            town.catalogs.kept = None
            town.__post_init__()
            self.runs["restarts"] += 1
        town.escalations.run()
        self.runs["runs"] += 1
        if self.dice.random() < REPEATED:
            town.escalations.run()
            self.runs["repeated"] += 1

    def check(self, town: Town) -> list[str]:
        """What is wrong, in words; nothing when every step fired once, in time."""
        minutes = Minutes(self.zone, BEGINS, self.days + 1)
        return [p for made in self.made.values() for p in problems(town, made, minutes)]


_BEGINNINGS = (ClockEvent.STARTED, ClockEvent.REOPENED)


def problems(town: Town, made: Ticket, minutes: Minutes) -> Iterator[str]:
    """What is wrong with one ticket."""
    ticket = town.get(made)
    keys = [key.split("/")[1] for key in ticket.fired]
    entries = Counter(e.data["step"] for e in town.entries(made))
    if entries != Counter(keys) + Counter(step for step in keys if step == "reached"):
        yield f"{ticket.ticket_id}: {entries} for {keys}"
    for key, at in ticket.fired.items():
        _, step, period = key.split("/")
        if step in STEPS and used(ticket, minutes, int(period), at) < STEPS[step]:
            yield f"{ticket.ticket_id}: {key} came early, at {at}"
    period = sum(mark.event in _BEGINNINGS for mark in ticket.ledger)
    if ticket.status in (Status.NEW, Status.IN_PROGRESS):
        spent = used(ticket, minutes, period, town.clock.now())
        for step, needed in STEPS.items():
            if spent >= needed and f"ladder/{step}/{period}" not in ticket.fired:
                yield f"{ticket.ticket_id}: {step} is missing"


def _minute_after(at: datetime) -> datetime:
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + MINUTE


def soak(days: int, tickets: int, seed: int) -> list[str]:
    """All zones; what was wrong."""
    wrong: list[str] = []
    for zone in ZONES:
        began = time.process_time()
        city = Soak(zone, days, -(-tickets // len(ZONES)), random.Random(f"{seed} {zone}"))
        town = city.live()
        found = city.check(town)
        wrong += [f"{zone}: {problem}" for problem in found]
        fired = sum(len(ticket.fired) for ticket in town.store.tickets.values())
        told = ", ".join(f"{count} {name}" for name, count in sorted(city.runs.items()))
        print(
            f"{zone:<22}{len(city.made):>6} tickets{fired:>7} steps  {told}; "
            f"{len(found)} wrong; {time.process_time() - began:.0f} s"
        )
    return wrong


def main() -> int:
    """Run the soak as asked; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--tickets", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    wrong = soak(given.days, given.tickets, given.seed)
    print("\n".join(wrong[:20]))
    print(f"seed {given.seed}: {len(wrong)} wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
