"""Tickets, notifications and what belongs to them, ready-made for tests; every field can be given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from chalicelib.messages import Audience, Channel, DeliveryReceipt, Party, ReceiptKind
from chalicelib.tickets.model.records import AuditRecord, HandledMessage, Notification
from chalicelib.tickets.model.ticket import Actor, Ticket

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ANNA = Party(name="Anna Ek", email="anna@example.org")
CLERK = Actor("staff", "clerk@city.example", "Cleo Clerk")
_numbers = count(1)


def a_ticket(**given: Any) -> Ticket:
    """A new ticket of Anna's with its first entry; `entries=False` leaves that out."""
    has_entry = given.pop("entries", True)
    number = next(_numbers)
    facts: dict[str, Any] = {
        "ticket_id": f"SR-TEST-{number:04d}-X",
        "jurisdiction_id": "city.example",
        "channel": Channel.EMAIL,
        "service_code": "pothole",
        "service_name": "Pothole",
        "agency_code": "roads",
        "requester": ANNA,
        "description": "There is a hole in the road.",
        "requested_at": NOW,
        "updated_at": NOW,
        "due_at": NOW + DAY,
    }
    ticket = Ticket(**facts | given)
    if has_entry:
        actor = Actor("requester", ticket.requester.key, ticket.requester.name)
        ticket.record("opened", ticket.requested_at, actor, text=ticket.description)
    return ticket


def a_notification(ticket_id: str = "SR-TEST-0000-X", **given: Any) -> Notification:
    """A queued mail to Anna."""
    facts: dict[str, Any] = {
        "notification_id": f"n{next(_numbers):06d}",
        "ticket_id": ticket_id,
        "jurisdiction_id": "city.example",
        "notice": "ticket_received",
        "audience": Audience.REQUESTER,
        "channel": Channel.EMAIL,
        "recipient": ANNA,
        "locale": "en",
        "created_at": NOW,
    }
    return Notification(**facts | given)


def a_message(**given: Any) -> HandledMessage:
    """The proof that a mail opened a ticket."""
    facts: dict[str, Any] = {
        "channel": Channel.EMAIL,
        "message_id": f"ses-{next(_numbers)}",
        "outcome": "opened",
        "at": NOW,
        "ticket_id": "SR-TEST-0000-X",
    }
    return HandledMessage(**facts | given)


def an_audit_record(**given: Any) -> AuditRecord:
    """One line of the audit trail."""
    facts: dict[str, Any] = {
        "audit_id": f"a{next(_numbers):06d}",
        "at": NOW,
        "actor": CLERK,
        "action": "viewed",
        "subject": "SR-TEST-0000-X",
    }
    return AuditRecord(**facts | given)


def a_receipt(kind: ReceiptKind, notification: Notification, **given: Any) -> DeliveryReceipt:
    """What the provider says about `notification`, with our own tags."""
    facts: dict[str, Any] = {
        "kind": kind,
        "channel": notification.channel,
        "at": NOW,
        "provider_message_id": "ses-out-1",
        "ticket_id": notification.ticket_id,
        "notification_id": notification.notification_id,
    }
    return DeliveryReceipt(**facts | given)
