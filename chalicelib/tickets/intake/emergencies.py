"""What is no matter for this desk: found in words and services, marked on a ticket; knows no channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from chalicelib.messages import InboundMessage, Nature
from chalicelib.tickets.catalog import Catalog, fold
from chalicelib.tickets.model.ticket import Priority, Ticket
from chalicelib.tickets.model.wording import mentions

EMERGENCY = "emergency"  # the tag on a ticket, and the name of the fact on an entry
CLEARED = (
    "no_emergency"  # the intent of somebody who read the number and says that nobody is in danger
)
# The catalogue's own words, which come again with every message; never a citizen's.
_folded = lru_cache(maxsize=1024)(fold)


@dataclass(frozen=True, slots=True)
class Danger:
    """Whom to call instead of writing here, and what the city says about it in each language."""

    number: str
    text: Mapping[str, str]


def danger_in(text: str, service_code: str, catalog: Catalog) -> Danger | None:
    """Whom to call about these words or this service; None when they are for this desk."""
    service, policy = catalog.services.get(service_code), catalog.policy
    if service and service.emergency_number:
        return Danger(service.emergency_number, service.emergency_text or policy.emergency_text)
    if is_emergency(text, policy.emergency_words):
        return Danger(policy.emergency_number, policy.emergency_text)
    return None


def is_emergency(text: str, emergency_words: Mapping[str, Sequence[str]]) -> bool:
    """Whether a text says, in any language, what is no matter for this desk."""
    folded = fold(text)
    said = (_folded(word) for each in emergency_words.values() for word in each)
    return any(mentions(folded, word) for word in said)


def mark(
    message: InboundMessage, ticket: Ticket, catalog: Catalog, service_code: str = ""
) -> dict[str, str]:
    """Mark `ticket` when `message` speaks of danger; the fact for its entry, with the number to call.

    What a machine wrote marks nothing, nor does somebody who has seen the number and said no.
    """
    if message.nature is not Nature.HUMAN or message.intent == CLEARED:
        return {}
    danger = danger_in(f"{message.subject}\n{message.text}", service_code, catalog)
    if danger is None:
        return {}
    ticket.priority = Priority.P1
    ticket.tags = (*(tag for tag in ticket.tags if tag != EMERGENCY), EMERGENCY)
    return {EMERGENCY: danger.number}


def unmark(ticket: Ticket, catalog: Catalog) -> None:
    """It is none: the ticket is as urgent as its service again."""
    service = catalog.services.get(ticket.service_code)
    ticket.tags = tuple(tag for tag in ticket.tags if tag != EMERGENCY)
    ticket.priority = Priority(service.priority) if service else Priority.P3
