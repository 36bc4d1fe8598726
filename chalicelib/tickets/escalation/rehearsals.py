"""Which real tickets a draft rule is tried on, before it is published; reads, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from chalicelib.errors import TicketNotFound
from chalicelib.tickets.catalog.rules import Rule
from chalicelib.tickets.escalation.trial import Prices, Trial, forecast, outlook, replay
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import CatalogStore, Clock, QueueQuery, TicketStore

MOST_TICKETS = 500  # one request can read so many
MOST_ENTRIES = 1_000  # of one ticket, its latest
PAGE = 100
MAIL_PRICE = 0.0001


class Rehearsal(NamedTuple):
    """A trial on real tickets. `is_cut` when there were more of them than can be tried at once."""

    trial: Trial
    since: datetime
    until: datetime
    examined: int
    is_cut: bool
    cost: float


@dataclass(frozen=True, slots=True)
class Rehearsals:
    """Tries draft rules on the desk's own tickets, at most `most` of them."""

    store: TicketStore
    catalogs: CatalogStore
    clock: Clock
    most: int = MOST_TICKETS

    def replay(self, draft: Rule, days: int) -> Rehearsal:
        """What the draft would have done in the last `days`, beside what the rules did."""
        until = self.clock.now()
        since = until - timedelta(days=days)
        tickets = list(islice(self._recent(since), self.most + 1))
        files = [file for t in tickets[: self.most] if (file := self._file(t)) is not None]
        trial = replay(draft, files, self.catalogs.load(), since, until)
        return self._rehearsal(trial, since, until, len(tickets))

    def forecast(self, draft: Rule, days: int) -> Rehearsal:
        """What the draft would do to open tickets in the next `days` if nobody touched them."""
        now, catalog = self.clock.now(), self.catalogs.load()
        until = now + timedelta(days=days)
        tickets = list(islice(self._listed(QueueQuery()), self.most + 1))
        trial = forecast(draft, tickets[: self.most], catalog, now, until)
        trial.published = outlook(tickets[: self.most], catalog, now, until).firings
        return self._rehearsal(trial, now, until, len(tickets))

    def _rehearsal(self, trial: Trial, since: datetime, until: datetime, found: int) -> Rehearsal:
        micros = self.catalogs.load().policy.sms_price_micros
        cost = trial.cost(Prices(MAIL_PRICE, micros / 1_000_000))
        return Rehearsal(
            trial, since, until, min(found, self.most), found > self.most, round(cost, 4)
        )

    def _recent(self, since: datetime) -> Iterator[Ticket]:
        """Open tickets, then those that ended since, latest first."""
        yield from self._listed(QueueQuery())
        for ticket in self._listed(QueueQuery(is_open=False)):
            if ticket.updated_at < since:
                return
            yield ticket

    def _listed(self, query: QueueQuery) -> Iterator[Ticket]:
        token = ""
        while True:
            page = self.store.queue(query, PAGE, token)
            yield from page.items
            token = page.next_token
            if not token:
                return

    def _file(self, ticket: Ticket) -> Casefile | None:
        try:
            found = self.store.get(ticket.ticket_id)
        except TicketNotFound:
            return None
        return Casefile(found, [*islice(self.store.recent(found), MOST_ENTRIES)][::-1])
