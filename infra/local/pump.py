"""Moves what waits in queues to the handlers, and fires their schedules, in AWS's own shapes.

Which function listens to which queue, and how often a schedule fires, is read from the Chalice app and
from `infra/functions.yaml`: what `chalice package` reads.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalice.app import Chalice, Rate, ScheduledEventConfig, SQSEventConfig
from chalice.local import LambdaContext
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sqs.models import sqs_backends

from infra.local import engine
from infra.local.receipts import stamp
from infra.local.stack import REGION, client, function_limits, more_queues

logger = logging.getLogger(__name__)
Event = dict[str, Any]
UNITS = {"minute": 1, "minutes": 1, "hour": 60, "hours": 60, "day": 1440, "days": 1440}


@dataclass(frozen=True)
class Function:
    """One Lambda function: its name, and the module attribute that Lambda would call."""

    name: str
    handler: str

    def invoke(self, event: Event) -> Any:
        """Call the function as Lambda does, with an event of its own and a context."""
        module, _, attribute = self.handler.rpartition(".")
        memory, seconds = function_limits(self.name)
        context = LambdaContext(self.name, memory, seconds * 1000)
        entry: Callable[[Event, Any], Any] = getattr(importlib.import_module(module), attribute)
        return entry(json.loads(json.dumps(event)), context)


@dataclass(frozen=True)
class Consumer:
    """A queue and the function that reads it."""

    queue: str
    function: Function
    batch_size: int

    @property
    def arn(self) -> str:
        """The queue's ARN."""
        return f"arn:aws:sqs:{REGION}:{DEFAULT_ACCOUNT_ID}:{self.queue}"


@dataclass(frozen=True)
class Schedule:
    """A function that is called every so many minutes."""

    function: Function
    every: int

    def is_due(self, minute: datetime) -> bool:
        """Whether it fires in this minute."""
        return int(minute.timestamp() // 60) % self.every == 0


@dataclass
class Spent:
    """What the functions themselves cost, the engine's own time left out."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def measure(self, function: Function, event: Event) -> Any:
        """Invoke and note the CPU seconds of this thread that were not the engine's."""
        cpu, engine_cpu = time.thread_time(), engine.METER.seconds
        try:
            return function.invoke(event)
        finally:
            own = time.thread_time() - cpu - (engine.METER.seconds - engine_cpu)
            self.seconds.setdefault(function.name, []).append(own)


class Pump:
    """Delivers to the event functions of a Chalice app.

    A record that failed comes again after `retry_seconds`, and after its queue's `maxReceiveCount`
    tries it goes to the dead letters.
    """

    def __init__(self, app: Chalice, *, retry_seconds: int = 0) -> None:
        self.consumers = list(_consumers(app))
        self.schedules = list(_schedules(app))
        self.spent = Spent()
        self._retry_seconds = retry_seconds

    def step(self) -> int:
        """Deliver one batch from every queue; how many records were delivered."""
        return sum(self._deliver_batch(c) for c in self.consumers if waiting(c.queue))

    def _deliver_batch(self, consumer: Consumer) -> int:
        received = client("sqs").receive_message(
            QueueUrl=queue_url(consumer.queue),
            MaxNumberOfMessages=min(10, consumer.batch_size),
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = received.get("Messages", [])
        if messages:
            event = {"Records": [_record(message, consumer) for message in messages]}
            self._settle(consumer, messages, self._failed(consumer, event))
        return len(messages)

    def _failed(self, consumer: Consumer, event: Event) -> set[str]:
        """The ids of the records that the function could not handle; all, when it raised."""
        try:
            answer = self.deliver(event) or {}
        except Exception:
            logger.exception("function failed", extra={"function": consumer.function.name})
            return {record["messageId"] for record in event["Records"]}
        return {failure["itemIdentifier"] for failure in answer.get("batchItemFailures", ())}

    def deliver(self, event: Event) -> Any:
        """Give an event to the function that reads its queue, as often as asked; its answer."""
        arn = event["Records"][0]["eventSourceARN"]
        consumer = next(c for c in self.consumers if c.arn == arn)
        return self.spent.measure(consumer.function, event)

    def _settle(self, consumer: Consumer, messages: list[Event], failed: set[str]) -> None:
        url = queue_url(consumer.queue)
        for message in messages:
            named = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
            if message["MessageId"] in failed:
                seconds = self._retry_seconds
                client("sqs").change_message_visibility(VisibilityTimeout=seconds, **named)
            else:
                client("sqs").delete_message(**named)

    def event_of_last(self, queue: str) -> Event:
        """The event that the newest message of a queue will be, without taking it out."""
        consumer = next(c for c in self.consumers if c.queue == queue)
        message = _queue(queue)._messages[-1]
        return {"Records": [_record(_peeked(message), consumer)]}

    def fire(self, minute: datetime) -> list[str]:
        """Call every schedule that is due in this minute; the names of the functions."""
        due = [schedule for schedule in self.schedules if schedule.is_due(minute)]
        for schedule in due:
            self.spent.measure(schedule.function, _scheduled(schedule, minute))
        return [schedule.function.name for schedule in due]

    def fire_all(self, moment: datetime) -> None:
        """Call every schedule once, whatever minute it is."""
        for schedule in self.schedules:
            self.spent.measure(schedule.function, _scheduled(schedule, moment))


def _consumers(app: Chalice) -> Iterator[Consumer]:
    for source in app.event_sources:
        if isinstance(source, SQSEventConfig) and source.queue:
            function = Function(source.name, source.handler_string)
            yield Consumer(source.queue, function, source.batch_size)
            for queue, batch_size in more_queues(source.name):
                yield Consumer(queue, function, batch_size)


def _schedules(app: Chalice) -> Iterator[Schedule]:
    for source in app.event_sources:
        if isinstance(source, ScheduledEventConfig):
            every = _minutes(source.schedule_expression)
            yield Schedule(Function(source.name, source.handler_string), every)


def _minutes(expression: Any) -> int:
    text = expression.to_string() if isinstance(expression, Rate) else str(expression)
    number, unit = text.removeprefix("rate(").removesuffix(")").split()
    return int(number) * UNITS[unit]


def _record(message: Mapping[str, Any], consumer: Consumer) -> Event:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": message.get("MessageAttributes", {}),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": consumer.arn,
        "awsRegion": REGION,
    }


def _peeked(message: Any) -> Mapping[str, Any]:
    sent = str(message.sent_timestamp)
    return {
        "MessageId": message.id,
        "ReceiptHandle": str(uuid.uuid4()),
        "Body": message.body,
        "MD5OfBody": hashlib.md5(message.body.encode()).hexdigest(),
        "Attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": sent,
            "SenderId": "AIDATOWN",
            "ApproximateFirstReceiveTimestamp": sent,
        },
    }


def _scheduled(schedule: Schedule, moment: datetime) -> Event:
    rule = f"arn:aws:events:{REGION}:{DEFAULT_ACCOUNT_ID}:rule/{schedule.function.name}"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": DEFAULT_ACCOUNT_ID,
        "time": stamp(moment)[:19] + "Z",
        "region": REGION,
        "resources": [rule],
        "detail": {},
    }


def _queue(name: str) -> Any:
    return sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues[name]


def waiting(queue: str) -> int:
    """How many messages a queue holds, those under way included; costs nothing to ask."""
    return len(_queue(queue)._messages)


def queue_url(name: str) -> str:
    """The address of a queue of the town."""
    return f"https://sqs.{REGION}.amazonaws.com/{DEFAULT_ACCOUNT_ID}/{name}"


def minutes_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """Every full minute after `start` up to `end`."""
    minute = start.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while minute <= end:
        yield minute
        minute += timedelta(minutes=1)
