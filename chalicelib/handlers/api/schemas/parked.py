"""What the staff API answers about tickets that cannot be read."""

from __future__ import annotations

from chalicelib.handlers.api.schemas.exact import Shape


class ParkedTicket(Shape):
    """What is wrong with it, since when that is known, and whether a later release wrote it."""

    ticket_id: str
    what: str
    at: str | None
    is_newer: bool


class ParkedTickets(Shape):
    """Tickets that cannot be read, by reference."""

    tickets: list[ParkedTicket]


class Unparked(Shape):
    """Tickets that can be read again."""

    ticket_ids: list[str]
