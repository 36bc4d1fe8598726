"""`make bench-million`: a broadcast to a million through an account of 500 mails a second, simulated.

Time is simulated.
The hand-over is the product's (`Broadcasting.run`, `Dispatch`, the reading of the list) and so is the
pace (`Pace`), in the size of a province. Table, queue and provider are stand-ins that forget: they answer
as late as AWS does, on a watch that only such waiting and our own CPU, at Lambda's share of a core, move
(without botocore's work for what is written).
A delivery itself is not played but takes what was counted of one: its calls and its CPU.
"""

from __future__ import annotations

import heapq
import resource
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bench.month import given
from bench.sending import _approved, _forgetful
from chalicelib.channels.pacing import SHARE, Pace, Quota
from chalicelib.messages import Attachment
from chalicelib.notifications.broadcasts.lifecycle import Broadcasting
from chalicelib.tickets.people.broadcasts import Broadcast, Stage
from tests.fakes import FakeTurns
from tests.harness import Harness

RATE = 500.0
ENOUGH = 0.95  # of the share of the rate that we use
ROOM = 5.0  # megabytes more at the end than after the first tenth
MINUTE = 60.0
TIMEOUT_MS, BEFORE = 55_000, 2.0  # of the run; seconds that the jobs before it take
CORE = 1_769  # megabytes
A_BATCH = 10
# Seconds, from memory: a call, what a transaction takes more for each item, ninety contacts, ten messages
# for the queue; a mail handed to SES, a small transaction, and between two looks into an empty queue.
CALL, EACH_ITEM, CONTACTS, TO_QUEUE = 0.005, 0.001, 0.025, 0.010
SEND, SETTLED, LOOK = 0.080, 0.020, 0.2


@dataclass
class Watch:
    """Simulated time: what all hands waited for at once, and the CPU that they took one after another."""

    memory: int
    now: float = 0.0
    waited: dict[int, float] = field(default_factory=dict)
    cpu: float = field(default_factory=time.process_time)

    def wait(self, seconds: float) -> None:
        """One hand waits."""
        hand = threading.get_ident()
        self.waited[hand] = self.waited.get(hand, 0.0) + seconds

    def together(self) -> float:
        """All hands are through: how late it is."""
        began, self.cpu = self.cpu, time.process_time()
        own = (self.cpu - began) * max(1.0, CORE / self.memory)
        self.now += max(self.waited.values(), default=0.0) + own
        self.waited.clear()
        return self.now


@dataclass
class Far:
    """Table, list and queue: nothing is kept of what they take but how many wait in the queue."""

    people: int
    watch: Watch
    broadcast: Broadcast
    queue: deque[tuple[float, int]] = field(default_factory=deque)
    new: int = 0
    depth: int = 0

    def all(self) -> list[Broadcast]:
        return [self.broadcast]

    def contacts(self, _keys: Any) -> dict[str, Any]:
        self.watch.wait(CONTACTS)
        return {}

    def save(self, written: Any) -> None:
        """Messages of a chunk, by one hand; or how far the broadcast came, when a round is over."""
        if messages := getattr(written, "notifications", None):
            self.watch.wait(CALL + EACH_ITEM * len(messages))
            return
        self.watch.wait(CALL)
        self.queue.append((self.watch.together(), self.new))
        self.depth, self.new = self.depth + self.new, 0

    def enqueue(self, keys: Iterable[Any]) -> None:
        count = len(list(keys))
        self.watch.wait(TO_QUEUE * -(-count // A_BATCH))
        self.new += count

    def waiting(self, _urgency: str) -> int:
        return self.depth

    def put(self, listed: Attachment) -> Attachment:
        raise NotImplementedError

    def lines(self, _digest: str) -> Iterator[str]:
        yield "email,street\n"
        for number in range(self.people):
            yield f"p{number}@example.org,Elm {number}\n"

    def take(self, most: int, now: float) -> int:
        """At most a batch of what was enqueued by now."""
        taken = 0
        while self.queue and self.queue[0][0] <= now and taken < most:
            at, count = self.queue.popleft()
            part = min(count, most - taken)
            taken += part
            if part < count:
                self.queue.appendleft((at, count - part))
        self.depth -= taken
        return taken


class Worker:
    """A delivery function: batches of ten, message by message, each in its turn."""

    def __init__(self, far: Far, turns: FakeTurns, each: float) -> None:
        self.at, self.sent, self.last, self._batch = 0.0, 0, 0.0, 0
        self._far, self._turns, self._each = far, turns, each
        self._pace = Pace(partial(Quota, RATE), self._turn, ticks=lambda: self.at, sleep=self._wait)

    def __lt__(self, other: Worker) -> bool:
        return self.at < other.at

    def _turn(self, span: float, now: float) -> float:
        self.at += CALL
        return self._turns.take(span, now)

    def _wait(self, seconds: float) -> None:
        self.at += seconds

    def go_on(self) -> None:
        """One message, from its claim to its settling; or a look whether there is one."""
        if not self._batch:
            self._batch = self._far.take(A_BATCH, self.at)
            self.at += TO_QUEUE if self._batch else LOOK
            return
        self._pace.wait(is_broadcast=True)
        self.at += self._each
        self._batch, self.sent, self.last = self._batch - 1, self.sent + 1, self.at


@dataclass(frozen=True)
class Result:
    """How it went: messages a second while they left, minutes until all were handed over and had left,
    and how many megabytes more the process had at the end than after a tenth."""

    sent: int
    rate: float
    handed_after: float
    left_after: float
    grown: float


def broadcast(people: int) -> Result:
    """All of it, minute by minute."""
    known = given()
    sizes = known.functions["Mappings"]["Sizes"]["province"]
    with Harness.boot() as town:
        name = _approved(town, "email,street\nann@example.org,Elm\n")
        found = town.services.broadcasts.store.get(name)
        found.rows = people
        far = Far(people, Watch(known.memory["run_escalations"]), found)
        most = int(sizes["BroadcastWaiting"])
        desk = replace(_forgetful(town.services.broadcasts, far), most_waiting=most)
        delivery = known.things["mail"]["cpu"]["on_delivery"] * CORE / known.memory["on_delivery"]
        each = CALL + SEND + SETTLED + delivery
        turns = FakeTurns()
        workers = [Worker(far, turns, each) for _ in range(int(sizes["Broadcast"]))]
        return _played(desk, far, workers)


def _played(desk: Broadcasting, far: Far, workers: list[Worker]) -> Result:
    minute, early, handed = 0, 0.0, 0.0
    while (sent := sum(worker.sent for worker in workers)) < far.people:
        began = minute * MINUTE
        _hand_over(desk, far.watch, began)
        handed = handed or (far.watch.now if far.broadcast.stage is Stage.DONE else 0.0)
        _send(workers, began + MINUTE)
        early = early or (_megabytes() if sent * 10 >= far.people else 0.0)
        minute += 1
    left = max(worker.last for worker in workers)
    return Result(sent, sent / left, handed / MINUTE, left / MINUTE, _megabytes() - early)


def _hand_over(desk: Broadcasting, watch: Watch, began: float) -> None:
    """A run of the schedule."""
    watch.now, watch.cpu = began + BEFORE, time.process_time()
    desk.run(lambda: int(TIMEOUT_MS - (watch.now - began) * 1000))


def _send(workers: list[Worker], until: float) -> None:
    heapq.heapify(workers)
    while workers[0].at < until:
        first = workers[0]
        first.go_on()
        heapq.heapreplace(workers, first)


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(people: int = 1_000_000) -> int:
    """Print how it went; 1 when it was too slow or grew."""
    found = broadcast(people)
    share = found.rate / (RATE * SHARE)
    print(f"{people} people, an account of {RATE:.0f} mails a second, {SHARE:.0%} of it ours:")
    print(
        f"  handed over after {found.handed_after:.1f} minutes, all sent after {found.left_after:.1f}"
    )
    print(f"  {found.rate:.0f} a second, {share:.1%} of what is ours (limit {ENOUGH:.0%})")
    print(f"  {found.grown:.1f} MB more at the end than after a tenth (limit {ROOM:.0f})")
    return int(share < ENOUGH or found.grown > ROOM or found.sent != people)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
