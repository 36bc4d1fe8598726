"""Merging by form: reports of the same matter joined and taken apart; decides nothing itself."""

from __future__ import annotations

from chalicelib.handlers.api import acts
from chalicelib.handlers.api.acts import Work
from chalicelib.handlers.console.desk.ticket_acts import act
from chalicelib.handlers.http import Form, Services
from chalicelib.identity.accounts import Staff
from chalicelib.tickets.model.ticket import Ticket


def alike(services: Services, staff: Staff, ticket: Ticket) -> list[Ticket]:
    """Reports that this one may be joined to and that this person may see."""
    if not ticket.is_open or ticket.follows or ticket.me_too:
        return []
    return [t for t in services.duplicates.of(ticket) if staff.serves(t.agency_code)]


@act
def join(work: Work, form: Form) -> Ticket:
    """It is the same matter as another report."""
    return acts.join(work, form.get("main"))


@act
def split(work: Work, _: Form) -> Ticket:
    """It is a matter of its own."""
    return work.services.merging.split(work.ticket_id, work.actor, version=work.version)
