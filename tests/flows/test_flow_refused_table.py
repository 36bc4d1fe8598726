"""A table that takes and gives nothing for two hours: nothing is lost, nothing comes twice (H3, M11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from tests.citizens import a_mail, to
from tests.faults import fault, refusal
from tests.harness import Harness

VISIBLE = timedelta(minutes=3)  # after which a queue gives out again what failed
TWO_HOURS = 40  # times that
CALLS = ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "TransactWriteItems")
PHONE = "+12025550147"


@pytest.fixture
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@contextmanager
def refused(*calls: str) -> Iterator[None]:
    with ExitStack() as all_of_them:
        for call in calls:
            reply = refusal("AccessDeniedException")
            all_of_them.enter_context(fault(f"dynamodb.{call}", times=1_000_000, reply=reply))
        yield


def two_hours(town: Harness) -> None:
    """Each queue gives out what waits, and the sweep runs, as the clock says."""
    for number in range(TWO_HOURS):
        town._town.clock.move_to(town.now + VISIBLE)
        town._town.pump.step()
        if number % 2:
            with suppress(ClientError):
                town.services.notifier.enqueue_due()


def until_quiet(town: Harness) -> None:
    for _ in range(5):
        town.tick(town.now + timedelta(minutes=5))
        town.drain(2_000)


def test_mails_and_texts_of_two_refused_hours_become_tickets_once_and_are_answered_once(
    town: Harness,
) -> None:
    with refused(*CALLS):
        for number in range(3):
            sender = f"citizen{number}@example.org"
            town.mail(a_mail(f"The lamp at number {number} is out.", sender=sender))
        town.text("The lamp in Mill Lane 9 is out.", sender=PHONE)
        two_hours(town)
    assert town.dump()["tickets"] == [] and town.outbox == []
    until_quiet(town)
    assert len(town.dump()["tickets"]) == 4
    assert town.dump()["dead_letters"] == []
    answered = Counter(str(sent.to) for sent in town.outbox)
    for number in range(3):
        assert answered[f"citizen{number}@example.org"] == 1
    assert answered[PHONE] == 1


@pytest.mark.parametrize("calls", [("UpdateItem",), CALLS], ids=["claims", "all"])
def test_what_was_to_leave_in_two_refused_hours_leaves_once(
    town: Harness, calls: tuple[str, ...]
) -> None:
    town.mail(a_mail())
    while not town.dump()["tickets"]:
        inbound = next(c for c in town._town.pump.consumers if "inbound-email" in c.queue)
        town._town.pump._deliver_batch(inbound)
    with refused(*calls):
        two_hours(town)
    assert town.outbox == [] and town.dump()["dead_letters"] == []
    until_quiet(town)
    assert len(to(town, "ana@example.org")) == 1
    assert town.dump()["dead_letters"] == []
