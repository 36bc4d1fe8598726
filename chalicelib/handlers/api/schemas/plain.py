"""Plain data of our records, as `shapes` describes it; knows no request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.identity.accounts import Act, Staff
from chalicelib.messages import Attachment, Party
from chalicelib.tickets.casework.incidents import MOST_LISTED
from chalicelib.tickets.model.records import (
    AuditRecord,
    Casefile,
    HandledMessage,
    Notification,
    Parked,
)
from chalicelib.tickets.model.ticket import Actor, Entry, Ticket
from chalicelib.tickets.ports import CatalogItem, People

Json = dict[str, Any]
_SAME = [
    "ticket_id",
    "version",
    "status_notes",
    "service_code",
    "service_name",
    "agency_code",
    "locale",
    "subject",
    "description",
    "address",
    "lat",
    "long",
    "is_public",
    "is_confirmed",
    "merged_into",
    "part_of",
    "side",
    "follows",
    "me_too",
    "escalation_level",
]
_MOMENTS = [
    "requested_at",
    "updated_at",
    "first_response_due_at",
    "first_responded_at",
    "due_at",
    "resolved_at",
    "closed_at",
    "next_action_at",
]


def plain(value: Any) -> Any:
    """JSON values of anything that an entry's data may hold."""
    return json.loads(json.dumps(_unfrozen(value), default=str))


def _unfrozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _unfrozen(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_unfrozen(item) for item in value]
    return value


def moment(at: datetime | None) -> str | None:
    """A moment as ISO 8601, or None."""
    return at.isoformat() if at else None


def ticket(found: Ticket, people: People) -> Json:
    """A ticket as `TicketShape`."""
    return {
        "assignee": people.label(found.assignee) if found.assignee else "",
        "assignee_id": found.assignee,
        **{name: getattr(found, name) for name in _SAME},
        **{name: moment(getattr(found, name)) for name in _MOMENTS},
        "status": str(found.status),
        "next_statuses": sorted(map(str, found.next_statuses)),
        "priority": str(found.priority),
        "channel": str(found.channel),
        "requester": party(found.requester),
        "attributes": plain(found.attributes),
        "attachments": [file(a) for a in found.attachments],
        "media_urls": list(found.media_urls),
        "tags": list(found.tags),
        "linked_to": list(found.linked_to[:MOST_LISTED]),
        "asked_sides": list(found.asked_sides),
    }


def parked(found: Parked) -> Json:
    """A parked ticket as `ParkedTicket`."""
    return {
        "ticket_id": found.ticket_id,
        "what": found.what,
        "at": moment(found.at),
        "is_newer": found.is_newer,
    }


def party(found: Party) -> Json:
    """A party as `PartyShape`."""
    return {"name": found.name, "email": found.email, "phone": found.phone}


def file(found: Attachment) -> Json:
    """A file as `FileShape`."""
    names = ("filename", "content_type", "size", "digest")
    return {name: getattr(found, name) for name in names}


def actor(found: Actor) -> Json:
    """An actor as `ActorShape`."""
    return {"kind": found.kind, "key": found.key, "name": found.name}


def entry(found: Entry) -> Json:
    """An entry as `EntryShape`."""
    return {
        "number": found.number,
        "kind": found.kind,
        "at": moment(found.at),
        "actor": actor(found.actor),
        "visibility": str(found.visibility),
        "text": found.text,
        "data": plain(found.data),
        "attachments": [file(a) for a in found.attachments],
        "channel": str(found.channel),
        "is_verified": found.is_verified,
        "is_cut": found.is_cut,
    }


def notification(found: Notification) -> Json:
    """A notification as `NotificationShape`."""
    return {
        "notification_id": found.notification_id,
        "entry": found.entry,
        "notice": found.notice,
        "audience": str(found.audience),
        "channel": str(found.channel),
        "recipient": found.recipient.address(found.channel) or "",
        "locale": found.locale,
        "status": str(found.status),
        "reason": found.reason,
        "attempts": found.attempts,
        "created_at": moment(found.created_at),
        "sent_at": moment(found.sent_at),
        "settled_at": moment(found.settled_at),
        "next_attempt_at": moment(found.due_at),
    }


def case(found: Casefile, people: People) -> Json:
    """A casefile as `CaseShape`."""
    return {
        "ticket": ticket(found.ticket, people),
        "entries": [entry(e) for e in found.entries],
        "notifications": [notification(n) for n in found.notifications],
        "has_more_notifications": found.has_more_messages,
        "next_token": found.next_token,
    }


def message_key(found: HandledMessage) -> str:
    """How the desk names a handled message."""
    return f"{found.channel}:{found.message_id}"


def held(found: HandledMessage) -> Json:
    """A quarantined message as `HeldMessage`."""
    return {
        "message_key": message_key(found),
        "channel": str(found.channel),
        "received_at": moment(found.at),
        "reason": found.reason,
        "sender": found.sender_key,
        "sender_name": found.sender_name,
        "is_proven": found.is_proven,
        "subject": found.subject,
        "text": found.text,
        "has_raw": bool(found.raw_key),
    }


def item(found: CatalogItem) -> Json:
    """A catalogue item as `CatalogShape`."""
    return {
        "kind": found.kind,
        "code": found.code,
        "version": found.version,
        "body": plain(found.body),
        "author": found.author,
        "note": found.note,
        "at": moment(found.at),
        "is_deleted": found.is_deleted,
    }


def audit(found: AuditRecord) -> Json:
    """An audit record as `AuditShape`."""
    return {
        "audit_id": found.audit_id,
        "at": moment(found.at),
        "actor": actor(found.actor),
        "action": found.action,
        "subject": found.subject,
        "data": plain(found.data),
    }


def person(found: Staff) -> Json:
    """A colleague as `Person`."""
    return {
        "sub": found.sub,
        "username": found.username,
        "name": found.name,
        "roles": sorted(found.roles),
        "agency_codes": list(found.agency_codes),
    }


def myself(found: Staff) -> Json:
    """The signed-in person as `Myself`."""
    acts = sorted(act.value for act in Act if found.may(act))
    return {**person(found), "email": found.email, "may": acts}
