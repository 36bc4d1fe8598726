"""The code for a new browser: where an old link shows who its owner is only after it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from chalice.app import Response

from chalicelib import metrics
from chalicelib.errors import AllowanceUsedUp, InvalidRequest, TicketNotFound
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.known_browsers import is_known, may_see, remember
from chalicelib.handlers.http import (
    LOCALES,
    Call,
    api,
    check_form,
    form_token,
    origin_of,
    page,
    redirect,
)
from chalicelib.tickets.intake.claims import claim_code
from chalicelib.tickets.model.references import normalise_ticket_id
from chalicelib.tickets.model.ticket import Ticket


@api(routes, "/t/{ticket_id}/{secret}/code", methods=("POST",), public=True)
def prove_browser(call: Call, ticket_id: str, secret: str) -> Response:
    """The code that was sent, or the claim code; or the wish for one to be sent."""
    ticket = call.services.desk.held(normalise_ticket_id(ticket_id) or "", secret)
    check_form(call)
    back = f"/t/{ticket.ticket_id}/{quote(secret)}"
    if call.form.get("send"):
        return redirect(call, f"{back}?sent={_send(call, ticket)}#code-panel")
    try:
        _prove(call, ticket)
    except InvalidRequest as error:
        metrics.put(metrics.Metric.WRONG_CODES)
        return redirect(call, f"{back}?sent=wrong&code={error.fields['code']}")
    return remember(call, ticket, redirect(call, f"{back}?sent=proven"))


def _send(call: Call, ticket: Ticket) -> str:
    try:
        call.services.browsers.ask(ticket, origin_of(call))
    except AllowanceUsedUp:
        return "not_now"
    return "code"


def _prove(call: Call, ticket: Ticket) -> None:
    typed = call.form.get("code")
    if ticket.requester.key:
        return call.services.browsers.prove(ticket, typed, origin_of(call))
    try:
        call.services.claims.open(ticket.ticket_id, typed)
    except TicketNotFound as error:
        raise InvalidRequest("This is not its claim code.", {"code": "wrong_claim"}) from error


def code_context(call: Call, ticket: Ticket, path: str) -> dict[str, Any]:
    """Which proof this browser owes (`code`, `claim` or the `confirmation` of the address), if any."""
    by_address = "code" if ticket.is_confirmed else "confirmation"
    proof = by_address if ticket.requester.key else "claim"
    return {
        "owes": "" if may_see(call, ticket) else proof,
        "code_url": f"{path}/code",
        "claim_code": _claim_code(call, ticket),
        "is_code_sent": call.arg("sent") in ("code", "wrong"),
    }


def _claim_code(call: Call, ticket: Ticket) -> str:
    """The code of an anonymous report whose link was just made anew, which ended the one before."""
    is_theirs = not ticket.requester.key and is_known(call, ticket)
    is_new = is_theirs and call.arg("sent") == "renewed"
    return claim_code(call.services.signer, ticket) if is_new else ""


def code_page(call: Call, ticket: Ticket, secret: str) -> Response:
    """What was asked for is shown after the code."""
    token, headers = form_token(call)
    path = call.url(f"/t/{ticket.ticket_id}/{quote(secret)}")
    context = {
        **code_context(call, ticket, path),
        "reference": ticket.ticket_id,
        "back": path,
        "form_token": token,
        "lang_urls": {code: f"{path}?lang={code}" for code in LOCALES},
    }
    locale = call.wanted_locale or ticket.locale
    return page(call, "citizen/code", context, locale=locale, status=403, headers=headers)
