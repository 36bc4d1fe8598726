"""Writes a changed ticket with all it causes, then hands the notifications over; knows no channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import logs
from chalicelib.errors import AllowanceUsedUp
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.catalog.allowances import row_of
from chalicelib.tickets.clocks.deadlines import set_deadlines
from chalicelib.tickets.commit.floods import counted
from chalicelib.tickets.commit.merged_reports import moves_of
from chalicelib.tickets.commit.reachability import respect_refusals
from chalicelib.tickets.commit.webhooks import webhook_calls
from chalicelib.tickets.model.records import Allowance, Change, DeliveryStatus, Notification
from chalicelib.tickets.model.ticket import Entry, Ticket
from chalicelib.tickets.ports import (
    CatalogStore,
    Clock,
    DeliveryQueue,
    NotificationKey,
    NotificationStore,
    Planner,
    TicketStore,
)
from chalicelib.tickets.publishing.public_words import publish_words

log = logs.Log(__name__)

# In the one transaction, which holds a hundred items; more are called off behind it.
MOST_CANCELLED = 30
NEWS = timedelta(days=4)  # no message waits longer to be sent


@dataclass(frozen=True, slots=True)
class Committer:
    """The one way in which tickets are written."""

    store: TicketStore
    deliveries: NotificationStore
    catalogs: CatalogStore
    planner: Planner
    queue: DeliveryQueue
    clock: Clock

    def commit(self, ticket: Ticket, change: Change | None = None) -> list[Notification]:
        """Plan, write in one transaction, enqueue; return the notifications that were written.

        `change` brings what else belongs to the act. When an allowance is used up the ticket is
        written all the same, and the answer is kept as suppressed. A failing enqueue is left to the
        sweep. Raises what `TicketStore.save` raises; then nothing was written.
        """
        catalog, now = self.catalogs.load(), self.clock.now()
        change = change or Change()
        change.ticket = ticket
        self._plan(ticket, change, catalog, now)
        change.moves += moves_of(ticket)
        change.allowances += counted(ticket, catalog.policy, now)
        change.callbacks += webhook_calls(ticket)
        _note_versions(change.notifications, catalog)
        moot = self._superseded(ticket)
        change.cancelled += moot[:MOST_CANCELLED]
        self._save(change)
        ticket.new_entries = []
        for notification_id in moot[MOST_CANCELLED:]:
            self.deliveries.cancel(NotificationKey(ticket.ticket_id, notification_id), now, "")
        self.enqueue(change.notifications)
        return change.notifications

    def _plan(self, ticket: Ticket, change: Change, catalog: Catalog, now: datetime) -> None:
        """Put into `change` what the new entries of `ticket` owe to whom."""
        set_deadlines(ticket, catalog, now)
        publish_words(ticket, catalog.exactness(ticket.service_code))
        planned = self.planner.plan(ticket, ticket.new_entries, catalog, now)
        answers = self.planner.allowances(ticket, planned, catalog, change.origin)
        capped = {allowance.key for allowance in (*change.allowances, *answers)}
        respect_refusals((n for n in planned if n.recipient.key not in capped), ticket, self.store)
        change.allowances += answers + self.planner.shares(planned, catalog)
        change.audit += self.planner.night_records(planned, catalog, now)
        change.notifications += planned

    def write(self, change: Change) -> None:
        """Write a change that has no ticket, and hand its notifications over."""
        if change.notifications:
            _note_versions(change.notifications, self.catalogs.load())
        self._save(change)
        self.enqueue(change.notifications)

    def _save(self, change: Change) -> None:
        """Write it; what an address may not get now is held for the morning, or kept as suppressed."""
        try:
            self.store.save(change)
        except AllowanceUsedUp as error:
            over = [a for a in change.allowances if a.bucket == error.bucket]
            self._note_over(error)
            if any(a.is_gate for a in over):
                raise
            if any(a.tag for a in over):
                _mark(change, over)
            elif any(a.holds for a in over):
                self.planner.hold(change, error.bucket)
            else:
                _drop_answers(change, _reason(error))
            self._save(change)

    def _note_over(self, error: AllowanceUsedUp) -> None:
        """So that staff see what is used up; whatever fails here keeps nothing from being written."""
        if row := row_of(error.bucket):
            try:
                self.store.note_over(row.name, self.clock.now())
            except Exception as failure:
                log.failure(
                    "what is over an allowance could not be counted", failure, kind=row.name
                )

    def _superseded(self, ticket: Ticket) -> list[str]:
        if not ticket.version or not _ends_something(ticket.new_entries):
            return []
        queued = self.store.queued(ticket.ticket_id, self.clock.now() - NEWS)
        return [n.notification_id for n in queued if self.planner.is_moot(n, ticket)]

    def enqueue(self, notifications: Sequence[Notification]) -> None:
        """Hand over what is due; whatever fails here or waits for its time is found by the sweep."""
        now = self.clock.now()
        keys = [
            NotificationKey(n.ticket_id, n.notification_id, n.urgency)
            for n in notifications
            if n.status is DeliveryStatus.QUEUED and (n.due_at or n.created_at) <= now
        ]
        if not keys:
            return
        try:
            self.queue.enqueue(keys)
        except Exception as error:
            log.failure("enqueue failed, the sweep will send", error, count=len(keys))


def _note_versions(notifications: Sequence[Notification], catalog: Catalog) -> None:
    """A message keeps the words that were published when it was written."""
    for n in notifications:
        n.template_version = catalog.notice_version(n.template or n.notice, n.locale)


def _ends_something(entries: Sequence[Entry]) -> bool:
    return any(entry.kind in ("status_changed", "reopened") for entry in entries)


def _mark(change: Change, over: Sequence[Allowance]) -> None:
    """The ticket is one of very many from its sender; it says so, and is written all the same."""
    change.allowances = [a for a in change.allowances if a not in over]
    if change.ticket:
        change.ticket.tags = (*change.ticket.tags, *(a.tag for a in over))


def _reason(error: AllowanceUsedUp) -> str:
    """Why an answer was not sent: by name where its network or the city used up what there is."""
    row = row_of(error.bucket)
    return row.name if row and row.is_shared else str(error)


def _drop_answers(change: Change, reason: str) -> None:
    """The automatic answers are written down as suppressed, not sent."""
    kept = [a for a in change.allowances if a.tag or a.is_gate or a.holds]
    capped = {(a.whose or a.key, a.channel) for a in change.allowances if a not in kept}
    for notification in change.notifications:
        if (notification.recipient.key, notification.channel) in capped:
            notification.status = DeliveryStatus.SUPPRESSED
            notification.reason, notification.due_at = reason, None
    change.allowances = kept
