"""`python -m bench.sending [people]`: a broadcast through the town, and a long list in little room.

Prints messages per second of own CPU, AWS calls per message (limit 4), and the most memory that reading
a list takes, for a thousand rows and for a hundred thousand.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from chalicelib.messages import Attachment
from chalicelib.notifications.rows import read_rows
from tests.harness import Harness

CALLS = 4.0
ROOM = 2.0  # megabytes
TEMPLATE = {
    "notice_id": "water_off.en",
    "subject": "Water off in {{ street }}",
    "body": "The water is off in {{ street }} on Monday.",
    "sms": "Water off in {{ street }}.",
    "placeholders": {"street": "Elm Street"},
}


def main(people: int = 1_000) -> int:
    """1 when a limit is passed or somebody got none or two."""
    is_bad = [_broadcast(people), *(_memory(rows) for rows in (1_000, 10_000, 100_000))]
    return int(any(is_bad))


def _broadcast(people: int) -> bool:
    with Harness.boot() as town:
        _approved(town, people)
        town.clear_calls()
        while town.services.broadcasts.run():
            town.tick(town.now + timedelta(minutes=5))  # the sweep runs while the queue is long
            town.drain(people)
        calls = town.calls.total() / people
        seconds = sum(sum(spent) for spent in town.own_cpu.values())
        counts = Counter(sent.to for sent in town.outbox)
    is_exact = len(counts) == people and set(counts.values()) == {1}
    print(f"{people} people: each exactly one: {is_exact}")
    print(f"  {people / seconds:.0f} messages a second of own CPU")
    print(f"  {calls:.2f} AWS calls a message (limit {CALLS:.0f})")
    return not is_exact or calls > CALLS


def _approved(town: Harness, people: int) -> None:
    wish = {"body": TEMPLATE, "version": 0}
    town.http("PUT", "/api/v1/notices/water_off.en", json=wish, user="administrator")
    draft = {"name": "Water", "template": "water_off", "rows": "".join(_lines(people))}
    made = town.http("POST", "/api/v1/broadcasts", json=draft, user="administrator").json()
    town.http("POST", f"/api/v1/broadcasts/{made['id']}/approve", json={}, user="supervisor")


def _memory(rows: int) -> bool:
    """The list as the schedule reads it: out of the store, a piece at a time."""
    content = "".join(_lines(rows)).encode()
    listed = Attachment(
        filename="rows.csv", content_type="text/csv", size=0, digest="", content=content
    )
    with Harness.boot() as town:
        files = town.services.files
        digest = files.put(listed).digest
        sum(1 for _ in zip(files.lines(digest), range(2), strict=False))  # warm
        del content, listed
        body = files.lines(digest)
        next(body)
        tracemalloc.start()
        count = sum(1 for _ in read_rows(_headed(body), ["street"]))
        peak = tracemalloc.get_traced_memory()[1] / 1_000_000
        tracemalloc.stop()
    print(f"{count} rows read: {peak:.2f} MB at most (limit {ROOM:.0f})")
    return peak > ROOM


def _headed(lines: Iterator[str]) -> Iterator[str]:
    yield "email,street\n"
    yield from lines


def _lines(people: int) -> Iterator[str]:
    yield "email,street\n"
    for number in range(people):
        yield f"p{number}@example.org,Elm {number}\n"


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
