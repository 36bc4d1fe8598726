"""Data export: all that the city holds of one person by one report, as plain data for that person; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chalicelib.messages import Attachment
from chalicelib.tickets.model.records import Contact, Notification
from chalicelib.tickets.model.ticket import Entry, Ticket
from chalicelib.tickets.publishing.views import READABLE

FORMAT = "civicline-holdings-1"


def data_export(
    ticket: Ticket,
    pieces: Sequence[Entry | Notification],
    contact: Contact | None,
    now: datetime,
) -> dict[str, Any]:
    """The report, its timeline and files, what was sent, and the choices of its address; of very much a
    part: the further words of a long entry follow it under its number.

    What others wrote for staff alone, who of staff did what, and messages to other people are not the
    requester's and stay out. `contact` is given only for an address that is proven to be theirs.
    """
    shown, moved = READABLE["requester"], ticket.settled.moved
    entries = [e for e in pieces if isinstance(e, Entry)]
    own = [e for e in entries if e.visibility in shown and e.number not in moved]
    messages = [n for n in pieces if isinstance(n, Notification)]
    theirs = ticket.requester.key if ticket.is_confirmed else ""
    sent = [n for n in messages if n.recipient.key == theirs != ""]
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "report": _report(ticket),
        "timeline": [_entry(entry) for entry in own],
        "messages_to_you": [_message(notification) for notification in sent],
        "your_choices": _choices(contact) if contact else None,
        "other_reports": "Each opens with its own link and has its own file; /my sends you the links.",
    }


def _report(ticket: Ticket) -> dict[str, Any]:
    return {
        "reference": ticket.ticket_id,
        "you": _you(ticket),
        "came_by": str(ticket.channel),
        "service_code": ticket.service_code,
        "service_name": ticket.service_name,
        "subject": ticket.subject,
        "description": ticket.description,
        "place": {"address": ticket.address, "lat": ticket.lat, "long": ticket.long},
        "answers": dict(ticket.attributes),
        "links_to_media": list(ticket.media_urls),
        "files": [_file(each) for each in ticket.attachments],
        "status": str(ticket.status),
        "status_notes": ticket.status_notes,
        "agency_code": ticket.agency_code,
        "is_public": ticket.is_public,
        "linked_reports": [*ticket.linked_to, *([ticket.follows] if ticket.follows else [])],
        "requested_at": ticket.requested_at.isoformat(),
        "updated_at": ticket.updated_at.isoformat(),
        "expected_at": _iso(ticket.promised_at or ticket.due_at),
        "resolved_at": _iso(ticket.resolved_at),
        "closed_at": _iso(ticket.closed_at),
    }


def _you(ticket: Ticket) -> dict[str, Any]:
    """Who is written to; of an address that nobody confirmed, nothing: whoever typed it may be another."""
    if not ticket.is_confirmed:
        return {"is_confirmed": False, "language": ticket.locale}
    return {
        "name": ticket.requester.name,
        "email": ticket.requester.email,
        "phone": ticket.requester.phone,
        "is_confirmed": True,
        "language": ticket.locale,
        "written_to_by": str(ticket.preferred_channel),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    by_you = entry.actor.kind == "requester"
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "what": entry.kind,
        "by": "you" if by_you else entry.actor.kind,
        "text": entry.text,
        "came_by": str(entry.channel),
        "files": [_file(each) for each in entry.attachments],
    }


def _message(notification: Notification) -> dict[str, Any]:
    said = ("message", "reason", "description", "expected_at", "reopen_until")
    return {
        "at": notification.created_at.isoformat(),
        "notice": notification.notice,
        "by": str(notification.channel),
        "to": notification.recipient.email or notification.recipient.phone,
        "language": notification.locale,
        "status": str(notification.status),
        "sent_at": _iso(notification.sent_at),
        "said": {name: notification.context[name] for name in said if name in notification.context},
    }


def _choices(contact: Contact) -> dict[str, Any]:
    return {
        "language": contact.locale,
        "purposes": dict(contact.purposes),
        "quiet_hours": contact.quiet_hours,
        "not_written_to": dict(contact.suppressed),
        "log": [dict(line) for line in contact.consents],
    }


def _file(file: Attachment) -> dict[str, Any]:
    return {
        "name": file.filename,
        "type": file.content_type,
        "size": file.size,
        "sha256": file.digest,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
