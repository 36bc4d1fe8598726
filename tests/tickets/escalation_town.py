"""A small town for tests of escalation: one agency, some rules, a store in memory, a clock to move."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.clocks.deadlines import set_deadlines
from chalicelib.tickets.commit.webhooks import webhook_calls
from chalicelib.tickets.escalation import Escalations
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import Actor, ClockEvent, Entry, Status, Ticket
from chalicelib.tickets.ports import CatalogItem
from chalicelib.tickets.worktime.calendars import WEEKDAYS
from tests.examples import CLERK, a_ticket
from tests.fakes import FakeCatalogStore, FakeTicketStore, FixedClock

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def a_step(code: str, *actions: str, **when: Any) -> dict[str, Any]:
    """`a_step("late", "remind_agency", share=100)`; an action may carry its `to` after a colon."""
    does = [dict(zip(("do", "to"), action.split(":"), strict=False)) for action in actions]
    return {"code": code, "actions": does, **when}


def a_rule(*steps: dict[str, Any], **given: Any) -> dict[str, Any]:
    facts = {"rule_id": "ladder", "name": "Ladder", "clock": "resolution", "steps": list(steps)}
    return facts | given


LADDER = a_rule(
    a_step("half", "remind_agency", share=50),
    a_step("reached", "notify_supervisor", "tell_citizen", share=100),
    a_step("after", "raise_priority", minutes=60),
)


class RememberingCatalogs(FakeCatalogStore):
    """Builds the catalogue once between two changes, as the real store does within a minute."""

    kept: Catalog | None = None

    def load(self) -> Catalog:
        self.kept = self.kept or self.fresh()
        return self.kept

    def put(self, item: CatalogItem, actor: Actor, now: datetime) -> CatalogItem:
        self.kept = None
        return super().put(item, actor, now)


@dataclass
class SavingDesk:
    """Computes deadlines and saves, as the desk does; `before_save` lets others be faster."""

    store: FakeTicketStore
    catalogs: FakeCatalogStore
    clock: FixedClock
    before_save: Callable[[Ticket], None] = lambda ticket: None
    saves: int = 0

    def commit(self, ticket: Ticket, change: Change | None = None) -> None:
        set_deadlines(ticket, self.catalogs.load(), self.clock.now())
        self.before_save(ticket)
        linked = change.linked if change else []
        self.store.save(Change(ticket=ticket, linked=linked, callbacks=webhook_calls(ticket)))
        ticket.new_entries = []
        self.saves += 1


@dataclass
class Town:
    """Everything a run needs, and short words for what tests do."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(MONDAY))
    store: FakeTicketStore = field(default_factory=FakeTicketStore)
    catalogs: RememberingCatalogs = field(default_factory=RememberingCatalogs)

    def __post_init__(self) -> None:
        self.desk = SavingDesk(self.store, self.catalogs, self.clock)
        self.escalations = Escalations(self.store, self.catalogs, self.desk, self.clock)

    def publish(self, kind: str, code: str, body: dict[str, Any]) -> None:
        there = next((i.version for i in self.catalogs.items(kind) if i.code == code), 0)
        item = CatalogItem(kind=kind, code=code, version=there, body=body)
        self.catalogs.put(item, CLERK, self.clock.now())

    def open(self, **given: Any) -> Ticket:
        """A saved ticket of `roads` whose clocks start now."""
        now = self.clock.now()
        ticket = a_ticket(requested_at=now, updated_at=now, due_at=None, **given)
        ticket.mark(ClockEvent.STARTED, ticket.new_entries[0])
        self.desk.commit(ticket)
        return ticket

    def move(self, ticket: Ticket, status: Status) -> None:
        """A clerk changes the status now."""
        fresh = self.store.get(ticket.ticket_id)
        fresh.change_status(status, self.clock.now(), CLERK)
        fresh.last_staff_action_at = self.clock.now()
        self.desk.commit(fresh)

    def run(self, by: timedelta = timedelta(), *, to: datetime | None = None) -> None:
        """Move the clock and run once."""
        self.clock.move(by, to=to)
        self.escalations.run()

    def tick(self, until: datetime, every: timedelta = MINUTE) -> None:
        """Run at every step of the clock until a moment."""
        while self.clock.now() < until:
            self.run(every)

    def entries(self, ticket: Ticket) -> list[Entry]:
        return [e for e in self.store.entries[ticket.ticket_id] if e.kind == "escalated"]

    def fired(self, ticket: Ticket) -> list[str]:
        """What was done to the ticket, as `step: action`."""
        return [f"{e.data['step']}: {e.data['action']}" for e in self.entries(ticket)]

    def get(self, ticket: Ticket) -> Ticket:
        return self.store.get(ticket.ticket_id)


def a_town(rules: Iterable[dict[str, Any]] = (LADDER,), minutes: int = 480) -> Town:
    """A town whose agency `roads` works Monday to Friday 9 to 17 UTC and promises `minutes`."""
    town = Town()
    weekly = {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]}
    office = {"calendar_code": "default", "name": "Office", "timezone": "UTC", "weekly": weekly}
    town.publish("calendar", "default", office)
    for code in ("roads", "parks"):
        agency = {"agency_code": code, "agency_name": {"en": code}, "is_triage": code == "parks"}
        town.publish("agency", code, agency)
    target = {"target_id": "all", "clock": "resolution", "minutes": minutes}
    town.publish("target", "all", target)
    for rule in rules:
        town.publish("rule", rule["rule_id"], rule)
    return town
