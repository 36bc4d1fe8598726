"""The second reader on a table of its own city."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.projections.following import Projections
from chalicelib.projections.reading import Figures
from chalicelib.tickets.dynamodb import DynamoCatalogStore, DynamoStore
from chalicelib.tickets.dynamodb.stores.projections import DynamoProjections
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import SYSTEM, Ticket
from chalicelib.tickets.ports import CatalogItem
from tests.examples import NOW, a_ticket
from tests.tickets.conftest import (  # noqa: F401 - fixtures
    SIGNER,
    TABLE,
    Pauses,
    city,
    client,
    local_endpoint,
)

AGENCIES = ("roads", "parks", "waste")


@dataclass
class Clock:
    """A clock that tests move."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by


@dataclass
class City:
    """Tickets, what is derived from them, and a catalogue that tests change."""

    client: Any
    name: str
    spread: int = 1
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        names = {"table_name": TABLE, "jurisdiction_id": self.name, "pause": Pauses()}
        self.catalogs = DynamoCatalogStore(self.client, ticks=count(step=100).__next__, **names)
        self.store = DynamoStore(self.client, signer=lambda: SIGNER, **names)
        self.kept = DynamoProjections(self.client, spread=self.spread, now=self.clock.now, **names)
        self.projections = Projections(
            self.kept, self.store, self.catalogs, self.clock, "America/New_York"
        )
        self.figures = Figures(self.kept, self.catalogs, self.clock)

    def publish(self, kind: str, code: str, **body: Any) -> None:
        """Something new in the catalogue."""
        item = CatalogItem(kind=kind, code=code, version=0, body=body)
        self.catalogs.put(item, SYSTEM, self.clock.now())

    def keep(self, **facts: Any) -> Ticket:
        """A stored ticket that nobody has counted."""
        ticket = a_ticket(jurisdiction_id=self.name, **facts)
        return self.save(ticket)

    def save(self, ticket: Ticket) -> Ticket:
        """The ticket as it was stored."""
        self.store.save(Change(ticket=ticket))
        return self.store.get(ticket.ticket_id)

    def follow(self, *tickets: Ticket) -> None:
        """Count these."""
        self.projections.follow([ticket.ticket_id for ticket in tickets])

    def finish(self) -> None:
        """Run until there is nothing left to do."""
        for _ in range(100):
            if self.projections.keep_time() and self.projections.walk():
                return
        raise AssertionError("the walk has no end")


MakeCity = Callable[..., City]


@pytest.fixture
def town(client: Any, city: str) -> City:  # noqa: F811 - a fixture
    """A city of this test's own, on each engine."""
    found = City(client, city)
    for code in AGENCIES:
        found.publish("agency", code, agency_code=code, agency_name={"en": code.title()})
    return found
