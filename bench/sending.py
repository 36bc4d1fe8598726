"""`python -m bench.sending [people]`: a broadcast through the town, and a long list in little room.

First the broadcast goes undisturbed, for its price: messages per second of own CPU and AWS calls per
message (limit 4), the sweep and the account's rate included. Then once more among faults: SES refuses or
loses the answer of one mail in fifty, the process dies as it hands over and as it sends, three addresses
are bad; and each good recipient must get exactly one, and the totals be exact. Last, the most memory that
handing over takes, for a thousand rows and for a hundred thousand.
"""

from __future__ import annotations

import sys
import tempfile
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber

from chalicelib.messages import Attachment
from chalicelib.notifications.broadcasts.dispatch import Dispatch
from chalicelib.notifications.broadcasts.lifecycle import Broadcasting
from chalicelib.tickets.people.broadcasts import Broadcast, Stage
from tests.faults import answer, fault
from tests.harness import Harness
from tests.notifications.sending.test_sending_crashes import Died, dying

CALLS = 4.0
ROOM = 2.0  # megabytes
FAULTY = 50  # one mail in so many
BAD = "nobody,Elm\n@example.org,Elm\nx@,Elm\n"
QUOTA = {"MaxSendRate": 100_000, "Max24HourSend": -1, "SentLast24Hours": 0}
TEMPLATE = {
    "notice_id": "water_off.en",
    "subject": "Water off in {{ street }}",
    "body": "The water is off in {{ street }} on Monday.",
    "sms": "Water off in {{ street }}.",
    "placeholders": {"street": "Elm Street"},
}


def main(people: int = 5_000) -> int:
    """1 when a limit is passed or somebody got none or two."""
    is_bad = [_price(people), _among_faults(people)]
    is_bad += [_memory(rows) for rows in (1_000, 10_000, 100_000)]
    return int(any(is_bad))


def _price(people: int) -> bool:
    asked = fault("sesv2.GetAccount", times=10**9, reply=answer({"SendQuota": QUOTA}))
    with Harness.boot() as town, asked:
        name = _approved(town, "".join(_lines(people)))
        town.clear_calls()
        _run(town, name)
        calls = town.calls.total() / people
        seconds = sum(sum(spent) for spent in town.own_cpu.values())
        is_exact = _is_exact(town, name, people, "accepted")
    print(f"{people} people, undisturbed: each exactly one: {is_exact}")
    print(f"  {people / seconds:.0f} messages a second of own CPU")
    print(f"  {calls:.2f} AWS calls a message (limit {CALLS:.0f})")
    return not is_exact or calls > CALLS


def _among_faults(people: int) -> bool:
    with Harness.boot(has_receipts=True) as town, _faulty() as hits:
        name = _approved(town, "".join(_lines(people)) + BAD)
        _dies(town, town.services.broadcasts.run, at=people // 250)
        town.tick(town.now + timedelta(minutes=1))
        _dies(town, lambda: town.drain(people), at=people // 2 * 3)
        _run(town, name)
        is_exact = _is_exact(town, name, people, "delivered")
        found = town.services.broadcasts.store.get(name)
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(hits.items()))
    print(f"{people} people and {found.bad} bad addresses, {said}, two deaths:")
    print(f"  each good one exactly one, totals exact: {is_exact}")
    return not is_exact or found.bad != BAD.count("\n")


def _run(town: Harness, name: str) -> None:
    """What happens by itself until the broadcast is over: runs, queues, the sweep."""
    desk = town.services.broadcasts
    for _ in range(40):
        town.tick(town.now + timedelta(minutes=5))
        town.drain(10**6)
        found = desk.store.get(name)
        waiting = {"queued", "claimed", "unknown"} & set(desk.tally(found))
        if found.stage is Stage.DONE and not waiting:
            return


def _dies(town: Harness, act: Any, at: int) -> None:
    """The process is gone at its `at`-th AWS call; another takes its place."""
    try:
        with dying(at, is_after=True):
            act()
    except Died:
        town.restart()
    else:
        raise AssertionError("it was over before it could die")


def _is_exact(town: Harness, name: str, people: int, status: str) -> bool:
    counts = Counter(sent.to for sent in town.outbox)
    desk = town.services.broadcasts
    totals = desk.tally(desk.store.get(name))
    return len(counts) == people and set(counts.values()) == {1} and totals == {status: people}


def _approved(town: Harness, rows: str) -> str:
    wish = {"body": TEMPLATE, "version": 0}
    town.http("PUT", "/api/v1/notices/water_off.en", json=wish, user="administrator")
    draft = {"name": "Water", "template": "water_off", "rows": rows}
    made = town.http("POST", "/api/v1/broadcasts", json=draft, user="administrator").json()
    town.http("POST", f"/api/v1/broadcasts/{made['id']}/approve", json={}, user="supervisor")
    return str(made["id"])


@contextmanager
def _faulty() -> Iterator[Counter[str]]:
    """SES throttles one mail in a hundred, and of another one in a hundred the answer is lost."""
    original, hits, seen = BotocoreStubber.__call__, Counter[str](), [0]
    throttled = answer({"__type": "ThrottlingException", "message": "Throttled"}, 400)

    def call(self: BotocoreStubber, event_name: str, request: Any, **more: Any) -> Any:
        if not event_name.endswith("sesv2.SendEmail"):
            return original(self, event_name, request, **more)
        seen[0] += 1
        if seen[0] % (2 * FAULTY) == FAULTY:
            hits["throttled"] += 1
            return throttled(request)
        response = original(self, event_name, request, **more)
        if seen[0] % (2 * FAULTY) == 0:
            hits["answers lost"] += 1
            raise ReadTimeoutError(endpoint_url=request.url)
        return response

    setattr(BotocoreStubber, "__call__", call)  # noqa: B010
    try:
        yield hits
    finally:
        setattr(BotocoreStubber, "__call__", original)  # noqa: B010


class _Nowhere:
    """Stores and a queue that forget, and a list on disk: what is left is our own memory."""

    def __init__(self, path: Path, broadcast: Broadcast) -> None:
        self._path, self._broadcast, self.written = path, broadcast, 0

    def all(self) -> list[Broadcast]:
        return [self._broadcast]

    def contacts(self, _keys: Any) -> dict[str, Any]:
        return {}

    def save(self, written: Any) -> None:
        self.written += len(getattr(written, "notifications", ()))

    def enqueue(self, _keys: Iterable[Any]) -> None:
        pass

    def waiting(self, _urgency: str) -> int:
        return 0

    def put(self, listed: Attachment) -> Attachment:
        raise NotImplementedError

    def lines(self, _digest: str) -> Iterator[str]:
        with self._path.open(encoding="utf-8", newline="") as lines:
            yield from lines


def _memory(rows: int) -> bool:
    """The runs of the schedule from the first row to the last."""
    with Harness.boot() as town, tempfile.TemporaryDirectory() as folder:
        name = _approved(town, "".join(_lines(2)))
        path = Path(folder) / "rows.csv"
        path.write_text("".join(_lines(rows)), encoding="utf-8")
        found = town.services.broadcasts.store.get(name)
        found.rows = rows
        nowhere = _Nowhere(path, found)
        desk = _forgetful(town.services.broadcasts, nowhere)
        desk.listing.words(found)  # warm
        tracemalloc.start()
        while desk.run():
            pass
        peak = tracemalloc.get_traced_memory()[1] / 1_000_000
        tracemalloc.stop()
    print(f"{rows} rows handed over: {peak:.2f} MB at most (limit {ROOM:.0f})")
    return peak > ROOM or nowhere.written != rows


def _forgetful(desk: Broadcasting, nowhere: _Nowhere) -> Broadcasting:
    other: Any = nowhere
    committer = replace(desk.committer, store=other, queue=other)
    over = desk.dispatch
    return replace(
        desk,
        store=other,
        committer=committer,
        listing=replace(desk.listing, lists=lambda: other),
        dispatch=Dispatch(
            committer=committer, jurisdiction_id=over.jurisdiction_id, frame=over.frame
        ),
    )


def _lines(people: int) -> Iterator[str]:
    yield "email,street\n"
    for number in range(people):
        yield f"p{number}@example.org,Elm {number}\n"


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
