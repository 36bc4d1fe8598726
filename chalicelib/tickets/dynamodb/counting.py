"""What is counted in the same transaction as the thing itself happens; makes requests, calls nothing.

Every count is an item that is added to, spread over shards, so that no list is ever read to count it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.tickets.delivery_figures import COUNTED, step_of
from chalicelib.tickets.dynamodb.items.codec import Item, Value, integer, number, text
from chalicelib.tickets.dynamodb.items.keys import Keys, bounded
from chalicelib.tickets.model.quiet_hours import local_day
from chalicelib.tickets.model.records import DeliveryStatus, Notification
from chalicelib.tickets.ports import NotificationKey

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


def spending_key(keys: Keys, month: str) -> str:
    """Where the text segments of a month are counted."""
    return keys.of("SPENDING", month)


def spent(table: str, keys: Keys, of: NotificationKey, segments: int, day: str) -> Request:
    """Adds text segments to a civil day and its month.

    The first shard bears the name that the only one had, so that the release before, which reads no other,
    knows all of it in a city whose counts are not spread.
    """
    shard = keys.crc(of.notification_id) % keys.spread
    key = {
        "pk": text(spending_key(keys, day[:7])),
        "sk": text(f"SMS#{shard}" if shard else "SMS"),
    }
    return _added(table, key, {f"day_{day[8:]}": segments, "in_month": segments})


def add_up(rows: Iterable[Mapping[str, Value]]) -> Counter[str]:
    """What all shards of a month say: `in_month`, and `day_07` and the like."""
    found: Counter[str] = Counter()
    for row in rows:
        found.update({name: integer(row, name) for name in row if name not in ("pk", "sk")})
    return found


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
    shard = _shard(keys, notification)
    for number_, (pk, sk) in enumerate(_places(keys, notification, shard)):
        wait = {WAIT + step_of(waited): 1} if waited is not None and not number_ else {}
        yield _added(table, {"pk": text(pk), "sk": text(sk)}, counts | wait)


def written(table: str, keys: Keys, notifications: Iterable[Notification]) -> Iterator[Request]:
    """Counts those that end as they are written, such as suppressed ones; few requests for many."""
    found: dict[Place, Counter[str]] = {}
    ended = [n for n in notifications if n.status in COUNTED and not n.is_simulated]
    shard = _shard(keys, ended[0]) if ended else 0
    for notification in ended:
        for place in _places(keys, notification, shard):
            found.setdefault(place, Counter())[STATUS + notification.status] += 1
    for (pk, sk), counts in found.items():
        yield _added(table, {"pk": text(pk), "sk": text(sk)}, counts)


def _shard(keys: Keys, notification: Notification) -> int:
    return keys.crc(notification.notification_id) % (SHARDS * keys.spread)


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
