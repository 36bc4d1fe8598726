"""What queues do to a handler: many records at once, one of them bad, too little time, odd news.

Each test is a case of the catalogue (Q); its number stands behind its name.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.citizens import ANA, a_mail, to
from tests.faults import fault, refusal
from tests.harness import Harness

WRITE = "dynamodb.TransactWriteItems"


def texts(town: Harness, many: int = 10) -> dict[str, Any]:
    """One event with the texts of as many people."""
    events = [
        town.text(f"Pothole at {number} Elm Street", sender=f"+120255501{number:02d}")
        for number in range(many)
    ]
    return {"Records": [record for event in events for record in event["Records"]]}


def ids(event: dict[str, Any]) -> list[str]:
    return [record["messageId"] for record in event["Records"]]


def failed(answer: dict[str, Any]) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def tickets(town: Harness) -> int:
    return len(town.dump()["tickets"])


def test_three_mails_in_one_event_are_three_tickets(town: Harness) -> None:  # Q05
    mails = [a_mail(f"A hole at {n} Elm Street.", subject=f"Hole {n}") for n in range(3)]
    event = {"Records": [town.mail(mail)["Records"][0] for mail in mails]}
    assert failed(town.deliver(event)) == []
    assert tickets(town) == 3
    town.drain()  # the queue brings each once more
    assert tickets(town) == 3


def test_of_ten_records_the_bad_one_comes_again_alone(town: Harness) -> None:  # Q07
    event = texts(town)
    with fault(WRITE, nth=4, reply=refusal("ValidationException")):
        assert failed(town.deliver(event)) == [ids(event)[3]]
    assert tickets(town) == 9
    assert failed(town.deliver({"Records": event["Records"][3:4]})) == []
    assert tickets(town) == 10


def test_ten_records_that_all_fail_all_come_again(town: Harness) -> None:  # Q08
    event = texts(town)
    with fault(WRITE, times=10, reply=refusal("ValidationException")):
        assert failed(town.deliver(event)) == ids(event)
    assert tickets(town) == 0
    assert failed(town.deliver(event)) == []
    assert tickets(town) == 10


class Clockwork:
    """A Lambda context whose time runs out while the third record is looked at."""

    def __init__(self, left: Iterator[int]) -> None:
        self._left = left

    def get_remaining_time_in_millis(self) -> int:
        return next(self._left)


def test_what_there_is_no_time_for_is_not_begun(town: Harness) -> None:  # Q11
    event = texts(town, 5)
    [consumer] = [each for each in town._town.pump.consumers if "sms" in each.queue]
    module, _, name = consumer.function.handler.rpartition(".")
    entry: Callable[[Any, Any], Any] = getattr(importlib.import_module(module), name)
    left = iter([20_000, 9_000, 3_000, 2_900, 2_800])
    assert failed(entry(event, Clockwork(left))) == ids(event)[2:]
    assert tickets(town) == 2


def test_a_mail_from_the_dead_letters_is_the_same_mail_thirteen_days_later(  # Q13
    town: Harness,
) -> None:
    event = town.mail(a_mail())
    town.drain()
    answers = len(to(town, ANA))
    town.tick(town.now + timedelta(days=13))
    town.restart()
    assert failed(town.deliver(event)) == []
    town.drain()
    assert tickets(town) == 1
    assert len([m for m in to(town, ANA) if "received" in m.text or "have your" in m.subject]) == 1
    assert answers == 1


@pytest.mark.parametrize(
    "news",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "mail"},
        {"Type": "SubscriptionConfirmation", "Token": "x", "SubscribeURL": "https://x"},
    ],
    ids=["a test event", "a subscription"],
)
def test_what_aws_says_about_itself_is_no_poison(
    town: Harness, news: dict[str, str]
) -> None:  # Q03
    event = town.mail(a_mail())
    town.drain()
    before = town.dump()
    event["Records"][0]["body"] = json.dumps(news)
    assert failed(town.deliver(event)) == []
    after = town.dump()
    assert [len(after[kind]) for kind in after] == [len(before[kind]) for kind in before]


def test_fields_that_nobody_knows_and_a_bare_payload_are_taken(town: Harness) -> None:  # Q14, Q18
    wrapped = town.mail(a_mail())
    record = wrapped["Records"][0]
    envelope = json.loads(record["body"])
    payload = json.loads(envelope["Message"]) | {"eventVersion": "9.9", "novelty": {"a": [1]}}
    payload["receipt"] |= {"noveltyVerdict": {"status": "PASS"}}
    record["body"] = json.dumps(payload)
    record["attributes"] = {**record.get("attributes", {}), "Novelty": "1"}
    assert failed(town.deliver(wrapped)) == []
    assert tickets(town) == 1
    town.drain()  # the same mail in its SNS envelope
    assert tickets(town) == 1


def test_a_raw_mail_that_is_gone_ends_with_the_dead_letters(town: Harness) -> None:  # Q06
    event = town.mail(a_mail())
    record = event["Records"][0]
    envelope = json.loads(record["body"])
    payload = json.loads(envelope["Message"])
    payload["receipt"]["action"]["objectKey"] = "inbound/there-is-none"
    record["body"] = json.dumps(payload)
    assert failed(town.deliver(event)) == ids(event)
    assert tickets(town) == 0
