"""What each thing that happens asks of AWS, counted while it happens: `python -m bench.counting`.

The town runs on Amazon's DynamoDB Local; capacity is counted by AWS's rule, indexes included
(`bench.units`), and the rest where it passes. What is found is kept in `bench/counted.json`, out of
which `bench.costs` computes the bill; a test counts anew and compares.
"""

from __future__ import annotations

import gzip
import json
import logging
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bench.units import Units, onlooker
from chalicelib import metrics
from infra.local import dynamodb_local, engine
from infra.local.pump import Function, _scheduled
from tests.citizens import PNG, REFERENCE, a_mail, act, answer_to
from tests.harness import Harness
from tests.tables import make_client
from tests.test_budgets import FORM, hidden_fields

RECORD = Path(__file__).with_name("counted.json")
TIMES = 5  # each thing happens so often, on other days; the mean counts
API = "api_handler"
STAFF = "agent"


@dataclass
class Count:
    """What one thing took: function runs and their CPU seconds, AWS calls, capacity, bytes."""

    runs: Counter[str] = field(default_factory=Counter)
    cpu: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    reads: float = 0.0
    writes: float = 0.0
    logged: float = 0.0  # bytes of our own lines and metrics
    answered: float = 0.0  # bytes of the gateway's answers, compressed
    stored: float = 0.0  # bytes of table and indexes
    told: Counter[str] = field(default_factory=Counter)  # our own metrics, by name

    def mean(self, times: int) -> dict[str, Any]:
        """What it took each time."""
        return {name: _shared(value, times) for name, value in vars(self).items()}


def _shared(value: Any, times: int) -> Any:
    if isinstance(value, dict):
        return {key: _shared(one, times) for key, one in sorted(value.items())}
    return float(f"{value / times:.4g}")


class Watch(logging.Handler):
    """Stands where functions are invoked, DynamoDB answers and lines are written; adds up."""

    def __init__(self, town: Harness, onlooker: Any) -> None:
        super().__init__()
        self.units = Units(town.services.client("dynamodb"), onlooker)
        self._town, self._gateway = town, town._town.gateway
        self._app = self._gateway._app
        self._gateway._app = self  # type: ignore[assignment]
        for caller in (town._town.pump, town._town.logs, town._town.changes):
            caller.spent = self  # type: ignore[assignment]
        self.now = Count()
        self.seconds: dict[str, list[float]] = {}  # of the watch that this one stands for

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)

    def __call__(self, event: Any, context: Any) -> Any:
        answer = self._run(API, lambda: self._app(event, context))
        self.now.answered += len(gzip.compress(str(answer.get("body", "")).encode()))
        return answer

    def measure(self, function: Function, event: Any) -> Any:
        """Invoke an event function."""
        return self._run(function.name, lambda: function.invoke(event))

    def _run(self, name: str, invoke: Callable[[], Any]) -> Any:
        began, foreign = time.thread_time(), engine.METER.seconds
        try:
            return invoke()
        finally:
            own = time.thread_time() - began - (engine.METER.seconds - foreign)
            self.now.runs[name] += 1
            self.now.cpu[name] += own  # type: ignore[assignment]

    def emit(self, record: logging.LogRecord) -> None:
        """A line of ours, as wide as Lambda writes it."""
        fields = {key: str(value) for key, value in vars(record).items()}
        told = {k: v for k, v in fields.items() if k not in _OF_EVERY_RECORD}
        self.line(json.dumps({"timestamp": "2026-03-02T15:00:00Z", "level": "INFO", **told}))

    def line(self, text: str) -> None:
        """Any line on its way to CloudWatch."""
        self.now.logged += len(text)

    def metric(self, text: str) -> None:
        """A line that tells a metric."""
        self.line(text)
        self.now.told.update(json.loads(text).keys() & {*metrics.Metric})

    def begin(self) -> None:
        """Count from nothing."""
        self.now = Count()
        self.units.spent.clear()

    def mean(self, times: int) -> dict[str, Any]:
        """What was counted since, each time."""
        self.now.reads = self.units.spent.pop("read", 0)
        self.now.writes = sum(self.units.spent.values())
        return self.now.mean(times)


_OF_EVERY_RECORD = {*vars(logging.makeLogRecord({}))} - {"msg", "name"}


@contextmanager
def watched(url: str) -> Iterator[tuple[Harness, Watch]]:
    """A town on DynamoDB Local whose providers report, with its watch."""
    with Harness.boot(endpoint=url, has_receipts=True) as town:
        watch, log = Watch(town, onlooker(url)), logging.getLogger("chalicelib")
        log.addHandler(watch)
        metrics.LISTENERS.append(watch.metric)
        try:
            yield town, watch
        finally:
            metrics.LISTENERS.remove(watch.metric)
            log.removeHandler(watch)


Thing = Callable[[Harness, int], object]
FIRST = [f"ana{number}@example.org" for number in range(TIMES + 1)]  # whose reports staff work on


def _mail(town: Harness, number: int, files: dict[str, bytes] | None = None) -> None:
    who = FIRST[number] if files is None else f"photo{number}@example.org"
    text = f"There is a deep pothole in front of {number} Elm Street."
    town.mail(a_mail(text, sender=f"Ana Ortiz <{who}>", files=files))


def _text(town: Harness, number: int) -> None:
    town.text(f"Pothole at {number} Oak Street", sender=f"+1202555010{number}")


def _form(town: Harness, number: int) -> None:
    page = town.http("GET", "/report?service=pothole")
    form = hidden_fields(page.text) | FORM | {"email": f"form{number}@example.org"}
    answer = town.http("POST", "/report", form=form)
    assert answer.status in (200, 201, 303), answer.text


def _reply(town: Harness, number: int) -> None:
    sent = next(each for each in town.outbox if each.to == FIRST[number])
    town.mail(answer_to(sent, "It is next to the school."))


def _ticket(town: Harness, number: int) -> str:
    """The report of the first of the people who wrote by mail, by its place in the order of ids."""
    sent = next(each for each in town.outbox if each.to == FIRST[number])
    found = REFERENCE.search(sent.text)
    assert found, sent.text
    return found[0]


def _act(what: str, **body: str) -> Thing:
    def do(town: Harness, number: int) -> None:
        answer = act(town, _ticket(town, number), what, **body)
        assert answer.status == 200, answer.text

    return do


def _page(path: str, user: str | None = None) -> Thing:
    def look(town: Harness, number: int) -> None:
        answer = town.http("GET", path.format(ticket=_ticket(town, number)), user=user)
        assert answer.status == 200, (path, answer.text[:300])

    return look


def _tracked(town: Harness, number: int) -> None:
    sent = next(each for each in town.outbox if each.to == FIRST[number])
    found = re.search(r"(/t/SR-[\w-]+/[\w.]+)", sent.text)
    assert found, sent.text
    assert town.http("GET", found[1]).status == 200


def _schedule(name: str, later: timedelta = timedelta(minutes=1)) -> Thing:
    def run(town: Harness, _number: int) -> None:
        town._town.clock.move_to(town.now + later)
        pump = town._town.pump
        (schedule,) = [each for each in pump.schedules if each.function.name == name]
        pump.spent.measure(schedule.function, _scheduled(schedule, town.now))

    return run


# The schedules first, while nobody has reported anything: an idle village has them, too.
THINGS: dict[str, Thing] = {
    "minute": _schedule("run_escalations"),
    "five minutes": _schedule("sweep_deliveries"),
    "day": _schedule("find_lost_mail"),
    "keys": _schedule("rotate_keys"),
    "check": _schedule("run_escalations", timedelta(days=1)),
    "catalogue": lambda town, _: town.services.catalog.fresh(),  # of each process, once a minute
    "mail": _mail,
    "mail with a photo": lambda town, number: _mail(town, number, {"photo.png": PNG}),
    "text": _text,
    "form": _form,
    "reply": _reply,
    "note": _act("note", text="A crew was asked."),
    "taken": _act("status", status="in_progress", reason=""),
    "resolved": _act("status", status="resolved", reason="The hole is filled."),
    "citizen's page": _page("/report?service=pothole"),
    "public list": _page("/reports"),
    "tracking page": _tracked,
    "file of a page": _page("/static/site.css"),
    "staff's queue": _page("/console", "supervisor"),
    "staff's ticket": _page("/console/tickets/{ticket}", STAFF),
}


def count(url: str) -> dict[str, dict[str, Any]]:
    """Each thing, the mean of several; warm, as in a process that works all day."""
    found = {}
    with watched(url) as (town, watch):
        town.http("GET", "/")
        size = partial(_size, make_client(url), town.services.settings.table_name)
        for name, thing in THINGS.items():
            found[name] = _mean(town, watch, thing, size)
    return found


def _mean(town: Harness, watch: Watch, thing: Thing, size: Callable[[], float]) -> dict[str, Any]:
    thing(town, TIMES)  # warm: what a process imports and reads once
    town.drain()
    before = size()
    watch.begin()
    town.clear_calls()
    for number in range(TIMES):
        thing(town, number)
        town.drain()
    watch.now.calls = town.calls + town.calls_behind
    watch.now.stored = size() - before
    return watch.mean(TIMES)


def _size(client: Any, name: str) -> float:
    table = client.describe_table(TableName=name)["Table"]
    indexes = table["GlobalSecondaryIndexes"]
    return float(table["TableSizeBytes"] + sum(index["IndexSizeBytes"] for index in indexes))


def main() -> int:
    """Count, keep, and say where."""
    if problem := dynamodb_local.why_not():
        print(f"left out: {problem}")
        return 1
    server = dynamodb_local.start()
    try:
        RECORD.write_text(json.dumps(count(server.url), indent=1) + "\n")
    finally:
        server.stop()
    print(f"{RECORD.name}: {len(THINGS)} things counted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
