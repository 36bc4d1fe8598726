"""The page that stops a report and says whom to call; knows no store."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.handlers.http import Call, form_token, page
from chalicelib.tickets.catalog import words
from chalicelib.tickets.intake.emergencies import danger_in
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.people.links import tracking_secret


def show_number(
    call: Call, service_code: str, locale: str, ticket: Ticket | None = None
) -> Response:
    """Whom to call, and the way on for those who are in no danger.

    With a `ticket` the report was kept already; without one it has not been written yet.
    """
    catalog = call.services.catalog.load()
    spoken = ticket.description if ticket else ""
    danger = danger_in(spoken, service_code, catalog)
    token, headers = form_token(call)
    context = {
        "number": danger.number if danger else catalog.policy.emergency_number,
        "text": words(danger.text if danger else catalog.policy.emergency_text, locale),
        "service_code": service_code,
        "reference": ticket.ticket_id if ticket else "",
        "secret": tracking_secret(call.services.signer, ticket) if ticket else "",
        "is_duty_told": bool(catalog.policy.duty_email),
        "form_token": token,
    }
    return page(call, "citizen/emergency", context, locale=locale, headers=headers)
