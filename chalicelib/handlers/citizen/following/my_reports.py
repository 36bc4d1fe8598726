"""My reports: found again by a message to one's address, or by reference and claim code."""

from __future__ import annotations

from collections.abc import Mapping

from chalice.app import Response

from chalicelib.channels.web import parse_address
from chalicelib.errors import AllowanceUsedUp, InvalidRequest, TicketNotFound, TooManyRequests
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.known_browsers import remember
from chalicelib.handlers.citizen.reporting.form import desk_of_form, tracking_path
from chalicelib.handlers.http import Call, api, check_form, form_token, origin_of, page, redirect
from chalicelib.tickets.catalog import words
from chalicelib.tickets.model.references import normalise_ticket_id
from chalicelib.tickets.ports import NotificationKey


@api(routes, "/my", methods=("GET", "POST"), public=True)
def ask_for_cases(call: Call) -> Response:
    """Where to send the list; the answer is the same whether we know the address or not."""
    if call.method != "POST":
        return _ask_page(call)
    check_form(call)
    locale = call.locale(call.services.settings.default_locale)
    try:
        party = parse_address(call.form.get("address"), desk_of_form(call.services, locale))
    except InvalidRequest as error:
        return _ask_page(call, error.fields)
    try:
        call.services.my_reports.ask(party, locale, origin_of(call))
    except AllowanceUsedUp as error:
        raise TooManyRequests("That was asked too often; try again in an hour.", 3_600) from error
    return redirect(call, "/my?sent=yes")


def _ask_page(call: Call, wrong: Mapping[str, str] | None = None) -> Response:
    token, headers = form_token(call)
    context = {
        "is_sent": call.arg("sent") == "yes" and not wrong,
        "wrong": (wrong or {}).get("address", ""),
        "typed": call.form.get("address") if wrong else "",
        "form_token": token,
    }
    return page(call, "citizen/my", context, status=400 if wrong else 200, headers=headers)


@api(routes, "/my/{contact_id}/{notification_id}/{secret}", public=True)
def show_cases(call: Call, contact_id: str, notification_id: str, secret: str) -> Response:
    """The reports of the address that the message went to."""
    tickets = call.services.my_reports.open(NotificationKey(contact_id, notification_id), secret)
    locale = call.locale(call.services.settings.default_locale)
    catalog = call.services.catalog.load()
    rows = [
        {
            "ticket": ticket,
            "url": call.url(tracking_path(call.services, ticket)),
            "name": words(catalog.services[ticket.service_code].service_name, locale)
            if ticket.service_code in catalog.services
            else "",
        }
        for ticket in tickets
    ]
    return page(call, "citizen/cases", {"rows": rows}, locale=locale)


@api(routes, "/claim", methods=("POST",), public=True)
def open_by_code(call: Call) -> Response:
    """To the tracking page of the report whose reference and code were typed."""
    check_form(call)
    ticket_id = normalise_ticket_id(call.form.get("reference")) or ""
    try:
        ticket = call.services.claims.open(ticket_id, call.form.get("code"))
    except TicketNotFound:
        return redirect(call, "/track?claim=wrong")
    call.services.links.revive(ticket)
    return remember(call, ticket, redirect(call, tracking_path(call.services, ticket)))
