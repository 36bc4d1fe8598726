"""What is said, and how often, when somebody writes of danger; pure, knows no store."""

from __future__ import annotations

from chalicelib.tickets.catalog import Catalog, Policy, words
from chalicelib.tickets.catalog.allowances import leave
from chalicelib.tickets.model.records import Allowance, Notification
from chalicelib.tickets.model.ticket import Entry, Ticket

NOTICE = "emergency_received"
CODES = frozenset({"confirm_contact", "browser_code"})


def facts(ticket: Ticket, entry: Entry, catalog: Catalog, locale: str) -> dict[str, str]:
    """Whom to call and what the city says about it; nothing for an entry without danger."""
    number = entry.data.get("emergency", "")
    service = catalog.services.get(ticket.service_code)
    texts = (service.emergency_text if service else {}) or catalog.policy.emergency_text
    return {"emergency_number": number, "emergency_text": words(texts, locale)} if number else {}


def cap(n: Notification, policy: Policy, *, is_proven: bool) -> Allowance:
    """The count an automatic answer falls under.

    Whom to call, and the links and codes that prove an address, are counted apart, so that no other answer
    ever uses up their share.
    """
    kind = "danger" if n.notice == NOTICE and is_proven else ""
    name = "answers_per_address_an_hour" if is_proven else "unproven_answers_a_day"
    if n.notice in CODES:
        name = "codes_a_day"
    elif n.notice == NOTICE and not is_proven:
        name = "danger_answers_an_hour"
    return leave(name, policy, n.created_at, n.recipient.key, channel=n.channel, kind=kind)
