"""Whole reports over a bad line to AWS: throttled, lost answers, events again and again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.faults import cancelled, fault, refusal
from tests.harness import Harness

TRANSACT, UPDATE = "dynamodb.TransactWriteItems", "dynamodb.UpdateItem"
THROTTLED = refusal("ProvisionedThroughputExceededException")
OPEN311 = {
    "service_code": "pothole",
    "address_string": "Main Street 5",
    "description": "A deep pothole.",
    "attribute[size]": "plate",
    "email": "anna@example.org",
}


@pytest.fixture
def mail(town: Harness) -> bytes:
    to = town.services.settings.intake_addresses[0]
    return (
        b"From: Anna Ek <anna@example.org>\r\nTo: " + to.encode() + b"\r\nSubject: Pothole\r\n"
        b"Message-ID: <1@example.org>\r\n\r\nThere is a pothole in Main Street.\r\n"
    )


@pytest.fixture
def before(town: Harness) -> Iterator[set[str]]:
    """The tickets that the town starts with."""
    yield {ticket["ticket_id"] for ticket in town.dump()["tickets"]}


def new_tickets(town: Harness, before: set[str]) -> list[dict[str, Any]]:
    return [t for t in town.dump()["tickets"] if t["ticket_id"] not in before]


def assert_one_report(town: Harness, before: set[str]) -> None:
    """One ticket with one entry, and one acknowledgement that left."""
    [ticket] = new_tickets(town, before)
    stored = town.dump()
    entries = [e for e in stored["entries"] if e["ticket_id"] == ticket["ticket_id"]]
    assert [entry["kind"] for entry in entries] == ["opened"]
    assert len(town.outbox) == 1
    assert stored["dead_letters"] == []


@pytest.mark.parametrize(
    "reply", [THROTTLED, cancelled("TransactionConflict", "None")], ids=["throttled", "conflict"]
)
@pytest.mark.parametrize("operation", [TRANSACT, UPDATE])
def test_a_mail_over_a_busy_table_is_one_report(
    town: Harness, mail: bytes, before: set[str], operation: str, reply: Any
) -> None:
    town.mail(mail)
    with fault(operation, times=3, reply=reply):
        town.drain()
    assert_one_report(town, before)


@pytest.mark.parametrize("operation", [TRANSACT, UPDATE])
@pytest.mark.parametrize("times", [1, 4])
def test_a_mail_whose_writes_are_never_answered_is_one_report(
    town: Harness, mail: bytes, before: set[str], operation: str, times: int
) -> None:
    town.mail(mail)
    with fault(operation, times=times, is_lost=True):
        town.drain()
    assert_one_report(town, before)


def test_a_table_that_refuses_throughout_sends_the_event_back_whole(
    town: Harness, mail: bytes, before: set[str]
) -> None:
    event = town.mail(mail)
    with fault(TRANSACT, times=10_000, reply=THROTTLED):
        answer = town.deliver(event)
    assert len(answer["batchItemFailures"]) == 1
    assert new_tickets(town, before) == []
    assert town.deliver(event)["batchItemFailures"] == []
    town.drain()
    assert_one_report(town, before)


def test_the_same_event_ten_times_is_one_report(
    town: Harness, mail: bytes, before: set[str]
) -> None:
    event = town.mail(mail)
    for _ in range(10):
        assert town.deliver(event)["batchItemFailures"] == []
    town.drain()
    assert_one_report(town, before)


def test_a_post_to_a_busy_table_says_when_to_come_back(town: Harness, before: set[str]) -> None:
    key = {"Idempotency-Key": "one-report", "X-Api-Key": town.api_key}
    with fault(TRANSACT, times=10_000, reply=THROTTLED):
        refused = town.http("POST", "/open311/v2/requests.json", form=OPEN311, headers=key)
    assert refused.status == 503
    assert int(refused.headers["Retry-After"]) > 0
    for _ in range(2):
        again = town.http("POST", "/open311/v2/requests.json", form=OPEN311, headers=key)
        assert again.status in (200, 201)
    town.drain()
    assert_one_report(town, before)


def test_a_failing_enqueue_is_made_up_for_by_the_sweep(
    town: Harness, mail: bytes, before: set[str]
) -> None:
    event = town.mail(mail)
    with fault("sqs.SendMessage", times=10_000), fault("sqs.SendMessageBatch", times=10_000):
        assert town.deliver(event)["batchItemFailures"] == []
    assert len(new_tickets(town, before)) == 1
    town.tick(town.now + timedelta(minutes=5))
    town.drain()
    assert_one_report(town, before)


def test_a_bounce_told_many_times_is_one_line_on_the_timeline(
    town: Harness, mail: bytes, before: set[str]
) -> None:
    town.mail(mail)
    town.drain()
    [ticket] = new_tickets(town, before)
    [notification] = [
        n for n in town.dump()["notifications"] if n["ticket_id"] == ticket["ticket_id"]
    ]
    bounce = {
        "eventType": "Bounce",
        "mail": {
            "messageId": notification["provider_message_id"],
            "destination": ["anna@example.org"],
            "tags": {name: [notification[name]] for name in ("ticket_id", "notification_id")}
            | {"jurisdiction_id": [ticket["jurisdiction_id"]]},
        },
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "timestamp": "2026-03-02T15:01:00.000Z",
            "bouncedRecipients": [{"emailAddress": "anna@example.org"}],
        },
    }
    for _ in range(3):
        town.receipt(bounce)
    town.drain()
    kinds = [e["kind"] for e in town.dump()["entries"] if e["ticket_id"] == ticket["ticket_id"]]
    assert kinds.count("notice_failed") == 1
