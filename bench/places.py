"""`make bench-places`: what a search by place costs among ever more tickets, on Amazon's DynamoDB Local.

    python -m bench.places [--sizes 1000,100000] [--inside 200]

For each size the table holds that many public tickets, spread over a city and over the last ninety
days, of which 200 lie in the box that is searched. Calls and consumed capacity must be the same
within 10 %.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bench.escalation import CITY, NOW, Meter, fill
from chalicelib.geography import Box, circle
from chalicelib.tickets.dynamodb import DynamoStore
from chalicelib.tickets.model.ticket import Status, Ticket
from chalicelib.tickets.ports import PublicQuery
from infra.local import dynamodb_local
from tests.city import City
from tests.examples import a_ticket
from tests.tables import make_client, make_table

SPREAD = 0.10
DAYS = 90
WANTED = Box(west=-123.03, south=44.04, east=-123.02, north=44.05)
ELSEWHERE = Box(west=-123.02, south=44.06, east=-122.80, north=44.30)

Search = Callable[[DynamoStore], int]


def spread(size: int, inside: int) -> Iterator[Ticket]:
    """Tickets of which `inside` lie in the wanted box; the same ones whatever the size."""
    dice = random.Random(311)
    for number in range(size):
        box = WANTED if number < inside else ELSEWHERE
        asked = NOW - timedelta(seconds=dice.randrange(DAYS * 86_400))
        done = NOW - (NOW - asked) * dice.random()
        is_open = dice.random() < 0.4
        yield a_ticket(
            jurisdiction_id=CITY,
            is_public=True,
            lat=dice.uniform(box.south, box.north),
            long=dice.uniform(box.west, box.east),
            requested_at=asked,
            updated_at=asked if is_open else done,
            status=Status.NEW if is_open else Status.CLOSED,
            entries=False,
        )


def _query(**given: Any) -> PublicQuery:
    return PublicQuery(start=NOW - timedelta(days=DAYS), end=NOW, latest=NOW, box=WANTED, **given)


SEARCHES: dict[str, Search] = {
    "the newest 1,000": lambda store: len(store.public(replace(_query(), box=None), 1_000).items),
    "a page of 100": lambda store: len(store.public(_query(), 100).items),
    "all of it": lambda store: len(store.public(_query(), 1_000).items),
    "latest changed": lambda store: len(store.public(_query(order="updated"), 100).items),
    "points for a map": lambda store: len(store.marks(_query())),
    "open ones nearby": lambda store: len(
        store.nearby(
            "pothole", circle(44.045, -123.025, 200), NOW - timedelta(days=30), is_public=True
        )
    ),
}


def measure(url: str, size: int, inside: int) -> dict[str, tuple[int, int, float]]:
    """For each search: what it found, its calls, its capacity."""
    client, table = make_client(url), f"places-{size}"
    make_table(client, table)
    fill(client, table, spread(size, inside))
    store = DynamoStore(
        client, table_name=table, jurisdiction_id=CITY, shards=4, signer=lambda: City().signer
    )
    meter = Meter()
    meter.watch(client)
    return {name: _metered(meter, store, search) for name, search in SEARCHES.items()}


def _metered(meter: Meter, store: DynamoStore, search: Search) -> tuple[int, int, float]:
    meter.calls.clear()
    meter.capacity = 0.0
    found = search(store)
    return found, sum(meter.calls.values()), meter.capacity


def main() -> int:
    """Print a line for each search and size; 1 when a cost grows with the tickets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,100000")
    parser.add_argument("--inside", type=int, default=200)
    given = parser.parse_args()
    if problem := dynamodb_local.why_not():
        print(f"left out: {problem}")
        return 0
    server = dynamodb_local.start()
    try:
        return _compare([int(size) for size in given.sizes.split(",")], given.inside, server.url)
    finally:
        server.stop()


def _compare(sizes: Sequence[int], inside: int, url: str) -> int:
    rows = {size: measure(url, size, inside) for size in sizes}
    print(f"{'search':<18}{'tickets':>9}{'found':>7}{'calls':>7}{'capacity':>10}")
    is_flat = True
    for name in SEARCHES:
        for size, row in rows.items():
            found, calls, capacity = row[name]
            print(f"{name:<18}{size:>9}{found:>7}{calls:>7}{capacity:>10.1f}")
        for at in range(3):
            values = [row[name][at] for row in rows.values()]
            is_flat &= max(values) <= min(values) * (1 + SPREAD)
    print(f"same within {SPREAD:.0%}: {is_flat}")
    return int(not is_flat)


if __name__ == "__main__":
    sys.exit(main())
