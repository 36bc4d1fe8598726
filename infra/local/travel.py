"""Lets time pass in the town: everything that falls due on the way happens at its own minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import bootstrap
from chalicelib.tickets.dynamodb.items.keys import Keys, moment
from chalicelib.tickets.model.receipts import GRACES
from infra.local.town import Town

INDEX = "by_due"
MOST_STOPS = 3_000
MINUTE = timedelta(minutes=1)


@dataclass
class Journey:
    """What happened on the way: when something was due, and how many messages left."""

    start: datetime
    end: datetime
    stops: list[datetime] = field(default_factory=list)
    sent: int = 0


def pass_time(town: Town, end: datetime) -> Journey:
    """Move the clock forward to `end`, stopping wherever a ticket or a notification is due."""
    with town.lock:
        return _travel(town, end)


def _travel(town: Town, end: datetime) -> Journey:
    journey = Journey(town.now(), end)
    before = len(town.post.sent)
    town.drain()
    for _ in range(MOST_STOPS):
        stop = _next_stop(town)
        if stop is None or stop > end:
            break
        town.clock.move_to(stop)
        journey.stops.append(stop)
        town.pump.fire(stop)
        town.drain()
    town.clock.move_to(end)
    town.pump.fire_all(end)
    town.drain()
    journey.sent = len(town.post.sent) - before
    return journey


def _next_stop(town: Town) -> datetime | None:
    """The next minute in which a schedule will find something to do."""
    now = town.now()
    settings = bootstrap.services().settings
    keys = Keys(settings.jurisdiction_id, settings.index_shards)
    found = []
    places = [(keys.escalations(shard), 1) for shard in keys.shards]
    places += [(keys.deliveries(shard, lane), 5) for shard in keys.shards for lane in GRACES]
    for name, every in places:
        found += [_tick_after(due, now, every) for due in _first_due(town, name, now)]
    return min(found, default=None)


def _first_due(town: Town, queue: str, now: datetime) -> Iterator[datetime]:
    """When the first item of a due queue that is not late already becomes due."""
    page: dict[str, Any] = town.table.query(
        TableName=town.environment["TABLE_NAME"],
        IndexName=INDEX,
        KeyConditionExpression="due_queue = :queue AND next_action_at > :now",
        ExpressionAttributeValues={":queue": {"S": queue}, ":now": {"S": moment(now)}},
        Limit=1,
    )
    for item in page["Items"]:
        yield datetime.fromisoformat(item["next_action_at"]["S"])


def _tick_after(due: datetime, now: datetime, every: int) -> datetime:
    """The first full minute at or after `due`, and after `now`, in which the schedule fires."""
    earliest = max(due, now + timedelta(microseconds=1)).timestamp()
    step = every * 60
    return datetime.fromtimestamp(-(-earliest // step) * step, UTC)
