"""`make bench-escalation`: what a run costs among ever more open tickets, on Amazon's DynamoDB Local.

    python -m bench.escalation [--sizes 1000,10000,100000] [--due 50] [--crowd 10000]

For each size the table holds that many open tickets, of which 50 are due. Calls and units of capacity
(by AWS's own rule: `bench.units`) of one run must be the same within 10 %; own CPU per due ticket (AWS's
answers left out, botocore's work counted apart) must be at most 3 ms. Then a crowd is due at the same
moment, and every call waits as long as AWS takes: it must be done in three runs of a minute. Last, how
fast its mails leave through an account of 14 a second.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

from bench.units import Units, each, onlooker
from chalicelib.channels.email.quota import sending_quota
from chalicelib.channels.pacing import FREE, SHARE, Pace
from chalicelib.tickets.catalog.seed import seed_items
from chalicelib.tickets.clocks.deadlines import set_deadlines
from chalicelib.tickets.dynamodb import DynamoCatalogStore, DynamoStore
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.items.tickets import ticket_item
from chalicelib.tickets.escalation import HANDS, Escalations
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import ClockEvent, Ticket
from chalicelib.tickets.ports import CatalogItem
from infra.local import dynamodb_local
from tests.city import City
from tests.examples import CLERK, a_ticket
from tests.fakes import FakeTurns, FixedClock
from tests.tables import make_client, make_table, put_items

CITY = "bench.example"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SPREAD, MOST_CPU_MS = 0.10, 3.0
MOST_UNITS = (
    19.5  # of a due ticket with two steps and two mails: five items, six entries of indexes
)
WORKERS = 5  # of the queue that they leave through
ACCOUNT = 14.0  # mails a second that a new account of SES may send
AWS_SECONDS = {"get": 0.005, "save": 0.015, "enqueue": 0.010}
MOST_RUNS, RUN_MS = 3, 45_000  # of 55 seconds, less what is left to the other jobs of the minute
LONG_AGO = NOW - timedelta(days=3)


@dataclass
class Meter:
    """Calls and the time spent in calls, of one client."""

    calls: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def watch(self, client: Any) -> None:
        """Count every call."""
        client.meta.events.register("after-call.dynamodb.*", self._note)
        inner = client._make_api_call

        def call(name: str, parameters: Any) -> Any:
            began = time.process_time()
            try:
                return inner(name, parameters)
            finally:
                self.seconds += time.process_time() - began

        client._make_api_call = call

    def _note(self, model: Any, **_: Any) -> None:
        self.calls[model.name] += 1


def open_tickets(size: int, due: int, catalog: Any) -> Iterator[Ticket]:
    """Open tickets, of which `due` are overdue for their first step now."""
    for number in range(size):
        began = LONG_AGO - timedelta(seconds=number)  # each by deadlines of its own
        at = began if number < due else NOW - timedelta(minutes=1)
        ticket = a_ticket(
            jurisdiction_id=CITY, requested_at=at, updated_at=at, agency_code="public-works"
        )
        ticket.mark(ClockEvent.STARTED, ticket.new_entries[0])
        set_deadlines(ticket, catalog, NOW)
        yield ticket


def fill(client: Any, table: str, tickets: Iterator[Ticket]) -> None:
    """Put the tickets into the table as they are stored."""
    keys = Keys(CITY, 4)
    put_items(client, table, (ticket_item(keys, ticket, "bench") for ticket in tickets))


def prepare(url: str, size: int, due: int, name: str = "calls") -> tuple[Any, Escalations]:
    """A table of open tickets, and the run over it."""
    client, table = make_client(url), f"bench-{name}-{size}-{due}"
    make_table(client, table)
    store = DynamoStore(
        client, table_name=table, jurisdiction_id=CITY, shards=4, signer=lambda: City().signer
    )
    catalogs = DynamoCatalogStore(client, table_name=table, jurisdiction_id=CITY)
    for item in seed_items():
        new = CatalogItem(kind=item.kind, code=item.code, version=0, body=item.body)
        catalogs.put(new, CLERK, LONG_AGO)
    fill(client, table, open_tickets(size, due, catalogs.fresh()))
    city, clock = City(), FixedClock(NOW)
    committer = type(city.committer)(
        store, store, catalogs, city.committer.planner, city.queue, clock
    )
    return client, Escalations(store, catalogs, committer, clock)


def measure(url: str, size: int, due: int) -> tuple[Counter[str], float, int]:
    """One run: calls, own CPU in ms for each due ticket, steps fired."""
    client, run = prepare(url, size, due)
    meter = Meter()
    meter.watch(client)
    began = time.process_time()
    report = run.run()
    own = time.process_time() - began - meter.seconds
    assert report.tickets == due and not report.failed, report
    return meter.calls, own / due * 1000, report.steps


def weigh(url: str, size: int, due: int) -> Counter[str]:
    """The same run once more, on a table of its own, for its units by place."""
    client, run = prepare(url, size, due, "units")
    units = Units(client, onlooker(url))
    run.run()
    return units.spent


class Far:
    """Something that is as far away as AWS: the calls that a due ticket costs take their time."""

    def __init__(self, near: Any) -> None:
        self._near = near

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._near, name)
        return partial(self._late, found, AWS_SECONDS[name]) if name in AWS_SECONDS else found

    def _late(self, found: Callable[..., Any], seconds: float, *given: Any) -> Any:
        time.sleep(seconds)
        return found(*given)


def crowd(due: int) -> bool:
    """All of them due at once, on a store in memory that answers as late as AWS: runs until nothing is
    left; whether three were enough."""
    city, clock = City(), FixedClock(NOW)
    for ticket in open_tickets(due, due, city.catalogs.load()):
        city.store.save(Change(ticket=ticket))
    planner, queue = city.committer.planner, city.queue
    far: Any = Far(city.store)
    committer = type(city.committer)(
        far, far, city.catalogs, planner, cast("Any", Far(queue)), clock
    )
    run = Escalations(far, city.catalogs, committer, clock, HANDS)
    longest, runs, tickets, steps = 0.0, 0, 0, 0
    while True:
        began = time.monotonic()
        report = run.run(_minute(began))
        longest, runs = max(longest, time.monotonic() - began), runs + 1
        tickets, steps = tickets + report.tickets, steps + report.steps
        if report.is_complete or not report.tickets:
            break
    mails = len(city.queue.take())
    print(
        f"{due} due at once: {runs} runs of at most {longest:.0f} s, {steps} steps, {mails} mails"
    )
    rate = leave(mails)
    limit = ACCOUNT * SHARE
    print(
        f"  they leave at {rate:.1f} a second (limit {limit:.1f}), in {mails / rate / 60:.0f} min"
    )
    return tickets == due and runs <= MOST_RUNS and rate <= limit * 1.01


def _minute(began: float) -> Callable[[], int]:
    return lambda: int(RUN_MS - (time.monotonic() - began) * 1000)


def leave(mails: int) -> float:
    """Mails a second through all delivery functions at once, each with a watch that sleeping moves."""
    turns = FakeTurns()
    times = [_Worker(turns) for _ in range(WORKERS)]
    for number in range(mails):
        times[number % WORKERS].pace.wait()
    return (mails - FREE * WORKERS) / max(worker.at for worker in times)


class _Worker:
    def __init__(self, turns: FakeTurns) -> None:
        self.at = 0.0
        self.pace = Pace(
            partial(sending_quota, self), turns.take, ticks=lambda: self.at, sleep=self._sleep
        )

    def get_account(self) -> dict[str, Any]:
        return {"SendQuota": {"MaxSendRate": ACCOUNT, "Max24HourSend": -1, "SentLast24Hours": 0}}

    def _sleep(self, seconds: float) -> None:
        self.at += seconds


def main() -> int:
    """Print a line for each size; 1 when the cost grows with the tickets, or CPU is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--due", type=int, default=50)
    parser.add_argument("--crowd", type=int, default=10_000)
    given = parser.parse_args()
    if problem := dynamodb_local.why_not():
        print(f"left out: {problem}")
        return 0
    server = dynamodb_local.start()
    try:
        is_dear = _compare([int(size) for size in given.sizes.split(",")], given.due, server.url)
        return int(is_dear or not crowd(given.crowd))
    finally:
        server.stop()


def _compare(sizes: Sequence[int], due: int, url: str) -> int:
    print(f"{'open':>8}{'due':>6}{'steps':>7}{'calls':>7}{'units':>10}{'own CPU/ticket':>16}")
    rows = []
    for size in sizes:
        calls, own, steps = measure(url, size, due)
        units = weigh(url, size, due)
        rows.append((sum(calls.values()), sum(units.values()), own))
        print(
            f"{size:>8}{due:>6}{steps:>7}{rows[-1][0]:>7}{rows[-1][1]:>10.1f}{own:>13.2f} ms"
            f"  {dict(calls)}"
        )
        print(f"{'':>8}units of one due ticket: {', '.join(each(units, due))}")
    is_flat = all(_within([row[at] for row in rows]) for at in (0, 1))
    is_quick = all(own <= MOST_CPU_MS for *_, own in rows)
    is_cheap = all(units <= MOST_UNITS * due for _, units, _ in rows)
    print(
        f"same within {SPREAD:.0%}: {is_flat}; own CPU at most {MOST_CPU_MS} ms: {is_quick};"
        f" at most {MOST_UNITS:.0f} units each: {is_cheap}"
    )
    return int(not (is_flat and is_quick and is_cheap))


def _within(values: Sequence[float]) -> bool:
    return max(values) <= min(values) * (1 + SPREAD)


if __name__ == "__main__":
    sys.exit(main())
