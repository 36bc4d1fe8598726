"""Handled messages, contacts and audit records as items and back; knows keys and codecs, no client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from chalicelib.messages import Channel
from chalicelib.tickets.catalog.allowances import CITY, ROWS, current_row
from chalicelib.tickets.dynamodb.items.codec import (
    SCHEMA,
    SCHEMA_NAME,
    Body,
    Item,
    Value,
    at,
    carrying,
    integer,
    maybe,
    number,
    pack,
    pack_actor,
    pack_attachments,
    string,
    text,
    unpack,
    unpack_attachments,
    when,
)
from chalicelib.tickets.dynamodb.items.keys import (
    ALLOWANCE,
    CONTACT,
    CONTENT,
    MESSAGE,
    Keys,
    bounded,
    moment,
)
from chalicelib.tickets.model.later import Carried, spoken
from chalicelib.tickets.model.records import Allowance, AuditRecord, Contact, HandledMessage
from chalicelib.tickets.model.ticket import Actor
from chalicelib.tickets.ports import CityUse

QUARANTINED = "quarantined"
MESSAGE_OPTIONAL = frozenset({"ticket_id", "content_digest", "queue_key", "queue_at"})
CONTACT_OPTIONAL = frozenset({"queue_key", "queue_at"})
LONGEST_TEXT = 60_000  # characters kept with a handled message; the whole is in the raw mail


def message_key(keys: Keys, channel: Channel, message_id: str) -> Item:
    """The primary key of a handled message."""
    return {"pk": text(keys.message(channel, message_id)), "sk": text(MESSAGE)}


def message_item(keys: Keys, message: HandledMessage, write_id: str) -> Item:
    """The durable proof; a quarantined one with its place in the list of staff."""
    item = message_key(keys, message.channel, message.message_id)
    item |= {
        "write_id": text(write_id),
        "outcome": text(message.outcome),
    }
    for name in ("ticket_id", "content_digest"):
        if value := getattr(message, name):
            item[name] = text(value)
    if message.outcome == QUARANTINED:
        item["queue_key"] = text(keys.quarantine)
        item["queue_at"] = text(f"{moment(message.at)}#{item['pk']['S']}")
    return carrying(message.carried, item, {"body": _message_body(message)}, MESSAGE_OPTIONAL)


def _message_body(message: HandledMessage) -> Body:
    return {
        "channel": message.channel,
        "message_id": message.message_id,
        "at": moment(message.at),
        "reason": message.reason,
        "raw_key": message.raw_key,
        "sender_key": message.sender_key,
        "sender_name": message.sender_name,
        "subject": message.subject,
        "text": message.text[:LONGEST_TEXT],
        "is_proven": message.is_proven,
        "attachments": pack_attachments(
            message.attachments, message.carried.bodies.get("body", {}).get("attachments", ())
        ),
    }


def read_message(item: Mapping[str, Value]) -> HandledMessage:
    """The handled message in `item`."""
    body = unpack(item, "body")
    return HandledMessage(
        channel=spoken(Channel, body["channel"]),
        message_id=body.get("message_id", ""),
        outcome=string(item, "outcome"),
        at=at(body["at"]),
        reason=body.get("reason", ""),
        ticket_id=string(item, "ticket_id"),
        content_digest=string(item, "content_digest"),
        raw_key=body.get("raw_key", ""),
        sender_key=body.get("sender_key", ""),
        sender_name=body.get("sender_name", ""),
        subject=body.get("subject", ""),
        text=body.get("text", ""),
        is_proven=body.get("is_proven", False),
        attachments=unpack_attachments(body.get("attachments")),
        carried=Carried(item, {"body": body}),
    )


def content_item(keys: Keys, message: HandledMessage, write_id: str) -> Item:
    """The guard against the same content under another id (one mail to two of our addresses)."""
    item: Item = {
        "pk": text(keys.content(message.content_digest)),
        "sk": text(CONTENT),
        "write_id": text(write_id),
        "outcome": text(message.outcome),
    }
    if message.ticket_id:
        item["ticket_id"] = text(message.ticket_id)
    return item


def contact_key(keys: Keys, party_key: str) -> Item:
    """The primary key of a contact."""
    return {"pk": text(keys.party(party_key)), "sk": text(CONTACT)}


def contact_item(keys: Keys, contact: Contact, write_id: str) -> Item:
    """The contact as the next version will be stored."""
    item = contact_key(keys, contact.key) | {
        "version": number(contact.version + 1),
        "write_id": text(write_id),
    }
    for channel, reason in contact.suppressed.items():
        item[suppression(channel)] = text(reason)
    if contact.suppressed:  # its place in the list of staff
        changed = moment(contact.updated_at) if contact.updated_at else ""
        item["queue_key"] = text(keys.suppressed)
        item["queue_at"] = text(f"{changed}#{bounded(contact.key)}")
    lifted = {name for name in contact.carried.item if name.startswith(suppression(""))}
    return carrying(
        contact.carried, item, {"body": _contact_body(contact)}, CONTACT_OPTIONAL | lifted
    )


def suppression(channel: str) -> str:
    """The attribute of a contact that says why nothing is sent there on `channel`."""
    return f"no_{channel}"


def allowance_key(keys: Keys, allowance: Allowance, write_id: str) -> Item:
    """The primary key of a count; the city's are spread like all that everybody adds to."""
    name = f"{ALLOWANCE}{allowance.channel}#{allowance.bucket}"
    shard = keys.crc(write_id) % keys.spread if allowance.key == CITY else 0
    return {
        "pk": text(keys.city if allowance.key == CITY else keys.party(allowance.key)),
        "sk": text(f"{name}#{shard}" if shard else name),
    }


def share_of(keys: Keys, allowance: Allowance) -> int:
    """The part of its limit that one count may take, rounded up where they are several."""
    return -(-allowance.limit // keys.spread) if allowance.key == CITY else allowance.limit


def city_use(rows: Iterable[Mapping[str, Value]], now: datetime) -> CityUse:
    """What the city's counts say that are of `now`."""
    taken: Counter[str] = Counter()
    over: Counter[str] = Counter()
    for row in rows:
        sort_key = string(row, "sk")
        if sort_key == over_key(now):
            over.update({n: integer(row, n) for n in row if n in ROWS})
        elif found := current_row(sort_key.rpartition(ALLOWANCE)[2].partition("#")[2], now):
            taken[found.name] += integer(row, "used")
    return CityUse(taken, over)


def over_key(now: datetime) -> str:
    """Where it is counted how often allowances were used up on a day."""
    return f"OVER#{now:%Y-%m-%d}"


def _contact_body(contact: Contact) -> Body:
    return {
        "key": contact.key,
        "locale": contact.locale,
        "preferred_channel": contact.preferred_channel,
        "suppressed": contact.suppressed,
        "conversation": contact.conversation,
        "conversation_ends_at": maybe(contact.conversation_ends_at),
        "answered": contact.answered,
        "soft_bounces": contact.soft_bounces,
        "released_at": maybe(contact.released_at),
        "wish_at": maybe(contact.wish_at),
        "threads": contact.threads,
        "question": contact.question,
        "purposes": contact.purposes,
        "quiet_hours": contact.quiet_hours,
        "consents": contact.consents,
        "is_business": contact.is_business,
        "timezone": contact.timezone,
        "updated_at": maybe(contact.updated_at),
    }


def read_contact(item: Mapping[str, Value]) -> Contact:
    """The contact in `item`."""
    body = unpack(item, "body")
    channel = body.get("preferred_channel")
    return Contact(
        key=body["key"],
        locale=body.get("locale", ""),
        preferred_channel=spoken(Channel, channel) if channel else None,
        suppressed=body.get("suppressed", {}),
        conversation=body.get("conversation", ""),
        conversation_ends_at=when(body.get("conversation_ends_at")),
        answered=body.get("answered", {}),
        soft_bounces=body.get("soft_bounces", {}),
        released_at=when(body.get("released_at")),
        wish_at=when(body.get("wish_at")),
        threads=tuple(body.get("threads", ())),
        question=body.get("question", {}),
        purposes=body.get("purposes", {}),
        quiet_hours=body.get("quiet_hours", ""),
        consents=tuple(body.get("consents", ())),
        is_business=body.get("is_business", False),
        timezone=body.get("timezone", ""),
        updated_at=when(body.get("updated_at")),
        version=integer(item, "version"),
        carried=Carried(item, {"body": body}),
    )


def audit_item(keys: Keys, record: AuditRecord, write_id: str) -> Item:
    """One line of the audit trail."""
    return {
        "pk": text(keys.audit(record.audit_id)),
        "sk": text(f"{moment(record.at)}#{record.audit_id}"),
        "write_id": text(write_id),
        SCHEMA_NAME: number(SCHEMA),
        "body": pack(
            {
                "actor": pack_actor(record.actor),
                "action": record.action,
                "subject": record.subject,
                "data": record.data,
            }
        ),
    }


def read_audit(item: Mapping[str, Value]) -> AuditRecord:
    """The audit record in `item`."""
    body = unpack(item, "body")
    moment_, _, audit_id = item["sk"]["S"].partition("#")
    return AuditRecord(
        audit_id=audit_id,
        at=at(moment_),
        actor=Actor(*body["actor"][:3]),
        action=body["action"],
        subject=body.get("subject", ""),
        data=body.get("data", {}),
    )
