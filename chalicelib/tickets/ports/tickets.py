"""Tickets and what hangs on them, as the rules need them kept; protocols, and what they ask by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.geography import Box
from chalicelib.messages import Channel
from chalicelib.tickets.model.records import (
    AuditRecord,
    Casefile,
    Change,
    Contact,
    HandledMessage,
    Mark,
    Notification,
    Parked,
)
from chalicelib.tickets.model.ticket import Entry, Ticket
from chalicelib.tickets.ports.followers import FollowerStore
from chalicelib.tickets.ports.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueQuery:
    """Which open tickets a list shows; empty fields do not restrict. Sorted by `due_at`, soonest first.

    `agency_codes` are the agencies to merge. `assignee` restricts to one user's tickets,
    `is_unassigned` to nobody's. `statuses` may include resolved ones only with `is_open` False.
    `due_before` restricts to what was owed before that moment.
    """

    agency_codes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    assignee: str = ""
    is_unassigned: bool = False
    is_open: bool = True
    due_before: datetime | None = field(default=None, repr=False)  # no page token is bound to it


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicQuery:
    """Which public tickets a list shows, newest first by `order` (`requested` or `updated`).

    `is_oldest_first` turns that round, except in a box.

    With a `box` only what lies in it, read without looking at anything else; `latest` is then the
    present: nothing has changed since, and without it nothing that changed after `end` is found.
    `exactness` says by service how exactly places are told: what lies in the box is then decided by what
    is told, so that no search finds out more. Without it places are taken as they are.
    """

    start: datetime
    end: datetime
    order: str = "requested"
    service_codes: tuple[str, ...] = ()
    is_open: bool | None = None
    is_oldest_first: bool = False
    box: Box | None = None
    # No page token is bound to these.
    latest: datetime | None = field(default=None, repr=False)
    exactness: Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CityUse:
    """By name of an allowance: what is `taken` in its period, and how often it was used up today."""

    taken: Mapping[str, int] = field(default_factory=dict)
    over: Mapping[str, int] = field(default_factory=dict)


class TicketStore(FollowerStore, Protocol):
    """Tickets and what hangs on them. Index reads may lag; `save` never trusts them.

    A ticket that cannot be read is in no list: it is parked. Asked for by its id it raises
    `UnreadableTicket`.
    """

    def save(self, change: Change) -> None:
        """Write all of `change` in one transaction and raise each ticket's and contact's `version` by one.

        Raises `StaleTicket` when a ticket or contact was saved by somebody else, `DuplicateMessage`
        when the message or its content was handled before, `AllowanceUsedUp` when an allowance is not
        to be had, `StoreBusy` when throttled throughout.
        A refusal caused by our own earlier attempt (lost answer) is success, not an error.
        """
        ...

    def note_over(self, row: str, now: datetime) -> None:
        """Count for the day that an allowance was used up when somebody wanted more."""
        ...

    def used_by_city(self, now: datetime) -> CityUse:
        """What of the city's own allowances is taken now, and how often any was used up this day."""
        ...

    def get(self, ticket_id: str) -> Ticket:
        """The ticket alone, read consistently. Raises `TicketNotFound`."""
        ...

    def read(self, ticket_id: str, token: str = "") -> Casefile:
        """The ticket, one page of its timeline in order, and the messages of that page.

        Raises `TicketNotFound`, and as `timeline` does.
        """
        ...

    def timeline(
        self, ticket: Ticket, token: str = "", is_shown: Callable[[Entry], bool] = ...
    ) -> Page[Entry]:
        """One page of a timeline, in order: the latest entries, then those before them.

        Of some hundred entries those that `is_shown`, so it may be short or empty with more behind it.
        Texts are cut (`Entry.is_cut`), and a page holds half a megabyte at most. What an earlier
        release did not write into `ticket.settled` is put there. Raises `InvalidRequest` for a token
        that is not ours.
        """
        ...

    def look_back(self, ticket: Ticket) -> None:
        """Put into `ticket.settled` what entries say that an earlier release wrote."""
        ...

    def recent(self, ticket: Ticket, before: int = 0) -> Iterator[Entry]:
        """The timeline from its latest entry back, or from the one in front of `before`; texts are cut."""
        ...

    def entry(self, ticket_id: str, number: int) -> Entry:
        """One entry with all of its words. Raises `NotFound`."""
        ...

    def notices(self, ticket_id: str, after: str = "") -> Iterator[Notification]:
        """The ticket's notifications, latest first, down to those after that id; read as taken."""
        ...

    def pieces(self, ticket: Ticket, token: str = "") -> Page[Entry | Notification]:
        """The whole of a file from its beginning, some of it: entries in order, then notifications.

        The further pieces of a long entry follow it under its number. Raises `InvalidRequest` for a token
        that is not ours.
        """
        ...

    def several(self, ticket_ids: Sequence[str]) -> list[Ticket]:
        """Those of the tickets that exist, in the same order, read consistently, a hundred a call."""
        ...

    def timelines(self, tickets: Sequence[Ticket], most: int = 30) -> dict[str, list[Entry]]:
        """The latest entries of tickets by id, in order, a hundred a call; texts are cut."""
        ...

    def queued(self, ticket_id: str, since: datetime | None = None) -> list[Notification]:
        """The ticket's notifications, written since then, that have not left yet, read consistently."""
        ...

    def contact(self, key: str) -> Contact:
        """What is known about a party key; a fresh `Contact` with version 0 when nothing is."""
        ...

    def contacts(self, keys: Sequence[str]) -> dict[str, Contact]:
        """What is known about many party keys at once; those nothing is known about are left out."""
        ...

    def handled(self, channel: Channel, message_id: str) -> HandledMessage | None:
        """How this message was handled, or None."""
        ...

    def tickets_of(self, party_key: str, limit: int = 20) -> list[Ticket]:
        """The requester's tickets, newest first, re-read consistently."""
        ...

    def ticket_of_provider_message(self, provider_message_ids: Sequence[str]) -> str | None:
        """The ticket that one of our sent messages belongs to, or None."""
        ...

    def due_tickets(self, now: datetime) -> Iterator[str]:
        """Ids of tickets whose `next_action_at` has come, soonest first within a shard, lazily paged."""
        ...

    def queue(self, query: QueueQuery, size: int = 50, token: str = "") -> Page[Ticket]:
        """One page of a staff list, in at most six calls whatever there is.

        A page may be shorter than `size`, even empty, and go on: what a rare filter leaves out is looked
        through only so far. Raises `InvalidRequest` for a token that is not ours.
        """
        ...

    def places(self, *, is_open: bool | None = None) -> list[str]:
        """The places of the index in which every ticket stands, or every open one, in their order."""
        ...

    def standing(
        self, place: str, after: str = "", size: int = 100, since: datetime | None = None
    ) -> tuple[list[str], str]:
        """The ids of some of the tickets in a place, and where to go on; empty at the end.

        With `since` no ticket that was done before it.
        """
        ...

    def public(self, query: PublicQuery, size: int = 100, token: str = "") -> Page[Ticket]:
        """One page of public tickets; private ones have no key in this index.

        A page is shorter than `size` when its tickets say very much.
        """
        ...

    def nearby(
        self,
        service_code: str,
        box: Box,
        since: datetime,
        *,
        is_public: bool | None = None,
        limit: int = 10,
    ) -> list[Ticket]:
        """Open tickets of a service in a box, asked for since a moment, nearest to its middle first.

        `is_public` reads only the public or only the private ones. They are whole and re-read
        consistently: what a reader may see of them is for the caller to decide.
        """
        ...

    def marks(self, query: PublicQuery, most: int = 2_000) -> list[Mark]:
        """The public tickets in the query's box as points, newest request first; no ticket is read."""
        ...

    def parked(self) -> list[Parked]:
        """The tickets that could not be read when somebody met them last."""
        ...

    def retry_parked(self) -> list[str]:
        """Read the parked tickets once more; those that are well are parked no longer: their ids."""
        ...

    def quarantine(self, size: int = 50, token: str = "") -> Page[HandledMessage]:
        """Messages held for a person, newest first."""
        ...

    def audit(
        self,
        size: int = 50,
        token: str = "",
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Page[AuditRecord]:
        """The audit trail since `start` and before `end`, newest first."""
        ...
