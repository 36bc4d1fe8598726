"""One escalation run: reads what is due, fires its steps, hands it over to be saved; never sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Protocol

from chalicelib import logs
from chalicelib.errors import StaleTicket, StoreBusy, TicketNotFound, UnreadableTicket
from chalicelib.tickets.casework.incidents import Stored
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.clocks.deadlines import next_action_at, set_deadlines
from chalicelib.tickets.escalation.steps import fire_due_steps
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import CatalogStore, Clock, StandIn, TicketStore, themselves

# Imported where used: a pool takes 10 ms, and other functions read this module for its names.

log = logs.Log(__name__)

RESERVE_MS = 5_000  # what one ticket's reading and saving may take in the worst case
HANDS = 8  # at once: a hand mostly waits for the table, and a run has a third of a processor


class Committer(Protocol):
    """Who plans the notifications of a changed ticket, computes its deadlines and saves it."""

    def commit(self, ticket: Ticket, change: Change | None = None) -> object:
        """Save the ticket with what belongs to the change. Raises `StaleTicket` when it is behind."""
        ...


@dataclass(slots=True)
class RunReport:
    """What one run did. `is_complete` is False when it stopped before everything due was seen.

    `left` are tickets that cannot be read, or that only a later release understands.
    """

    tickets: int = 0
    steps: int = 0
    stale: int = 0
    failed: int = 0
    left: int = 0
    is_complete: bool = False

    def __add__(self, other: RunReport) -> RunReport:
        """What two hands did together."""
        return RunReport(
            self.tickets + other.tickets,
            self.steps + other.steps,
            self.stale + other.stale,
            self.failed + other.failed,
            self.left + other.left,
            self.is_complete and other.is_complete,
        )


@dataclass(frozen=True, slots=True)
class _Due:
    """What is due, for several hands: each ticket is given out once."""

    tickets: Iterator[str]
    lock: Lock

    def __iter__(self) -> Iterator[str]:
        while ticket_id := self._next():
            yield ticket_id

    def _next(self) -> str:
        with self.lock:
            return next(self.tickets, "")


@dataclass(frozen=True, slots=True)
class Escalations:
    """The scheduled side of the desk. Several runs at once are safe: a ticket's version decides.

    So are several `hands` of one run, which share what is due.
    """

    store: TicketStore
    catalogs: CatalogStore
    committer: Committer
    clock: Clock
    hands: int = 1
    stand_in: StandIn = themselves

    def run(
        self, remaining_ms: Callable[[], int] = lambda: 60_000, latest: datetime | None = None
    ) -> RunReport:
        """Fire every due step, until nothing is due or the time is nearly up.

        A worker whose clock is ahead takes it to be no later than `latest`, so nothing fires early.

        The catalogue is read once. A ticket that somebody else changed meanwhile waits for the next
        run; one that fails is logged and does not stop the others.
        """
        now = min(filter(None, (self.clock.now(), latest)))
        due = _Due(iter(self.store.due_tickets(now)), Lock())
        hand = partial(self._work, due, self.catalogs.load(), now, remaining_ms)
        return hand() if self.hands == 1 else self._together(hand)

    def _together(self, hand: Callable[[], RunReport]) -> RunReport:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.hands) as pool:
            working = [pool.submit(copy_context().run, hand) for _ in range(self.hands)]
        return sum((each.result() for each in working), RunReport(is_complete=True))

    def _work(
        self, due: _Due, catalog: Catalog, now: datetime, remaining_ms: Callable[[], int]
    ) -> RunReport:
        """What one hand does, ticket after ticket, while there is time."""
        report = RunReport()
        try:
            for ticket_id in due:
                if remaining_ms() < RESERVE_MS:
                    return report
                self._escalate(ticket_id, catalog, now, report)
        except StoreBusy:
            log.warning("The store is busy; the rest waits for the next run.")
            return report
        report.is_complete = True
        return report

    def _escalate(self, ticket_id: str, catalog: Catalog, now: datetime, report: RunReport) -> None:
        report.tickets += 1
        try:
            report.steps += self.run_one(ticket_id, catalog, now)
        except UnreadableTicket:
            report.tickets, report.left = report.tickets - 1, report.left + 1
        except StaleTicket:
            report.stale += 1
            log.info("Changed by somebody else, waits.", ticket_id=ticket_id)
        except TicketNotFound:
            log.info("Due in the index but gone.", ticket_id=ticket_id)
        except StoreBusy:
            raise
        except Exception as error:  # one ticket's failure must not keep the others waiting
            report.failed += 1
            log.failure("This ticket could not be escalated.", error, ticket_id=ticket_id)

    def run_one(self, ticket_id: str, catalog: Catalog, now: datetime) -> int:
        """Fire the due steps of one ticket and save it; how many fired.

        A ticket of which nothing is due after all is saved only when the moment it is listed under
        is wrong, so that the index lets go of it. One that only a later release understands is left
        for it, due as it is.
        """
        ticket, incidents = self.store.get(ticket_id), Stored(self.store.get)
        if ticket.is_beyond_us:
            return 0
        fired = fire_due_steps(ticket, catalog, now, incidents, self.stand_in)
        for incident in incidents.changed.values():
            set_deadlines(incident, catalog, now)
        if fired or ticket.next_action_at != next_action_at(ticket, catalog):
            self.committer.commit(ticket, Change(linked=list(incidents.changed.values())))
        return len(fired)
