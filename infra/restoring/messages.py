"""What had left since the moment that a table was brought back from: it must not leave again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib.bootstrap import Services
from chalicelib.notifications.sending.delivery import LEASE
from chalicelib.tickets.dynamodb.delivery_steps import CLAIMABLE, OUT_OF_LISTS
from chalicelib.tickets.dynamodb.items.codec import Item, string
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.items.notifications import free_at, notification_key
from chalicelib.tickets.model.records import DeliveryStatus
from chalicelib.tickets.model.ticket import SYSTEM
from chalicelib.tickets.people.broadcasts import Stage
from chalicelib.tickets.ports import NotificationKey

EVER = datetime(9999, 1, 1, tzinfo=UTC)
REASON = "perhaps sent before the table was restored"
NOT_LEFT = (DeliveryStatus.QUEUED, DeliveryStatus.CANCELLED)
IN_DOUBT = (*NOT_LEFT, DeliveryStatus.CLAIMED)


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages of a table that was brought back, which nobody uses yet; `left` is the table that the
    city comes from, empty where it cannot be read. Every step may be repeated."""

    services: Services
    left: str
    now: datetime

    def settle(self) -> Counter[str]:
        """Go through all that waits; how many of them `sent`, `perhaps`, `silent` and `waiting`.

        What left is told by the table that the city comes from, and stands here as it stood there. What
        that cannot tell, and was due, does not leave: it ends by name, and staff can send it again.
        """
        keys = self.services.store.due_notifications(EVER)
        return Counter(self._settle(key) for key in list(keys))

    def _settle(self, key: NotificationKey) -> str:
        here = self._item(self.services.settings.table_name, key) or {}
        later = self._item(self.left, key) if self.left else None
        status, after = string(here, "status"), string(later or {}, "status")
        if later and after not in IN_DOUBT:
            self._client.put_item(TableName=self.services.settings.table_name, Item=later)
            return "sent"
        free = free_at(here)
        was_due = free is not None and free <= self.now
        if status in CLAIMABLE and was_due and after not in NOT_LEFT:
            return self._end(key)
        if status == DeliveryStatus.ACCEPTED:
            return self._expect_nothing(key)
        return "waiting"

    def _end(self, key: NotificationKey) -> str:
        store = self.services.store
        if claimed := store.claim(key, self.now, LEASE):
            store.settle(claimed, DeliveryStatus.EXPIRED, self.now, reason=REASON)
        return "perhaps"

    def _expect_nothing(self, key: NotificationKey) -> str:
        """Its receipt may have come since, so nothing follows from silence."""
        self._client.update_item(
            TableName=self.services.settings.table_name,
            Key=self._key(key),
            UpdateExpression=f"REMOVE {OUT_OF_LISTS}",
        )
        return "silent"

    def pause_broadcasts(self) -> int:
        """Whoever was written to since would be written to again: staff go on with them, or cancel."""
        running = [b for b in self.services.broadcasts.store.all() if b.stage is Stage.APPROVED]
        for broadcast in running:
            self.services.broadcasts.pause(broadcast.broadcast_id, SYSTEM)
        return len(running)

    @property
    def _client(self) -> Any:
        return self.services.client("dynamodb")

    def _key(self, key: NotificationKey) -> Item:
        keys = Keys(self.services.settings.jurisdiction_id, self.services.settings.index_shards)
        return notification_key(keys, key.ticket_id, key.notification_id)

    def _item(self, table: str, key: NotificationKey) -> Item | None:
        asked = {"TableName": table, "Key": self._key(key), "ConsistentRead": True}
        found: Item | None = self._client.get_item(**asked).get("Item")
        return found
