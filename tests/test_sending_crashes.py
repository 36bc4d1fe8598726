"""A process that dies at any AWS call of sending, of a receipt or of an opt-out, before or after it.

Afterwards the queue offers everything again, and the end is that of a run without a death: at most one
extra message, and then it is flagged.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from moto.core.botocore_stubber import BotocoreStubber

from infra.local import engine
from tests.harness import Harness

LAST = 9  # more calls than any of these functions makes


class Died(BaseException):
    """The process is gone; nothing catches it on the way."""


@contextmanager
def dying(at: int, *, is_after: bool) -> Iterator[list[str]]:
    """The app's `at`-th AWS call is its last, before or after it is carried out."""
    original, seen, lock = BotocoreStubber.__call__, list[str](), threading.Lock()

    def call(self: BotocoreStubber, event_name: str, request: Any, **more: Any) -> Any:
        if engine.OWN_CALLS.encode() in request.headers.get("User-Agent", b""):
            return original(self, event_name, request, **more)
        with lock:
            seen.append(event_name)
            is_hit = len(seen) == at
        if is_hit and not is_after:
            raise Died
        response = original(self, event_name, request, **more)
        if is_hit:
            raise Died
        return response

    setattr(BotocoreStubber, "__call__", call)  # noqa: B010 - assigning would need an ignore
    try:
        yield seen
    finally:
        setattr(BotocoreStubber, "__call__", original)  # noqa: B010


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def deliver_until_death(town: Harness, event: Any, at: int, *, is_after: bool) -> None:
    try:
        with dying(at, is_after=is_after):
            town.deliver(event)
    except Died:
        town.restart()


def recover(town: Harness) -> None:
    """What AWS does: offers the records again; and the clock goes on."""
    for _ in range(3):
        town.drain()
        town.tick(town.now + timedelta(minutes=8))
    town.drain()


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, LAST))
def test_a_sender_that_dies_sends_all_the_same_and_flags_a_second(
    town: Harness, at: int, is_after: bool
) -> None:
    to = town.services.settings.intake_addresses[0]
    sender = f"p{at}{'after' if is_after else 'before'}@example.org"
    raw = f"From: {sender}\r\nTo: {to}\r\nSubject: Hole\r\n\r\nA hole in Elm Street {at}."
    town.deliver(town.mail(raw.encode()))
    event = _delivery_event(town)
    deliver_until_death(town, event, at, is_after=is_after)
    recover(town)
    sent = [message for message in town.outbox if message.to == sender]
    mine = [n for n in town.dump()["notifications"] if sender in str(n)]
    assert len(mine) == 1
    assert mine[0]["status"] == "accepted"
    assert 1 <= len(sent) <= 2
    if len(sent) == 2:
        assert mine[0]["is_repeat"]


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, LAST))
def test_an_opt_out_that_dies_holds_all_the_same(town: Harness, at: int, is_after: bool) -> None:
    number = f"+1202555{2000 + at * 2 + is_after:04d}"
    town.text("A pothole in Elm Street 5", sender=number)
    town.drain()
    event = town.text("STOP", sender=number)
    deliver_until_death(town, event, at, is_after=is_after)
    recover(town)
    town.deliver(event)
    recover(town)
    (contact,) = [c for c in town.dump()["contacts"] if c["key"] == f"tel:{number}"]
    assert contact["suppressed"] == {"sms": "opted_out"}
    assert len([m for m in town.outbox if m.to == number]) <= 3


def _delivery_event(town: Harness) -> Any:
    return town._town.pump.event_of_last(town._variable("DELIVERY_QUEUE"))
