"""What was counted and what needs a person, read from the table; knows keys and codecs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from chalicelib.messages import Channel
from chalicelib.signing import Signer
from chalicelib.tickets.delivery_figures import STUCK_AFTER, Spending, Tally, merged
from chalicelib.tickets.dynamodb.counting import (
    STATUS,
    WAIT,
    add_up,
    broadcast_key,
    day_key,
    spending_key,
)
from chalicelib.tickets.dynamodb.delivery_steps import CLAIMABLE, waiting_places
from chalicelib.tickets.dynamodb.items.codec import Item, Value, integer, readable, string, text
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.items.notifications import read_key, read_notification
from chalicelib.tickets.dynamodb.items.records import read_contact
from chalicelib.tickets.dynamodb.paging import Pages, cut
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.model.later import spoken
from chalicelib.tickets.model.records import Contact, Notification
from chalicelib.tickets.ports import NotificationKey, Page


class DynamoDeliveryFigures:
    """`DeliveryFigureStore` on one table."""

    def __init__(
        self,
        client: Any,
        *,
        table_name: str,
        jurisdiction_id: str,
        shards: int,
        signer: Callable[[], Signer],
    ) -> None:
        self._table = Table(client, table_name)
        self._keys = Keys(jurisdiction_id, shards)
        self._pages = Pages(signer, jurisdiction_id)

    def tallies(self, days: Sequence[str]) -> list[Tally]:
        """See `DeliveryFigureStore.tallies`; one query a day, of a few items for each template."""
        rows = (row for day in days for row in self._table.under(day_key(self._keys, day)))
        return merged(_read_tally(row) for row in rows)

    def broadcast(self, broadcast_id: str) -> Counter[str]:
        """See `DeliveryFigureStore.broadcast`."""
        found: Counter[str] = Counter()
        for row in self._table.under(broadcast_key(self._keys, broadcast_id)):
            found.update(_counts(row, STATUS))
        return found

    def spending(self, month: str) -> Spending:
        """See `DeliveryFigureStore.spending`."""
        found = add_up(self._table.under(spending_key(self._keys, month)))
        days = sorted(name for name, count in found.items() if name.startswith("day_") and count)
        named = {f"{month}-{name.removeprefix('day_')}": found[name] for name in days}
        return Spending(month=month, days=named, total=found["in_month"])

    def overdue(self, until: datetime, limit: int) -> list[tuple[NotificationKey, Notification]]:
        """See `DeliveryFigureStore.overdue`; a few rows of the index that the sweep reads, too."""
        places = (
            (queue, until - max(grace - STUCK_AFTER, timedelta()))
            for queue, _, grace in waiting_places(self._keys)
        )
        rows = [row for queue, late in places for row in self._late(queue, late, limit)]
        items = self._table.batch([{"pk": row["pk"], "sk": row["sk"]} for row in rows])
        late = [item for item in items if string(item, "status") in CLAIMABLE]
        found = [(read_key(self._keys, item), read_notification(self._keys, item)) for item in late]
        return sorted(found, key=lambda pair: pair[1].created_at)[:limit]

    def _late(self, queue: str, until: datetime, limit: int) -> Iterator[Item]:
        return islice(self._table.due(queue, until, Limit=limit), limit)

    def suppressed(self, size: int, token: str) -> Page[Contact]:
        """See `DeliveryFigureStore.suppressed`; the index holds these contacts and no others."""
        condition, values = "queue_key = :key", {":key": text(self._keys.suppressed)}
        if after := self._pages.position(token, "suppressed"):
            condition, values = (
                f"{condition} AND queue_at < :after",
                {**values, ":after": text(after)},
            )
        rows = self._table.rows(
            IndexName="by_queue",
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
            Limit=size + 1,
        )
        page, position = cut(rows, size, "queue_at")
        items = self._table.batch([{"pk": row["pk"], "sk": row["sk"]} for row in page])
        found = [*readable((item for item in items if "queue_key" in item), read_contact)]
        return Page(found, self._pages.token(position, "suppressed") if position else "")


def _counts(item: Mapping[str, Value], prefix: str) -> Counter[str]:
    """The numbers above zero under a prefix."""
    found = {
        name.removeprefix(prefix): integer(item, name) for name in item if name.startswith(prefix)
    }
    return Counter({name: count for name, count in found.items() if count})


def _read_tally(item: Mapping[str, Value]) -> Tally:
    channel, _, rest = item["sk"]["S"].partition("#")
    return Tally(
        channel=spoken(Channel, channel),
        template=rest.rpartition("#")[0],
        statuses=_counts(item, STATUS),
        waits=_counts(item, WAIT),
    )
