"""Thousands of changes, counted by readers that repeat, replay, come late, in any order, and die."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

from chalicelib.errors import StoreBusy
from chalicelib.projections.counters import BOARDS, counts_of
from chalicelib.tickets.model.ticket import Actor, Status, Ticket
from chalicelib.tickets.ports.projections import Count
from tests.faults import Died, weather
from tests.projections.conftest import AGENCIES, City

SERVICES = ("pothole", "tree", "bin", "sign")
PEOPLE = ("", "cleo@city.example", "dan@city.example")
CLERK = Actor("staff", "cleo@city.example", "Cleo")


def change(town: City, chance: random.Random, tickets: list[str]) -> str:
    """One change of the kinds that move counters; the ticket's id."""
    town.clock.move(timedelta(minutes=chance.randint(0, 40)))
    now = town.clock.now()
    if not tickets or chance.random() < 0.2:
        ticket = town.keep(
            agency_code=chance.choice(AGENCIES),
            service_code=chance.choice(SERVICES),
            requested_at=now,
            updated_at=now,
            due_at=now + timedelta(hours=chance.randint(1, 90)),
            is_public=chance.random() < 0.7,
        )
        tickets.append(ticket.ticket_id)
        return ticket.ticket_id
    ticket = town.store.get(chance.choice(tickets))
    _alter(ticket, town, chance)
    town.save(ticket)
    return ticket.ticket_id


def _alter(ticket: Ticket, town: City, chance: random.Random) -> None:
    now = town.clock.now()
    ticket.assignee = chance.choice(PEOPLE)
    if chance.random() < 0.3:
        ticket.agency_code = chance.choice(AGENCIES)
    if ticket.next_statuses and chance.random() < 0.6:
        to: Status = chance.choice(sorted(ticket.next_statuses))
        ticket.note_response(ticket.change_status(to, now, CLERK))
    ticket.record("noted", now, CLERK)


def soak(town: City, changes: int, seed: int) -> Counter[str]:
    """Make changes and count them badly; what went wrong on the way."""
    chance, tickets, stream = random.Random(seed), list[str](), list[str]()
    met: Counter[str] = Counter()
    for _ in range(changes):
        stream.append(change(town, chance, tickets))
        if chance.random() < 0.3:
            start = chance.randrange(len(stream))
            batch = stream[start : start + 30] + stream[-5:]
            chance.shuffle(batch)
            with weather(chance, faults=0.05, deaths=0.03) as seen:
                _deliver(town, batch, met)
            met += seen
        if chance.random() < 0.01:
            with weather(chance, faults=0.05, deaths=0.03):
                _run(town, met)
    for start in range(0, len(stream), 50):
        town.projections.follow(stream[start : start + 50])
    town.finish()
    return met


def _deliver(town: City, batch: list[str], met: Counter[str]) -> None:
    try:
        town.projections.follow(batch)
    except (Died, StoreBusy) as error:
        met[type(error).__name__] += 1


def _run(town: City, met: Counter[str]) -> None:
    try:
        town.projections.keep_time()
        town.projections.walk()
    except (Died, StoreBusy) as error:
        met[f"run {type(error).__name__}"] += 1


def recount(town: City) -> Counter[Count]:
    """Every counter, added up from the tickets themselves."""
    found: Counter[Count] = Counter()
    for place in town.store.places():
        ids, after = town.store.standing(place)
        while True:
            for ticket in town.store.several(ids):
                counts, _ = counts_of(
                    ticket, town.catalogs.load(), town.clock.now(), ZoneInfo("America/New_York")
                )
                found.update(counts)
            if not after:
                break
            ids, after = town.store.standing(place, after)
    return found


def counted(town: City) -> Counter[Count]:
    """Every counter of the generation that is read."""
    reading = town.kept.progress().reading
    return Counter(
        {
            Count(board, row, name): number
            for board in BOARDS
            for row, names in town.kept.generation(reading, board).items()
            for name, number in names.items()
        }
    )
