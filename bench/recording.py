"""What AWS answers to each function's first event, recorded once in the town.

The events are the town's own: a mail comes in, the message that it caused leaves, its receipt comes
back. Every function finds empty caches, as in a new process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib import bootstrap
from chalicelib.tickets.model.ticket import SYSTEM
from infra.local import engine
from infra.local.pump import Function
from tests.harness import Harness

if TYPE_CHECKING:
    from chalicelib.tickets.administration.catalogue import CatalogDesk

API = "api_handler"
FIRST_PAGE = "/report"
MAIL = (
    b"From: Ada Ochoa <ada@resident.example>\r\nSubject: Street light out\r\n"
    b"Message-ID: <first@resident.example>\r\n\r\nThe light at 12 Elm Street is out.\r\n"
)

TEXT = "The street light at 12 Elm Street is out, and it is dark at the bus stop"


@dataclass
class FirstEvent:
    """A function's handler, its event, and each answer of AWS: operation, status, headers, body."""

    handler: str
    event: Any
    answers: list[tuple[str, int, dict[str, str], str]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def call(self, operation: str, ask: Callable[[], Any]) -> Any:
        """Ask AWS and note what it says."""
        answer = ask()
        body = answer.raw.getvalue().decode("latin-1")
        self.answers.append((operation, answer.status_code, dict(answer.headers), body))
        return answer


class Recorder:
    """Stands where the town invokes functions; keeps the first event of each."""

    def __init__(self) -> None:
        self.kept: dict[str, FirstEvent] = {}

    def measure(self, function: Function, event: Any) -> Any:
        """Invoke the function, noting everything when it is its first time."""
        return self.run(function.name, function.handler, event, lambda: function.invoke(event))

    def run(self, name: str, handler: str, event: Any, invoke: Callable[[], Any]) -> Any:
        if name in self.kept:
            return invoke()
        bootstrap.forget()
        self.kept[name] = FirstEvent(handler, event)
        with engine.faults(self.kept[name].call):
            return invoke()


class Watched:
    """The API's app, with its first request noted."""

    def __init__(self, app: Any, recorder: Recorder) -> None:
        self._app, self._recorder = app, recorder

    def __call__(self, event: Any, context: Any) -> Any:
        return self._recorder.run(API, "app.app", event, lambda: self._app(event, context))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)


def record() -> dict[str, FirstEvent]:
    """The first event of every function, by the function's name."""
    now = datetime.now(UTC)
    with Harness.boot(now=now, has_receipts=True) as harness:
        _publish_calendars(harness.services.catalog_desk)
        recorder, town = Recorder(), harness._town
        town.pump.spent = town.logs.spent = recorder  # type: ignore[assignment]
        harness.mail(MAIL, to=harness.services.settings.intake_addresses[0])
        harness.drain()
        harness.text(TEXT, sender="+12125550123")
        harness.drain()
        harness.tick(now)
        town.gateway._app = Watched(town.gateway._app, recorder)
        harness.http("GET", FIRST_PAGE)
    return recorder.kept


def _publish_calendars(desk: CatalogDesk) -> None:
    """As `make deploy` and administrators do it: with the years' holidays written into them."""
    for item in desk.items("calendar"):
        desk.put("calendar", item.body, SYSTEM, version=item.version)
