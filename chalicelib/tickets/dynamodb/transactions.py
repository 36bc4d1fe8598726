"""A `Change` as one transaction, and what its refusal means; calls nothing itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from chalicelib.errors import AllowanceUsedUp, DuplicateMessage, MessageConflict, StaleTicket
from chalicelib.messages import Channel
from chalicelib.tickets.dynamodb.counting import written
from chalicelib.tickets.dynamodb.errors import CONDITION, reasons_of
from chalicelib.tickets.dynamodb.items.callbacks import callback_item
from chalicelib.tickets.dynamodb.items.codec import Item, Value, integer, number, string, text
from chalicelib.tickets.dynamodb.items.entries import entry_items
from chalicelib.tickets.dynamodb.items.followers import follower_item, move_update
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.items.members import member_update
from chalicelib.tickets.dynamodb.items.notifications import notification_item, notification_key
from chalicelib.tickets.dynamodb.items.records import (
    allowance_key,
    audit_item,
    contact_item,
    contact_key,
    content_item,
    message_item,
    share_of,
    suppression,
)
from chalicelib.tickets.dynamodb.items.tickets import ticket_item
from chalicelib.tickets.model.records import Allowance, Change, DeliveryStatus

MOST_ITEMS = 100  # what DynamoDB takes in one transaction
LIGHT = ("allowance", "wish", "cancelled")  # named only when nothing weightier failed
USED_UP = {
    "allowance": "This address has had its share of messages for now.",
    "wish": "This address is not written to on this channel.",
}
ABSENT = "attribute_not_exists(pk)"


class Write(NamedTuple):
    """One item of a transaction. `about` says what its failed condition means; `name` which one."""

    about: str
    request: Mapping[str, Any]
    name: str = ""
    content_digest: str = ""


class Transaction:
    """All writes of one change, under one `write_id`. Raises `ValueError` when they are too many."""

    def __init__(self, table: str, keys: Keys, change: Change, write_id: str) -> None:
        self._table = table
        self._keys = keys
        self._write_id = write_id
        self.writes = list(self._all(change))
        if len(self.writes) > MOST_ITEMS:
            raise ValueError(
                f"A change of {len(self.writes)} items is too large; split it into several of"
                f" at most {MOST_ITEMS}."
            )

    @property
    def items(self) -> list[Mapping[str, Any]]:
        """What `transact_write_items` takes."""
        return [write.request for write in self.writes]

    @property
    def token(self) -> str:
        """Names this very set of writes, so that DynamoDB itself forgives a repetition."""
        return f"{self._write_id}-{len(self.writes)}"

    def _all(self, change: Change) -> Iterator[Write]:
        yield from self._message(change)
        yield from self._tickets(change)
        for notification in change.notifications:
            item = notification_item(self._keys, notification, self._write_id)
            yield self._put("notification", item, ABSENT)
        for count in written(self._table, self._keys, change.notifications):
            yield Write("count", {"Update": count})
        for contact in change.contacts:
            item = contact_item(self._keys, contact, self._write_id)
            yield self._versioned("contact", item, contact.version, contact.key)
        for member in change.members:
            update = {"TableName": self._table, **member_update(self._keys, member)}
            yield Write("member", {"Update": update})
        yield from self._followers(change)
        yield from self._allowances(change)
        for record in change.audit:
            yield self._put("audit", audit_item(self._keys, record, self._write_id), ABSENT)
        for callback in change.callbacks:
            yield self._put("callback", callback_item(self._keys, callback, self._write_id), ABSENT)
        if change.ticket:
            for notification_id in change.cancelled:
                yield self._cancel(change.ticket.ticket_id, notification_id)

    def _message(self, change: Change) -> Iterator[Write]:
        message = change.message
        if not message:
            return
        item = message_item(self._keys, message, self._write_id)
        digest = message.content_digest
        if change.message_was:
            yield self._replaced(item, change.message_was, message.message_id)
        else:
            yield self._put("message", item, ABSENT, message.message_id, digest)
        if (
            digest and message.channel is Channel.EMAIL
        ):  # elsewhere the id alone is the sender's key
            guard = content_item(self._keys, message, self._write_id)
            if change.message_was:
                yield self._renewed(guard)
            else:
                yield self._put("content", guard, ABSENT, message.message_id, digest)

    def _renewed(self, guard: Item) -> Write:
        given = {name: value for name, value in guard.items() if name not in ("pk", "sk")}
        update = {
            "TableName": self._table,
            "Key": {"pk": guard["pk"], "sk": guard["sk"]},
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in given),
            "ExpressionAttributeNames": {f"#{name}": name for name in given},
            "ExpressionAttributeValues": {f":{name}": value for name, value in given.items()},
        }
        return Write("content", {"Update": update})

    def _replaced(self, item: Item, outcome: str, name: str) -> Write:
        put = self._request(item, "outcome = :was") | {
            "ExpressionAttributeValues": {":was": text(outcome)}
        }
        return Write("released message", {"Put": put}, name)

    def _tickets(self, change: Change) -> Iterator[Write]:
        for ticket in [change.ticket, *change.linked] if change.ticket else change.linked:
            item = ticket_item(self._keys, ticket, self._write_id)
            yield self._versioned("ticket", item, ticket.version, ticket.ticket_id)
            for entry in ticket.new_entries:
                for row in entry_items(self._keys, ticket.ticket_id, entry, self._write_id):
                    yield self._put("entry", row, ABSENT)

    def _followers(self, change: Change) -> Iterator[Write]:
        for each in change.followers:
            yield self._put("follower", follower_item(self._keys, each, self._write_id), "")
        for move in change.moves:
            update = {"TableName": self._table, **move_update(self._keys, move)}
            yield Write("move", {"Update": update})

    def _allowances(self, change: Change) -> Iterator[Write]:
        known = {contact.key for contact in change.contacts}
        asked: set[tuple[str, str]] = set()
        for allowance, count in Counter(change.allowances).items():
            yield self._counted(allowance, count)
            place = (allowance.key, allowance.channel)
            if allowance.asks_wish and allowance.key not in known and place not in asked:
                asked.add(place)
                yield self._wanted(allowance)

    def _counted(self, allowance: Allowance, count: int) -> Write:
        update = {
            "TableName": self._table,
            "Key": allowance_key(self._keys, allowance, self._write_id),
            "UpdateExpression": "SET used = if_not_exists(used, :none) + :count,"
            " expires_at = :expires, write_id = :mine",
            "ConditionExpression": "attribute_not_exists(used) OR used <= :room",
            "ExpressionAttributeValues": {
                ":none": number(0),
                ":count": number(count),
                ":room": number(share_of(self._keys, allowance) - count),
                ":expires": number(int(allowance.expires_at.timestamp())),
                ":mine": text(self._write_id),
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return Write("allowance", {"Update": update}, allowance.bucket)

    def _wanted(self, allowance: Allowance) -> Write:
        check = {
            "TableName": self._table,
            "Key": contact_key(self._keys, allowance.key),
            "ConditionExpression": "attribute_not_exists(#none)",
            "ExpressionAttributeNames": {"#none": suppression(allowance.channel)},
        }
        return Write("wish", {"ConditionCheck": check}, allowance.channel)

    def _put(
        self, about: str, item: Item, condition: str, name: str = "", digest: str = ""
    ) -> Write:
        return Write(about, {"Put": self._request(item, condition)}, name, digest)

    def _versioned(self, about: str, item: Item, version: int, name: str) -> Write:
        if not version:
            return self._put(about, item, ABSENT, name)
        put = self._request(item, "version = :version") | {
            "ExpressionAttributeValues": {":version": number(version)}
        }
        return Write(about, {"Put": put}, name)

    def _request(self, item: Item, condition: str) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        if condition:
            put["ConditionExpression"] = condition
            put["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return put

    def _cancel(self, ticket_id: str, notification_id: str) -> Write:
        update = {
            "TableName": self._table,
            "Key": notification_key(self._keys, ticket_id, notification_id),
            "UpdateExpression": "SET #status = :cancelled, write_id = :mine"
            " REMOVE due_queue, next_action_at, party_key, party_at",
            "ConditionExpression": "#status = :queued",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":cancelled": text(DeliveryStatus.CANCELLED),
                ":queued": text(DeliveryStatus.QUEUED),
                ":mine": text(self._write_id),
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return Write("cancelled", {"Update": update}, notification_id)

    def check(self, error: ClientError) -> None:
        """Return when the refusal is of our own earlier attempt, or only of cancellations.

        Those are dropped from `writes`, since what has left cannot be held back; what remains is to
        be written again. Else raises what the refusal means.
        """
        failed = [
            (write, reason.get("Item") or {})
            for write, reason in zip(self.writes, reasons_of(error), strict=False)
            if reason.get("Code") == CONDITION
        ]
        if not failed:
            raise error
        if any(string(item, "write_id") == self._write_id for _, item in failed):
            self.writes = []
            return
        for write, item in sorted(failed, key=lambda pair: pair[0].about in LIGHT):
            if write.about != "cancelled":
                raise _refusal(write, item) from error
        gone = {write.name for write, _ in failed}
        self.writes = [w for w in self.writes if w.about != "cancelled" or w.name not in gone]


def _refusal(write: Write, stored: Mapping[str, Value]) -> Exception:
    if write.about == "message":
        return _repeated(write, stored)
    if write.about in ("allowance", "wish"):
        bucket = write.name if write.about == "allowance" else ""
        return AllowanceUsedUp(USED_UP[write.about], bucket)
    if write.about == "content":
        return _duplicate("The same content was handled before, under another id.", stored)
    version = integer(stored, "version") or None
    return StaleTicket(
        f"The {write.about} {write.name} was saved by somebody else; read it again.", version
    )


def _repeated(write: Write, stored: Mapping[str, Value]) -> Exception:
    digest = string(stored, "content_digest")
    if digest and write.content_digest and digest != write.content_digest:
        return MessageConflict(
            f"Another message was handled under the id {write.name!r}; a person must look at both."
        )
    return _duplicate("This message was handled before.", stored)


def _duplicate(message: str, stored: Mapping[str, Value]) -> DuplicateMessage:
    return DuplicateMessage(message, string(stored, "ticket_id") or None, string(stored, "outcome"))
