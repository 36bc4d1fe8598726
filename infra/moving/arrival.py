"""What a row becomes on its way in, so that nobody is written to; writes nothing.

Messages that had not left will not leave, broadcasts stand still, and steps of a ladder whose moment
has passed count as done. What another product knew is completed by the catalogue that is here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.messages import Channel
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.clocks.deadlines import AUTO_CLOSE, due_steps, next_action_at, set_deadlines
from chalicelib.tickets.dynamodb.items.codec import Item, string, text
from chalicelib.tickets.dynamodb.items.entries import entry_items
from chalicelib.tickets.dynamodb.items.keys import NOTIFICATION, TICKET, Keys, moment
from chalicelib.tickets.dynamodb.items.tickets import read_ticket, ticket_item
from chalicelib.tickets.intake.opening import place
from chalicelib.tickets.model.records import DeliveryStatus
from chalicelib.tickets.model.ticket import SYSTEM, Status, Ticket
from chalicelib.tickets.people.broadcasts import Stage
from chalicelib.tickets.publishing.public_words import publish_words
from infra.moving.folder import Line, MovingError
from infra.moving.rows import Row, read_row, to_item

WRITE_ID = "moved"
MOVED = "moved"  # why a message did not leave
WAITING = ("due_queue", "next_action_at", "party_key", "party_at")
LISTED = (*WAITING, "queue_key", "queue_at", "assignee_key", "public_key", "place_key", "place_at")
_REFERENCE = re.compile(rb"SR-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]")
UNSENT: Mapping[str, DeliveryStatus] = {
    DeliveryStatus.QUEUED: DeliveryStatus.CANCELLED,
    DeliveryStatus.CLAIMED: DeliveryStatus.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How the rows of one import are made into items of this city.

    `at` is when the import began, however often it was killed. `renamed` maps references that are
    taken here to others.
    """

    keys: Keys
    catalog: Catalog
    at: datetime
    is_ours: bool
    renamed: Mapping[str, str]

    def items(self, line: Line) -> list[Item]:
        """The items that a line stands for. Raises `MovingError` naming the line."""
        row = read_row(line._replace(data=self._renamed(line.data)))
        item = to_item(row, self.keys.of(""))
        try:
            return self._settled(row, item)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise MovingError(
                f"{line.place} cannot be read ({type(error).__name__}: {error}). Export again,"
                " or import with a newer version."
            ) from error

    def _renamed(self, data: bytes) -> bytes:
        if not self.renamed:
            return data
        return _REFERENCE.sub(lambda found: self._new(found[0].decode()).encode(), data)

    def _new(self, reference: str) -> str:
        return self.renamed.get(reference, reference)

    def _settled(self, row: Row, item: Item) -> list[Item]:
        if row["sk"] == TICKET:
            return self._ticket(item) if self.is_ours else [self._completed(item)]
        if row["pk"] == "BROADCASTS":
            return [_standing(row, item)]
        return [_silent(item)]

    def _ticket(self, item: Item) -> list[Item]:
        """A ticket of ours as it was, unless a step of it came due on the way."""
        due = string(item, "next_action_at")
        if not due or due > moment(self.at):
            return [item]
        ticket = read_ticket(self.keys, item)
        pass_over(ticket, self.catalog, self.at)
        ticket.version -= 1  # it is written as the version after the one in hand
        kept = {name: value for name, value in item.items() if name not in LISTED}
        made = ticket_item(self.keys, ticket, WRITE_ID)
        entries = [
            row
            for entry in ticket.new_entries
            for row in entry_items(self.keys, ticket.ticket_id, entry, WRITE_ID)
        ]
        return [*entries, kept | made | {"write_id": item.get("write_id", text(WRITE_ID))}]

    def _completed(self, item: Item) -> Item:
        """A ticket of another product, as if it had been reported here."""
        ticket = read_ticket(self.keys, item)
        complete(ticket, self.catalog, self.at)
        ticket.version = 0
        return ticket_item(self.keys, ticket, WRITE_ID)


def complete(ticket: Ticket, catalog: Catalog, now: datetime) -> None:
    """Give a ticket from elsewhere its service, agency, deadlines and public words, silently.

    What it brings of agency and priority stays. It is public only if it was and its service is.
    Raises `DeskError` for a service that is not offered here.
    """
    agency_code, priority, was_public = ticket.agency_code, ticket.priority, ticket.is_public
    place(ticket, catalog, ticket.service_code)
    ticket.agency_code = agency_code or ticket.agency_code
    ticket.priority = priority
    ticket.is_public = ticket.is_public and was_public
    ticket.asked_sides = ()  # nobody was asked
    ticket.preferred_channel = Channel.EMAIL if ticket.requester.email else Channel.SMS
    set_deadlines(ticket, catalog, now)
    pass_over(ticket, catalog, now)
    publish_words(ticket, catalog.exactness(ticket.service_code))


def pass_over(ticket: Ticket, catalog: Catalog, now: datetime) -> None:
    """Count steps whose moment has passed as done; what should be closed by now is closed."""
    while due := due_steps(ticket, catalog, now):
        for step in due:
            ticket.fired[step.key] = now
            if step.rule is AUTO_CLOSE:
                ticket.change_status(Status.CLOSED, step.due_at, SYSTEM)
    ticket.next_action_at = next_action_at(ticket, catalog)


def _silent(item: Item) -> Item:
    """The row without what would be sent: messages to people, and calls of other systems."""
    if "due_queue" not in item:
        return item
    kept = {name: value for name, value in item.items() if name not in WAITING}
    if not item["sk"]["S"].startswith(NOTIFICATION):
        return kept | {"outcome": text(MOVED)}
    status = string(item, "status")
    return kept | {"status": text(UNSENT.get(status, status)), "reason": text(MOVED)}


def _standing(row: Row, item: Item) -> Item:
    """A broadcast; one that was running is paused, for staff to go on with or to cancel."""
    body: dict[str, Any] = row["body"]
    if body.get("stage") != Stage.APPROVED:
        return item
    return item | to_item({"body": {**body, "stage": str(Stage.PAUSED)}}, "")
