"""Notifications as items and back; knows keys and codecs, no client.

What delivery changes is in attributes of their own, so that each step is one update; what never
changes is packed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chalicelib import logs
from chalicelib.errors import UNREADABLE as DAMAGE
from chalicelib.messages import Audience, Channel, Party
from chalicelib.tickets.dynamodb.items.codec import (
    EPOCH,
    SCHEMA,
    SCHEMA_NAME,
    Body,
    Item,
    Value,
    at,
    integer,
    is_newer,
    number,
    pack,
    pack_party,
    string,
    text,
    unpack,
    unpack_party,
    when,
)
from chalicelib.tickets.dynamodb.items.keys import NOTIFICATION, Keys, moment
from chalicelib.tickets.model.later import is_known, spoken
from chalicelib.tickets.model.receipts import GRACES, ORDINARY
from chalicelib.tickets.model.records import UNREADABLE, DeliveryStatus, Notification
from chalicelib.tickets.ports import NotificationKey

log = logs.Log(__name__)

CASES = "cases"
IN_DOUBT = frozenset({DeliveryStatus.CLAIMED, DeliveryStatus.UNKNOWN})


def notification_key(keys: Keys, ticket_id: str, notification_id: str) -> Item:
    """The primary key of a notification."""
    return {
        "pk": text(keys.ticket(ticket_id)),
        "sk": text(f"{NOTIFICATION}{notification_id}"),
    }


def read_key(keys: Keys, item: Mapping[str, Value], urgency: str = "") -> NotificationKey:
    """What names the notification in `item`, whose urgency only its place tells."""
    notification_id = item["sk"]["S"].removeprefix(NOTIFICATION)
    due_at = at(item["next_action_at"]["S"]) if "next_action_at" in item else None
    return NotificationKey(keys.ticket_id(item["pk"]["S"]), notification_id, urgency, due_at)


def notification_item(keys: Keys, notification: Notification, write_id: str) -> Item:
    """A new notification; a queued one with its places in the due and the unsent index."""
    item = notification_key(keys, notification.ticket_id, notification.notification_id)
    item["write_id"] = text(write_id)
    item[SCHEMA_NAME] = number(SCHEMA)
    item["status"] = text(notification.status)
    item["body"] = pack(_body(notification))
    if notification.reason:
        item["reason"] = text(notification.reason)
    if notification.settled_at:
        item["settled_at"] = text(moment(notification.settled_at))
    if notification.sent_at:
        item["sent_at"] = text(moment(notification.sent_at))
    if notification.provider_message_id:
        item["provider_message_id"] = text(notification.provider_message_id)
        item["provider_key"] = text(keys.provider(notification.provider_message_id))
    if notification.joined:
        item["joined"] = pack({"lines": notification.joined})
    if notification.status is DeliveryStatus.QUEUED:
        item |= _queued(keys, notification)
    return item


def _queued(keys: Keys, notification: Notification) -> Item:
    """One that leaves at once is the sweep's business only when its grace is over. Until then its place in
    the index stands still, whatever happens to it; `free_at` says who may claim it."""
    at_once = notification.created_at
    is_fresh = (notification.due_at or at_once) <= at_once
    due_at = at_once + GRACES[notification.urgency] if is_fresh else notification.due_at
    shard = keys.shard(notification.notification_id)
    item: Item = {
        "due_queue": text(keys.deliveries(shard, notification.urgency)),
        "next_action_at": text(moment(due_at or at_once)),
        "lease": number(notification.lease),
        "attempts": number(notification.attempts),
    }
    if is_fresh:
        item["free_at"] = text(moment(at_once))
    return item | unsent_place(keys, notification)


def unsent_place(keys: Keys, notification: Notification) -> Item:
    """Where it is looked for when its recipient is to get nothing more."""
    if not notification.recipient.key:
        return {}
    return {
        "party_key": text(keys.unsent(notification.recipient.key)),
        "party_at": text(moment(notification.created_at)),
    }


def free_at(item: Mapping[str, Value]) -> datetime | None:
    """When it may next be claimed, or an accepted one looked after; None for never."""
    due, free = string(item, "next_action_at"), string(item, "free_at")
    if due and free and "claimed_from" not in item:
        return when(free)
    if string(item, "status") == DeliveryStatus.CLAIMED:
        due = max(due, free)
    return when(due)


def _body(notification: Notification) -> Body:
    return {
        "notice": notification.notice,
        "audience": notification.audience,
        "channel": notification.channel,
        "recipient": pack_party(notification.recipient),
        "locale": notification.locale,
        "created_at": moment(notification.created_at),
        "entry": notification.entry or None,
        "context": notification.context,
        "template_version": notification.template_version or None,
        "in_reply_to": notification.in_reply_to,
        "reply_turn": notification.reply_turn or None,
        "urgency": "" if notification.urgency == ORDINARY else notification.urgency,
        "purpose": "" if notification.purpose == CASES else notification.purpose,
        "quiet_hours": notification.quiet_hours,
        "is_held": notification.is_held,
        "tried": notification.tried,
        "template": notification.template,
        "source": notification.source,
        "client_reference": notification.client_reference,
        "is_simulated": notification.is_simulated,
        "timezone": notification.timezone,
        "is_unproven": notification.is_unproven,
    }


def read_notification(keys: Keys, item: Mapping[str, Value]) -> Notification:
    """The notification in `item`; one of the notice `UNREADABLE` where that cannot be read."""
    try:
        return _read(keys, item)
    except DAMAGE:
        key = read_key(keys, item)
        log.error(
            "a notification cannot be read",
            ticket_id=key.ticket_id,
            notification_id=key.notification_id,
        )
        return _unreadable(keys, item)


def _unreadable(keys: Keys, item: Mapping[str, Value]) -> Notification:
    """What is left of it: who it was, and where it stands; so that one row stops nothing else."""
    key = read_key(keys, item)
    return Notification(
        notification_id=key.notification_id,
        ticket_id=key.ticket_id,
        jurisdiction_id=keys.jurisdiction_id,
        notice=UNREADABLE,
        audience=Audience.AGENCY,
        channel=Channel.EMAIL,
        recipient=Party(),
        locale="",
        created_at=EPOCH,
        status=spoken(DeliveryStatus, string(item, "status")),
        attempts=integer(item, "attempts"),
        doubts=integer(item, "doubts"),
        lease=integer(item, "lease"),
        reason=string(item, "reason"),
        is_beyond_us=is_newer(item),
    )


def _read(keys: Keys, item: Mapping[str, Value]) -> Notification:
    body, key = unpack(item, "body"), read_key(keys, item)
    audience, channel = spoken(Audience, body["audience"]), spoken(Channel, body["channel"])
    return Notification(
        notification_id=key.notification_id,
        ticket_id=key.ticket_id,
        jurisdiction_id=keys.jurisdiction_id,
        notice=body["notice"],
        audience=audience,
        channel=channel,
        recipient=unpack_party(body.get("recipient")),
        locale=body.get("locale", ""),
        created_at=at(body["created_at"]),
        entry=body.get("entry", 0),
        status=spoken(DeliveryStatus, string(item, "status")),
        context=body.get("context", {}),
        template_version=body.get("template_version", 0),
        attempts=integer(item, "attempts"),
        doubts=integer(item, "doubts"),
        lease=integer(item, "lease"),
        due_at=free_at(item),
        sent_at=when(string(item, "sent_at")),
        settled_at=when(string(item, "settled_at")),
        provider_message_id=string(item, "provider_message_id"),
        in_reply_to=tuple(body.get("in_reply_to", ())),
        reply_turn=body.get("reply_turn", 0),
        reason=string(item, "reason"),
        is_repeat=string(item, "claimed_from") in IN_DOUBT,
        urgency=body.get("urgency", ORDINARY),
        purpose=body.get("purpose", CASES),
        quiet_hours=body.get("quiet_hours", ""),
        is_held=body.get("is_held", False),
        joined=tuple(unpack(item, "joined").get("lines", ())),
        tried=tuple(body.get("tried", ())),
        template=body.get("template", ""),
        source=body.get("source", ""),
        client_reference=body.get("client_reference", ""),
        is_unproven=body.get("is_unproven", False),
        is_simulated=body.get("is_simulated", False),
        timezone=body.get("timezone", ""),
        is_beyond_us=not (is_known(audience) and is_known(channel)),
    )
