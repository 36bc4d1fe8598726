"""What is said, and how often, when somebody writes of danger; pure, knows no store."""

from __future__ import annotations

from chalicelib.tickets.catalog import Catalog, words
from chalicelib.tickets.model.records import Notification
from chalicelib.tickets.model.ticket import Entry, Ticket

NOTICE = "emergency_received"
CONFIRM, CONFIRM_A_DAY = "confirm_contact", 3


def facts(ticket: Ticket, entry: Entry, catalog: Catalog, locale: str) -> dict[str, str]:
    """Whom to call and what the city says about it; nothing for an entry without danger."""
    number = entry.data.get("emergency", "")
    service = catalog.services.get(ticket.service_code)
    texts = (service.emergency_text if service else {}) or catalog.policy.emergency_text
    return {"emergency_number": number, "emergency_text": words(texts, locale)} if number else {}


def cap(notification: Notification, pattern: str, limit: int) -> tuple[str, int]:
    """The count an automatic answer falls under, and its limit.

    Whom to call, and the link that confirms an address, are counted apart, so that no other answer
    ever uses up their share.
    """
    if notification.notice == CONFIRM:
        return notification.created_at.strftime("confirm:%Y-%m-%d"), CONFIRM_A_DAY
    if notification.notice != NOTICE:
        return notification.created_at.strftime(pattern), limit
    return notification.created_at.strftime("danger:%Y-%m-%dT%H"), max(limit, 1)
