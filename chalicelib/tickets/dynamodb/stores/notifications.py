"""Deliveries on the table: claim, settle, record and cancel are one update each."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.messages import DeliveryReceipt
from chalicelib.tickets.dynamodb.counting import add_up, moved, spending_key, spent
from chalicelib.tickets.dynamodb.delivery_steps import (
    HELD,
    IS_DUE,
    IS_FRESH,
    OUT_OF_LISTS,
    TAKE,
    TAKE_LATE,
    Stored,
    assign,
    changed,
    holding,
    is_late,
    lapsing,
    left_lists,
    says_more,
    stands,
    status_of,
    taking,
    waiting_places,
    was_settled_by_receipt,
)
from chalicelib.tickets.dynamodb.errors import CONDITION, CONDITION_ERROR, code_of, reasons_of
from chalicelib.tickets.dynamodb.items.codec import Item, Value, number, pack, string, text
from chalicelib.tickets.dynamodb.items.keys import Keys, moment
from chalicelib.tickets.dynamodb.items.notifications import (
    notification_key,
    read_key,
    read_notification,
)
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.model.receipts import ENDS, FINAL, ORDINARY, ends_watch, reported
from chalicelib.tickets.model.records import DeliveryStatus, Notification
from chalicelib.tickets.ports import NotificationKey, Patience


class Notifications:
    """The `NotificationStore` half of the store.

    Each update carries a `step_id`: when its answer was lost and the client repeats it, the failed
    condition brings back an item with our own mark, which is success.
    """

    def __init__(self, table: Table, keys: Keys) -> None:
        self._table = table
        self._keys = keys

    def claim(self, key: NotificationKey, now: datetime, lease: timedelta) -> Notification | None:
        """See `NotificationStore.claim`; also counts the attempt."""
        values = taking(now, now + lease)
        item = self._update(key, TAKE, IS_FRESH, values)
        if not item.is_ours and is_late(item, now):
            queue = text(self._again(key.notification_id, key.urgency))
            unknown = text(DeliveryStatus.UNKNOWN)
            item = self._update(
                key, TAKE_LATE, IS_DUE, values | {":unknown": unknown, ":queue": queue}
            )
        return read_notification(self._keys, item) if item.is_ours else None

    def _again(self, notification_id: str, urgency: str) -> str:
        """Where one that was claimed waits for what comes next."""
        return self._keys.deliveries(self._keys.shard(notification_id), urgency or ORDINARY)

    def settle(
        self,
        notification: Notification,
        status: DeliveryStatus,
        now: datetime,
        *,
        provider_message_id: str = "",
        due_at: datetime | None = None,
        reason: str = "",
        segments: int = 0,
        day: str = "",
        waited: float | None = None,
    ) -> bool:
        """See `NotificationStore.settle`.

        A receipt that was faster has settled it already, better than we know: that is success too.
        """
        key = NotificationKey(notification.ticket_id, notification.notification_id)
        again = moment(due_at or now) if due_at or status is DeliveryStatus.QUEUED else ""
        sets = self._sent(provider_message_id, now) | {
            "#status": text(status),
            "reason": text(reason) if reason else None,
            "settled_at": text(moment(now)) if status in ENDS and not again else None,
            "next_action_at": text(again) if again else None,
            "doubts": number(notification.doubts - 1) if status is DeliveryStatus.QUEUED else None,
        }
        expression, values = assign(sets, left_lists(status, again))
        counts = self._moved(notification, stands(status, again), waited)
        costs = [spent(self._table.name, self._keys, key, segments, day)] if segments else []
        item = self._update(
            key, expression, HELD, values | holding(notification), [*counts, *costs]
        )
        if not item.is_ours and was_settled_by_receipt(item, notification.lease):
            for cost in costs:  # the receipt knew where it stands, and not what it cost
                self._table.update(**{name: cost[name] for name in cost if name != "TableName"})
            return True
        return item.is_ours

    def notification(self, key: NotificationKey) -> Notification | None:
        """See `NotificationStore.notification`."""
        item = self._stored(key)
        return read_notification(self._keys, item) if item else None

    def lapse(self, key: NotificationKey, now: datetime, patience: Patience) -> Notification | None:
        """See `NotificationStore.lapse`."""
        stored = self._stored(key) or {}
        due_at = string(stored, "next_action_at")
        if string(stored, "status") != DeliveryStatus.ACCEPTED or not "" < due_at <= moment(now):
            return None
        was = read_notification(self._keys, stored)
        sets = lapsing(was, now, patience(was.channel))
        is_over = "next_action_at" not in sets
        expression, values = assign(sets, OUT_OF_LISTS if is_over else "")
        asked = {":accepted": text(DeliveryStatus.ACCEPTED), ":due": text(due_at)}
        counts = self._moved(was, DeliveryStatus.EXPIRED) if "#status" in sets else ()
        condition = "#status = :accepted AND next_action_at = :due"
        item = self._update(key, expression, condition, values | asked, counts)
        after = changed(stored, sets, is_over=is_over)
        return read_notification(self._keys, after) if item.is_ours else None

    def _moved(
        self, was: Notification, status: DeliveryStatus, waited: float | None = None
    ) -> list[Mapping[str, Any]]:
        before = stands(was.status, was.due_at)
        return list(moved(self._table.name, self._keys, was, before, status, waited))

    def segments_spent(self, day: str) -> tuple[int, int]:
        """See `NotificationStore.segments_spent`."""
        found = add_up(self._table.under(spending_key(self._keys, day[:7])))
        return found[f"day_{day[8:]}"], found["in_month"]

    def join(self, notification: Notification, lines: Sequence[Mapping[str, str]]) -> bool:
        """See `NotificationStore.join`."""
        key = NotificationKey(notification.ticket_id, notification.notification_id)
        expression, values = assign({"joined": pack({"lines": list(lines)})}, "")
        return self._update(key, expression, HELD, values | holding(notification)).is_ours

    def absorb(self, key: NotificationKey, leader_id: str, now: datetime) -> bool:
        """See `NotificationStore.absorb`."""
        reason = f"joined:{leader_id}"
        return self.cancel(key, now, reason) or self._was_absorbed(key, reason)

    def _was_absorbed(self, key: NotificationKey, reason: str) -> bool:
        return string(self._stored(key) or {}, "reason") == reason

    def _sent(self, provider_message_id: str, at: datetime) -> dict[str, Value | None]:
        if not provider_message_id:
            return {}
        return {
            "provider_message_id": text(provider_message_id),
            "provider_key": text(self._keys.provider(provider_message_id)),
            "sent_at": text(moment(at)),
        }

    def record(self, receipt: DeliveryReceipt, now: datetime) -> Notification | None:
        """See `NotificationStore.record`; `tickets.delivery` says what leads where."""
        key = self._named_by(receipt)
        stored = self._stored(key) if key else None
        while key and stored and says_more(stored, receipt):
            after = self._report(key, stored, receipt, now)
            if after.is_ours:
                return read_notification(self._keys, after)
            stored = after  # somebody else moved it meanwhile
        return read_notification(self._keys, stored) if stored else None

    def _stored(self, key: NotificationKey) -> Item | None:
        return self._table.get(notification_key(self._keys, key.ticket_id, key.notification_id))

    def _report(
        self, key: NotificationKey, stored: Item, receipt: DeliveryReceipt, now: datetime
    ) -> Stored:
        """Write what a receipt reports of an item that stands as `stored` says, and count it."""
        before, status = status_of(stored), reported(receipt)
        sets: dict[str, Value | None] = {
            "#status": text(status),
            "receipt_at": text(moment(receipt.at)),
            "reason": text(receipt.reason) if receipt.reason else None,
            "settled_at": text(moment(now)) if status in FINAL else None,
        } | ({} if "sent_at" in stored else self._sent(receipt.provider_message_id, receipt.at))
        expression, values = assign(sets, OUT_OF_LISTS if ends_watch(before, receipt) else "")
        was = read_notification(self._keys, stored)
        counts = self._moved(was, status)
        found = self._update(
            key, expression, "#status = :before", values | {":before": text(before)}, counts
        )
        if found or not found.is_ours:
            return found
        return Stored(changed(stored, sets, is_over=True), is_ours=True)

    def _named_by(self, receipt: DeliveryReceipt) -> NotificationKey | None:
        if receipt.ticket_id and receipt.notification_id:
            return NotificationKey(receipt.ticket_id, receipt.notification_id)
        return self._sent_as(receipt.provider_message_id)

    def _sent_as(self, provider_message_id: str) -> NotificationKey | None:
        if not provider_message_id:
            return None
        rows = self._table.rows(
            IndexName="by_provider_message",
            KeyConditionExpression="provider_key = :id",
            ExpressionAttributeValues={":id": text(self._keys.provider(provider_message_id))},
            Limit=1,
        )
        row = next(rows, None)
        return read_key(self._keys, row) if row else None

    def due_notifications(self, now: datetime) -> Iterator[NotificationKey]:
        """See `NotificationStore.due_notifications`."""
        for queue, urgency, grace in waiting_places(self._keys):
            for row in self._table.due(queue, now - grace):
                yield read_key(self._keys, row, urgency)

    def unsent_to(self, party_key: str) -> Iterator[Notification]:
        """See `NotificationStore.unsent_to`; each as it is stored now."""
        pages = self._table.answers(
            IndexName="by_party",
            KeyConditionExpression="party_key = :party",
            ExpressionAttributeValues={":party": text(self._keys.unsent(party_key))},
        )
        for page, _ in pages:
            for item in self._table.batch([{"pk": row["pk"], "sk": row["sk"]} for row in page]):
                if string(item, "status") == DeliveryStatus.QUEUED:
                    yield read_notification(self._keys, item)

    def cancel(self, key: NotificationKey, now: datetime, reason: str) -> bool:
        """See `NotificationStore.cancel`."""
        sets: dict[str, Value | None] = {
            "#status": text(DeliveryStatus.CANCELLED),
            "reason": text(reason) if reason else None,
            "settled_at": text(moment(now)),
        }
        expression, values = assign(sets, OUT_OF_LISTS)
        queued = {":queued": text(DeliveryStatus.QUEUED)}
        return self._update(key, expression, "#status = :queued", values | queued).is_ours

    def _update(
        self,
        key: NotificationKey,
        expression: str,
        condition: str,
        values: Mapping[str, Value],
        together_with: Sequence[Mapping[str, Any]] = (),
    ) -> Stored:
        mark = secrets.token_hex(8)
        request: dict[str, Any] = {
            "Key": notification_key(self._keys, key.ticket_id, key.notification_id),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {**values, ":mine": text(mark)},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if together_with:
            return self._update_both(request, together_with, mark)
        request["ReturnValues"] = "ALL_NEW"
        try:
            return Stored(self._table.update(**request)["Attributes"], is_ours=True)
        except ClientError as error:
            if code_of(error) != CONDITION_ERROR:
                raise
            stored = error.response.get("Item") or {}
            return Stored(stored, is_ours=string(stored, "step_id") == mark)

    def _update_both(
        self, request: Mapping[str, Any], others: Sequence[Mapping[str, Any]], mark: str
    ) -> Stored:
        first = {"Update": {**request, "TableName": self._table.name}}
        try:
            self._table.write([first, *({"Update": other} for other in others)], mark)
        except ClientError as error:
            reasons = reasons_of(error)
            if not reasons or reasons[0].get("Code") != CONDITION:
                raise
            stored = reasons[0].get("Item") or {}
            return Stored(stored, is_ours=string(stored, "step_id") == mark)
        return Stored({}, is_ours=True)
