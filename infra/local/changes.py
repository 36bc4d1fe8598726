"""The table's stream as Lambda reads it for the function that follows it: filtered, in order, in batches,
and again, by halves, until it goes well or is too old.

How it is read stands in `infra/functions.yaml`, and how many at once in the Chalice app.
"""

from __future__ import annotations

import functools
import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalice.app import Chalice, DynamoDBEventConfig
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.events.models import EventPattern

from infra.cloudformation import load_template, logical_name
from infra.local import engine
from infra.local.pump import Event, Function, Spent, queue_url
from infra.local.stack import REGION, ROOT, STAGE, client

logger = logging.getLogger(__name__)


class Stream(Protocol):
    """Where records come from: from the oldest on, each once, in the order of their changes."""

    def more(self) -> list[Event]:
        """Those that came since it was asked last."""
        ...


class OfMoto:
    """The stream of whichever of moto's tables is in use; asking costs nothing."""

    def __init__(self, table: Callable[[], str]) -> None:
        self._table = table
        self._taken: dict[str, int] = {}

    def more(self) -> list[Event]:
        """See `Stream`."""
        name = self._table()
        with engine.LOCK:  # what a transaction has noted so far may be taken back
            table = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[name]
            noted = table.stream_shard.items if table.stream_shard else []
            found = noted[self._taken.get(name, 0) :]
            self._taken[name] = len(noted)
        arn = f"{table.table_arn}/stream/{table.latest_stream_label}"
        return [as_lambda_gives_it(change.to_json(), arn) for change in found]


class Served:
    """The stream of a table by its own API, as DynamoDB Local serves it."""

    def __init__(self, streams: Any, dynamodb: Any, table: Callable[[], str]) -> None:
        self._streams, self._dynamodb, self._table = streams, dynamodb, table
        self._arns: dict[str, str] = {}
        self._iterators: dict[str, dict[str, str | None]] = {}  # of each stream, by shard

    def more(self) -> list[Event]:
        """See `Stream`. A shard comes after the one that it came from, as they are listed."""
        name = self._table()
        if name not in self._arns:
            found = self._dynamodb.describe_table(TableName=name)["Table"]
            self._arns[name] = found["LatestStreamArn"]
        arn = self._arns[name]
        known = self._iterators.setdefault(arn, {})
        if not any(known.values()):  # none is known yet, or all have ended
            known |= {s: self._beginning(arn, s) for s in self._shards(arn) if s not in known}
        return [record for shard in known for record in self._records(arn, shard)]

    def _shards(self, arn: str) -> list[str]:
        found, more = [], dict[str, str]()
        while True:
            page = self._streams.describe_stream(StreamArn=arn, **more)["StreamDescription"]
            found += [shard["ShardId"] for shard in page["Shards"]]
            if "LastEvaluatedShardId" not in page:
                return found
            more = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}

    def _beginning(self, arn: str, shard: str) -> str:
        found: str = self._streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return found

    def _records(self, arn: str, shard: str) -> list[Event]:
        found: list[Event] = []
        while iterator := self._iterators[arn][shard]:
            page = self._streams.get_records(ShardIterator=iterator)
            self._iterators[arn][shard] = page.get("NextShardIterator")
            found += [as_lambda_gives_it(record, arn) for record in page["Records"]]
            if not page["Records"]:
                break
        return found


def as_lambda_gives_it(record: Event, arn: str) -> Event:
    """A record of `GetRecords` as it stands in Lambda's event."""
    at = record["dynamodb"]["ApproximateCreationDateTime"]
    told = {**record["dynamodb"], "ApproximateCreationDateTime": at.timestamp()}
    return {**record, "dynamodb": told, "eventSourceARN": arn}


@dataclass(frozen=True, slots=True)
class Reading:
    """How a function reads its stream."""

    function: Function
    batch_size: int
    patterns: tuple[EventPattern, ...]
    longest: timedelta
    dead_letters: str

    @classmethod
    def of(cls, app: Chalice) -> Reading:
        """What the app and the template say."""
        (source,) = [s for s in app.event_sources if isinstance(s, DynamoDBEventConfig)]
        wanted = _mapping(source.name)
        filters = wanted["FilterCriteria"]["Filters"]
        queue = wanted["DestinationConfig"]["OnFailure"]["Destination"]["Fn::Sub"]
        return cls(
            Function(source.name, source.handler_string),
            source.batch_size,
            tuple(EventPattern.load(each["Pattern"]) for each in filters),
            timedelta(seconds=wanted["MaximumRecordAgeInSeconds"]),
            queue.rpartition(":")[2].replace("${Stage}", STAGE),
        )

    def is_for(self, record: Event) -> bool:
        """Whether the function is woken for it."""
        return any(pattern.matches_event(record) for pattern in self.patterns)


class Changes:
    """Hands a stream to the function that follows it."""

    def __init__(
        self,
        app: Chalice,
        stream: Stream,
        spent: Spent,
        now: Callable[[], datetime],
        retry_seconds: int = 0,
    ) -> None:
        self.reading = Reading.of(app)
        self.stream = stream
        self.spent, self._now, self._retry_seconds = spent, now, retry_seconds
        self._waiting: list[tuple[datetime, Event]] = []
        self._size = self.reading.batch_size
        self._again_at = 0.0

    def follow(self) -> int:
        """Hand over all there is, until nothing more goes well; how many records did."""
        done = 0
        while moved := self.step():
            done += moved
        return done

    def step(self) -> int:
        """Hand over one batch. How many records moved on, those halved included: what fails alone waits
        for the next time, and all behind it."""
        now = self._now()
        found = [record for record in self.stream.more() if self.reading.is_for(record)]
        self._waiting += [(now, record) for record in found]
        if not self._waiting or time.monotonic() < self._again_at:
            return 0
        batch = [record for _, record in self._waiting[: self._size]]
        try:
            with engine.METER.apart():
                self.spent.measure(self.reading.function, {"Records": batch})
        except Exception:
            logger.exception("function failed", extra={"function": self.reading.function.name})
            return self._failed(batch)
        return self._through(len(batch))

    def _through(self, count: int) -> int:
        del self._waiting[:count]
        self._size = self.reading.batch_size
        return count

    def _failed(self, batch: list[Event]) -> int:
        since = self._waiting[0][0]
        if self._now() - since > self.reading.longest:
            self._give_up([r for at, r in self._waiting[: len(batch)] if at == since])
            return 1
        self._again_at = time.monotonic() + self._retry_seconds
        self._size = max(1, len(batch) // 2)
        return len(batch) - self._size

    def _give_up(self, batch: list[Event]) -> None:
        """Where it stood goes to the dead letters, not what it was, as Lambda has it."""
        told = {
            "requestContext": {"requestId": str(uuid.uuid4())},
            "version": "1.0",
            "timestamp": self._now().isoformat(),
            "DDBStreamBatchInfo": {
                "startSequenceNumber": batch[0]["dynamodb"]["SequenceNumber"],
                "endSequenceNumber": batch[-1]["dynamodb"]["SequenceNumber"],
                "batchSize": len(batch),
                "streamArn": batch[0]["eventSourceARN"],
            },
        }
        queue = queue_url(self.reading.dead_letters)
        client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(told))
        self._through(len(batch))


@functools.cache
def _mapping(function: str) -> Mapping[str, Any]:
    """What lets a function read its stream."""
    resources = load_template(ROOT / "infra" / "functions.yaml")["Resources"]
    events = resources[logical_name(function)]["Properties"]["Events"].values()
    found: Mapping[str, Any] = next(e["Properties"] for e in events if "Stream" in e["Properties"])
    return found
