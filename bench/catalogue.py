"""`python -m bench.catalogue`: what it costs to know the catalogue and who works here, on DynamoDB Local.

A catalogue of many agencies and services, and a directory of many people: units of a look when nothing
changed, of reading a change, and of publishing one; and what a look cost when everything was read anew.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from bench.units import Units
from chalicelib.identity.accounts import make_staff
from chalicelib.identity.directory import Directory
from chalicelib.tickets.catalog.seed import seed_items
from chalicelib.tickets.dynamodb import DynamoCatalogStore
from chalicelib.tickets.ports import CatalogItem
from infra.local import dynamodb_local
from tests.examples import CLERK, NOW
from tests.tables import make_client, make_table

TABLE, CITY = "bench-catalogue", "city.example"


def things(agencies: int, services: int) -> Iterator[CatalogItem]:
    """The seed's agencies and services over and over, under other codes; the rest of it once."""
    seed = [CatalogItem(kind=i.kind, code=i.code, version=0, body=i.body) for i in seed_items()]
    for kind, count in (("agency", agencies), ("service", services)):
        kept = [item for item in seed if item.kind == kind]
        for number in range(count):
            item = kept[number % len(kept)]
            code = f"{item.code}-{number}"
            yield replace(item, code=code, body={**item.body, f"{kind}_code": code})
    yield from (item for item in seed if item.kind not in ("agency", "service"))


class Clock:
    """A process's own time, a minute further at each look."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def move(self) -> None:
        self.now += 61.0


def measure(endpoint: str, agencies: int, services: int, people: int) -> dict[str, float]:
    """Units of each thing, by name."""
    onlooker, client = make_client(endpoint), make_client(endpoint)
    if TABLE in onlooker.list_tables()["TableNames"]:
        onlooker.delete_table(TableName=TABLE)
    make_table(onlooker, TABLE)
    clock, units = Clock(), Units(client, onlooker)
    place: dict[str, Any] = {"table_name": TABLE, "jurisdiction_id": CITY}
    catalogue = DynamoCatalogStore(client, ticks=clock, **place)
    writer = DynamoCatalogStore(onlooker, **place)
    _fill(onlooker, catalogue, things(agencies, services))
    found: dict[str, float] = {}

    def count(name: str, what: Callable[[], object]) -> None:
        clock.move()
        before = units.total
        what()
        found[name] = units.total - before

    count("catalogue: everything, as at each look before", catalogue.fresh)
    count("catalogue: the snapshot, read first", catalogue.load)
    count("catalogue: a look", catalogue.load)
    new = next(things(1, 0))
    writer.put(replace(new, code="new"), CLERK, NOW)
    count("catalogue: a look that finds a change", catalogue.load)
    newer = replace(new, code="newer")
    count("catalogue: publishing", lambda: catalogue.put(newer, CLERK, NOW))
    directory = Directory(client, ticks=clock, **place)
    for number in range(people):
        address = f"somebody.{number:05d}@city.example"
        groups = ["agent", f"agency:public-works-{number % 500}"]
        Directory(onlooker, **place).note(
            make_staff(f"0b1c2d3e-0000-4000-8000-{number:012d}", groups, "Some Body", address), NOW
        )
    count("directory: everybody, read first", directory.colleagues)
    count("directory: a look", directory.colleagues)
    return found


def _fill(client: Any, store: DynamoCatalogStore, items: Iterator[CatalogItem]) -> None:
    """Publish them as an import does, without a snapshot after each."""
    for item in items:
        writes = [*store._writes(replace(item, version=1), CLERK, NOW, f"{item.kind}{item.code}")]
        client.transact_write_items(TransactItems=writes)
    store.mend()


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print a line for each thing."""
    parser = argparse.ArgumentParser(prog="python -m bench.catalogue")
    parser.add_argument("--agencies", type=int, default=500)
    parser.add_argument("--services", type=int, default=1_000)
    parser.add_argument("--people", type=int, default=2_000)
    given = parser.parse_args(arguments)
    server = dynamodb_local.start()
    try:
        found = measure(server.url, given.agencies, given.services, given.people)
    finally:
        server.stop()
    for name, units in found.items():
        sys.stdout.write(f"{units:>10,.1f}  {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
