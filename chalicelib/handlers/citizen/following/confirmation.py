"""Confirmation of an address: the page behind the link has a button, so that no scanner presses it."""

from __future__ import annotations

from urllib.parse import quote

from chalice.app import Response

from chalicelib import metrics
from chalicelib.channels.web import parse_contact
from chalicelib.errors import AllowanceUsedUp, InvalidRequest
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.following.second_proof import code_page
from chalicelib.handlers.citizen.known_browsers import may_see, remember
from chalicelib.handlers.citizen.reporting.form import desk_of_form, tracking_path
from chalicelib.handlers.http import (
    Call,
    api,
    check_form,
    form_token,
    origin_of,
    page,
    redirect,
)
from chalicelib.tickets.intake.confirmation import OPEN
from chalicelib.tickets.model.references import normalise_ticket_id
from chalicelib.tickets.model.ticket import Ticket

_GUESSED = frozenset({"wrong_code", "too_many_tries", "tried_enough"})  # one too old is no guess


@api(routes, "/confirm/{ticket_id}/{secret}", methods=("GET", "POST"), public=True)
def confirm_address(call: Call, ticket_id: str, secret: str) -> Response:
    """The button, and what pressing it does; a link that was used or is old says so."""
    ticket_id = normalise_ticket_id(ticket_id) or ""
    if call.method != "POST":
        return _page(call, *call.services.confirmations.look(ticket_id, secret))
    check_form(call)
    ticket, state = call.services.confirmations.confirm(ticket_id, secret)
    if state != OPEN:
        return _page(call, ticket, state)
    return _confirmed(call, ticket)


def _confirmed(call: Call, ticket: Ticket) -> Response:
    """Whoever proved the address just now is its owner, and so is the browser theirs."""
    answer = redirect(call, f"{tracking_path(call.services, ticket)}?sent=confirmed")
    return remember(call, ticket, answer)


def _page(call: Call, ticket: Ticket, state: str) -> Response:
    token, headers = form_token(call)
    context = {"state": state, "reference": ticket.ticket_id, "form_token": token}
    locale = call.wanted_locale or ticket.locale
    return page(call, "citizen/confirm", context, locale=locale, headers=headers)


@api(routes, "/t/{ticket_id}/{secret}/confirmation", methods=("POST",), public=True)
def confirm_by_code(call: Call, ticket_id: str, secret: str) -> Response:
    """The code from a text message, or the wish for a new link or code."""
    ticket = call.services.desk.held(normalise_ticket_id(ticket_id) or "", secret)
    check_form(call)
    if ticket.is_confirmed:  # by somebody else, meanwhile: no code is asked, and nothing proven
        return _back(call, ticket_id, secret, "confirmed")
    if call.form.get("again"):
        return _back(call, ticket_id, secret, _asked_again(call, ticket))
    try:
        code = call.form.get("code")
        call.services.confirmations.confirm_by_code(ticket, code, origin_of(call))
    except InvalidRequest as error:
        why = error.fields["code"]
        if why in _GUESSED:
            metrics.put(metrics.Metric.WRONG_CODES)
        return _back(call, ticket_id, secret, f"wrong&code={why}")
    return _confirmed(call, ticket)


def _asked_again(call: Call, ticket: Ticket) -> str:
    try:
        call.services.confirmations.again(ticket, origin_of(call))
    except AllowanceUsedUp:
        return "not_now"
    return "asked"


@api(routes, "/t/{ticket_id}/{secret}/contact", methods=("POST",), public=True)
def give_contact(call: Call, ticket_id: str, secret: str) -> Response:
    """Whoever holds an anonymous report says how to be written to after all."""
    ticket = call.services.desk.held(normalise_ticket_id(ticket_id) or "", secret)
    check_form(call)
    if not may_see(call, ticket):
        return code_page(call, ticket, secret)
    try:
        party, channel = parse_contact(call.form.fields, desk_of_form(call.services, ticket.locale))
        call.services.claims.give_contact(ticket, party, channel, origin_of(call))
    except InvalidRequest:
        return _back(call, ticket_id, secret, "no_contact")
    except AllowanceUsedUp:
        return _back(call, ticket_id, secret, "not_now")
    return _back(call, ticket_id, secret, "claimed")


def _back(call: Call, ticket_id: str, secret: str, sent: str) -> Response:
    return redirect(call, f"/t/{quote(ticket_id)}/{quote(secret)}?sent={sent}")
