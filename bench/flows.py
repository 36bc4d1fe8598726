"""What one item costs from its arrival to its sent acknowledgement: AWS calls, capacity, own CPU.

Runs the town in this process. Own CPU is thread time without the engine's, botocore's included; it is
this machine's, so compare it with `bench.cold`'s floor of the same run. Capacity is counted as DynamoDB
counts it for on-demand tables: a write unit per started kilobyte of each item written (twice that in
a transaction), half a read unit per started four kilobytes of an eventually consistent read.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from infra.local import engine
from tests.harness import Harness

ITEMS = 60
WARM_UP = 10
LIMITS = {"email": (7, 12.0), "sms": (6, 8.0), "web": (5, 8.0), "tracking page": (2, 8.0)}


@dataclass(frozen=True)
class Flow:
    """One kind of item: its calls by operation and the median of its own CPU in milliseconds."""

    name: str
    calls: Counter[str]
    cpu: float

    @property
    def total(self) -> int:
        """All calls."""
        return sum(self.calls.values())


def measure() -> list[Flow]:
    """Every flow, warm: keys, catalogue and templates are read once per process, not per item."""
    with Harness.boot() as town:
        return [
            _flow(town, "email", lambda number: mail(town, number)),
            _flow(town, "sms", lambda number: text(town, number)),
            _flow(town, "web", lambda number: submit(town, number)),
            _flow(town, "tracking page", lambda number: _track(town, number)),
        ]


def _flow(town: Harness, name: str, item: Callable[[int], Callable[[], object]]) -> Flow:
    spent: list[float] = []
    calls: Counter[str] = Counter()
    for number in range(WARM_UP + ITEMS):
        seconds = cost(town, item(number))
        calls = Counter(town.calls)
        if number >= WARM_UP:
            spent.append(seconds)
    return Flow(name, calls, statistics.median(spent) * 1000)


def cost(town: Harness, act: Callable[[], object]) -> float:
    """Own CPU seconds of one item and of all that follows from it."""
    town.clear_calls()
    direct = _cpu_of(act)
    town.drain()
    return direct + sum(sum(each) for each in town.own_cpu.values())


def _cpu_of(act: Callable[[], object]) -> float:
    """Own CPU of what runs at once; a mail or a text only waits in its queue and costs nothing yet."""
    started, foreign = time.thread_time(), engine.METER.seconds
    counted = bool(act())
    own = time.thread_time() - started - (engine.METER.seconds - foreign)
    return own if counted else 0.0


def raw_mail(town: Harness, number: int) -> str:
    """A new matter in a mail."""
    to = town.services.settings.intake_addresses[0]
    return (
        f"From: Anna Ek <anna{number}@example.org>\r\nTo: {to}\r\nSubject: Pothole\r\n"
        f"Message-ID: <{number}@example.org>\r\n\r\nThere is a pothole at Main Street {number}.\r\n"
    )


def mail(town: Harness, number: int) -> Callable[[], object]:
    """How it comes in."""
    raw = raw_mail(town, number)

    def send() -> None:
        town.mail(raw.encode())

    return send


def text(town: Harness, number: int) -> Callable[[], object]:
    """A new matter in a text."""

    def send() -> None:
        town.text(f"Pothole at Oak Street {number}", sender=f"+1202555{number:04d}")

    return send


def submit(town: Harness, number: int) -> Callable[[], object]:
    """A new matter in a form that is filled in; fetching the page is not counted."""

    from tests.test_budgets import FORM, hidden_fields

    page = town.http("GET", "/report?service=pothole")
    form = hidden_fields(page.text) | FORM | {"email": f"web{number}@example.org"}
    return lambda: town.http("POST", "/report", form=form)


def _track(town: Harness, number: int) -> Callable[[], object]:
    from tests.test_budgets import tracking_path

    if number == 0:
        town.mail(
            b"From: Anna Ek <anna@example.org>\r\nSubject: Pothole\r\n\r\nA pothole.\r\n",
            to=town.services.settings.intake_addresses[0],
        )
        town.drain()
    path = tracking_path(town)
    return lambda: town.http("GET", path)
