"""What is counted in the same transaction as the thing itself happens; makes requests, calls nothing.

Every count is an item that is added to, spread over shards, so that no list is ever read to count it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.tickets.delivery_figures import COUNTED, step_of
from chalicelib.tickets.dynamodb.items.codec import Item, number, text
from chalicelib.tickets.dynamodb.items.keys import Keys, bounded
from chalicelib.tickets.model.quiet_hours import local_day
from chalicelib.tickets.model.records import DeliveryStatus, Notification

STATUS, WAIT = "s_", "w_"
SHARDS = 8
FROM_BROADCAST = "broadcast:"

Request = Mapping[str, Any]
Place = tuple[str, str]


def day_key(keys: Keys, day: str) -> str:
    """Where the counts of a civil day lie."""
    return keys.of("SENT", day)


def broadcast_key(keys: Keys, broadcast_id: str) -> str:
    """Where the counts of a broadcast lie."""
    return keys.of("TALLY", broadcast_id)


def spending_key(keys: Keys, month: str) -> Item:
    """Where the text segments of a month are counted."""
    return {"pk": text(keys.of("SPENDING", month)), "sk": text("SMS")}


def spent(table: str, keys: Keys, segments: int, day: str) -> Request:
    """Adds text segments to a civil day and its month."""
    return _added(
        table, spending_key(keys, day[:7]), {f"day_{day[8:]}": segments, "in_month": segments}
    )


def moved(
    table: str,
    keys: Keys,
    notification: Notification,
    before: DeliveryStatus,
    after: DeliveryStatus,
    waited: float | None = None,
) -> Iterator[Request]:
    """Counts one message where it stands now, and no more where it stood. Simulated ones do not count."""
    if notification.is_simulated or before == after:
        return
    counts = {STATUS + status: by for status, by in ((before, -1), (after, 1)) if status in COUNTED}
    if not counts:
        return
    shard = keys.crc(notification.notification_id) % SHARDS
    for number_, (pk, sk) in enumerate(_places(keys, notification, shard)):
        wait = {WAIT + step_of(waited): 1} if waited is not None and not number_ else {}
        yield _added(table, {"pk": text(pk), "sk": text(sk)}, counts | wait)


def written(table: str, keys: Keys, notifications: Iterable[Notification]) -> Iterator[Request]:
    """Counts those that end as they are written, such as suppressed ones; few requests for many."""
    found: dict[Place, Counter[str]] = {}
    for notification in notifications:
        if notification.status in COUNTED and not notification.is_simulated:
            for place in _places(keys, notification, 0):
                found.setdefault(place, Counter())[STATUS + notification.status] += 1
    for (pk, sk), counts in found.items():
        yield _added(table, {"pk": text(pk), "sk": text(sk)}, counts)


def _places(keys: Keys, notification: Notification, shard: int) -> Iterator[Place]:
    """The city's count, and the broadcast's own."""
    day = local_day(notification.created_at, notification.context.get("timezone", "UTC"))
    template = bounded(notification.template or notification.notice)
    yield day_key(keys, day), f"{notification.channel}#{template}#{shard}"
    if notification.source.startswith(FROM_BROADCAST):
        name = notification.source.removeprefix(FROM_BROADCAST)
        yield broadcast_key(keys, name), str(shard)


def _added(table: str, key: Item, counts: Mapping[str, int]) -> Request:
    names = {f"#c{place}": name for place, name in enumerate(counts)}
    return {
        "TableName": table,
        "Key": key,
        "UpdateExpression": "ADD " + ", ".join(f"{name} :{name[1:]}" for name in names),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {
            f":c{place}": number(by) for place, by in enumerate(counts.values())
        },
    }
