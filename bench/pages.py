"""`make bench-pages`: what pages cost among ever more tickets and agencies, on Amazon's DynamoDB Local.

    python -m bench.pages [--sizes 1000,10000,100000] [--agencies 4,100,500]

Each page is asked for twice by somebody who works for the whole city, or by nobody in particular; the
second time counts, for then the process knows the catalogue and who works here. Tickets are written as the
desk and the second reader write them; at the smallest size a reader follows all of them and must find
nothing to do.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.projections.counters import counts_of
from chalicelib.tickets.dynamodb.items.codec import number, text
from chalicelib.tickets.dynamodb.items.keys import Keys, moment, queue_position
from chalicelib.tickets.dynamodb.items.projections import COUNT, board_key, projected_item, row_key
from chalicelib.tickets.dynamodb.items.tickets import ticket_item
from chalicelib.tickets.model.references import new_ticket_id
from chalicelib.tickets.model.ticket import SYSTEM, ClockEvent, Status, Ticket
from chalicelib.tickets.ports import CatalogItem
from chalicelib.tickets.ports.projections import Count, Progress, Projected
from infra.local import dynamodb_local
from tests.examples import a_ticket
from tests.harness import Harness
from tests.tables import make_client, put_items

MOST_CALLS = 6
SPREAD = 0.10
SERVICES = 2  # of each agency
DAYS = 300
PAGES = {
    "queue": ("/console", "agent"),
    "unassigned": ("/console?view=unassigned", "agent"),
    "done": ("/console?view=done", "agent"),
    "late": ("/console/late", "agent"),
    "promises": ("/console/kept", "agent"),
    "figures": ("/console/figures", "agent"),
    "public figures": ("/performance", ""),
    "public list": ("/reports", ""),
    "tracking page": ("", ""),
}


@dataclass
class Meter:
    """Calls and read units of one client."""

    calls: int = 0
    units: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)

    def watch(self, client: Any) -> None:
        """Count every call from now on."""
        client.meta.events.register("provide-client-params.dynamodb.*", _ask)
        client.meta.events.register("after-call.dynamodb.*", self._note)

    def _note(self, model: Any, parsed: Any, **_: Any) -> None:
        self.calls += 1
        self.kinds[model.name] += 1
        used = parsed.get("ConsumedCapacity") or []
        self.units += sum(
            one["CapacityUnits"] for one in (used if isinstance(used, list) else [used])
        )

    def clear(self) -> None:
        """Begin anew."""
        self.calls, self.units = 0, 0.0
        self.kinds.clear()


def _ask(params: Any, **_: Any) -> Any:
    return {**params, "ReturnConsumedCapacity": "TOTAL"}


def publish(town: Harness, agencies: int) -> list[tuple[str, str]]:
    """Agencies with services of their own; (agency, service) of each."""
    found = []
    for place in range(agencies):
        code = f"agency-{place}"
        _put(town, "agency", code, agency_code=code, agency_name={"en": f"Agency {place}"})
        for which in range(SERVICES):
            service = f"service-{place}-{which}"
            names = {"service_name": {"en": service}, "description": {"en": service}}
            _put(town, "service", service, service_code=service, agency_code=code, **names)
            found.append((code, service))
    return found


def _put(town: Harness, kind: str, code: str, **body: Any) -> None:
    item = CatalogItem(kind=kind, code=code, version=0, body=body)
    town.services.catalog.put(item, SYSTEM, town.now - timedelta(days=DAYS))


def tickets(town: Harness, size: int, owners: Sequence[tuple[str, str]]) -> Iterator[Ticket]:
    """Public tickets of ten months, two fifths of them open, of these every fifth late."""
    dice = random.Random(12)
    now, city = town.now, town.services.settings.jurisdiction_id
    for place in range(size):
        agency, service = owners[place % len(owners)]
        asked = now - timedelta(minutes=dice.randrange(DAYS * 1440))
        is_open = dice.random() < 0.4
        ticket = a_ticket(
            ticket_id=new_ticket_id(),
            jurisdiction_id=city,
            agency_code=agency,
            service_code=service,
            is_public=True,
            requested_at=asked,
            updated_at=asked,
            due_at=now + timedelta(hours=dice.randrange(-10, 40)),
            status=Status.NEW if is_open else Status.RESOLVED,
            resolved_at=None if is_open else asked + timedelta(hours=5),
            version=0,
        )
        ticket.mark(ClockEvent.STARTED, ticket.new_entries[0])
        if not is_open:
            ticket.mark(ClockEvent.STOPPED, ticket.new_entries[0], asked + timedelta(hours=5))
        yield ticket


def fill(town: Harness, client: Any, found: Iterator[Ticket]) -> list[str]:
    """Write the tickets, what is kept of each, and their counters; the ids."""
    settings, now = town.services.settings, town.now
    keys, zone = Keys(settings.jurisdiction_id, settings.index_shards), ZoneInfo(settings.timezone)
    catalog = town.services.catalog.fresh()
    totals: Counter[Count] = Counter()
    ids: list[str] = []

    def items() -> Iterator[Any]:
        for ticket in found:
            counts, turns_at = counts_of(ticket, catalog, now, zone)
            totals.update(counts)
            ids.append(ticket.ticket_id)
            yield ticket_item(keys, ticket, "bench")
            yield projected_item(keys, _kept(ticket, counts, turns_at, now))

    put_items(client, settings.table_name, items())
    put_items(client, settings.table_name, _rows(keys, totals, now))
    town.services._projection_store.note(Progress(is_complete=True, checked_at=now))
    return ids


def _kept(ticket: Ticket, counts: Any, turns_at: Any, now: Any) -> Projected:
    return Projected(
        ticket_id=ticket.ticket_id,
        version=1,
        is_open=ticket.is_open,
        position=queue_position(ticket),
        status=ticket.status,
        priority=ticket.priority,
        agency_code=ticket.agency_code,
        turns_at=turns_at,
        moved_at=now,
        counts={"1": counts},
    )


def _rows(keys: Keys, totals: Counter[Count], now: Any) -> Iterator[Any]:
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for count, times in totals.items():
        rows.setdefault((count.board, count.row), {})[COUNT + count.name] = number(times)
    for (board, row), counts in rows.items():
        key = {"pk": text(board_key(keys, "1", board)), "sk": text(row_key(row, 0))}
        yield key | counts | {"counted_at": text(moment(now))}


Row = dict[str, tuple[int, float, dict[str, int]]]


def measure(url: str, size: int, agencies: int, *, is_checked: bool) -> Row:
    """For each page its calls, its read units, and which calls they were."""
    with Harness.boot(endpoint=url) as town:
        ids = fill(town, make_client(url or None), tickets(town, size, publish(town, agencies)))
        if is_checked:
            _check(town, ids)
        meter = Meter()
        meter.watch(town.services.client("dynamodb"))
        tracked = town.services.store.get(ids[0])
        return {
            name: _asked(town, meter, path or _path(town.services.tracking_url(tracked)), user)
            for name, (path, user) in PAGES.items()
        }


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def _check(town: Harness, ids: Sequence[str]) -> None:
    moved = town.services.projections._follow(
        ids, town.services._projection_store.progress(), lambda: 60_000
    )
    if moved:
        raise AssertionError(f"{moved} of {len(ids)} tickets were written as no reader would.")


def _asked(town: Harness, meter: Meter, path: str, user: str) -> tuple[int, float, dict[str, int]]:
    for _ in range(2):
        meter.clear()
        answer = town.http("GET", path, user=user or None, headers={"Accept": "text/html"})
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer.status}")
    return meter.calls, meter.units, dict(meter.kinds)


def main() -> int:
    """Print a line for each page, size and number of agencies; 1 when calls are too many or grow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--agencies", default="4,100,500")
    given = parser.parse_args()
    if problem := dynamodb_local.why_not():
        print(f"left out: {problem}")
        return 0
    server = dynamodb_local.start()
    try:
        return _compare(_numbers(given.sizes), _numbers(given.agencies), server.url)
    finally:
        server.stop()


def _numbers(given: str) -> list[int]:
    return [int(each) for each in given.split(",")]


def _compare(sizes: Sequence[int], agencies: Sequence[int], url: str) -> int:
    rows = {
        (size, of): measure(url, size, of, is_checked=size == min(sizes))
        for size in sizes
        for of in agencies
    }
    print(f"{'page':<16}{'tickets':>9}{'agencies':>10}{'calls':>7}{'read units':>12}")
    for name in PAGES:
        for (size, of), row in rows.items():
            calls, units, kinds = row[name]
            told = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
            print(f"{name:<16}{size:>9}{of:>10}{calls:>7}{units:>12.1f}   {told}")
    most = max(row[name][0] for row in rows.values() for name in PAGES)
    print(f"at most {most} calls a page (limit {MOST_CALLS})")
    return int(most > MOST_CALLS)


if __name__ == "__main__":
    sys.exit(main())
