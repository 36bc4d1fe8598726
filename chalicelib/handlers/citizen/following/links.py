"""A tracking link that has ended, and a new one in its place: to the address on file, nobody else's."""

from __future__ import annotations

from urllib.parse import quote

from chalice.app import Response

from chalicelib.errors import AllowanceUsedUp
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.following.second_proof import code_page
from chalicelib.handlers.citizen.known_browsers import is_known, may_see, remember
from chalicelib.handlers.citizen.reporting.form import tracking_path
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
from chalicelib.tickets.model.references import normalise_ticket_id


@api(routes, "/t/{ticket_id}/{secret}/link", methods=("POST",), public=True)
def renew_link(call: Call, ticket_id: str, secret: str) -> Response:
    """End a good link and make another; for one that has ended, send the good one to its address."""
    wanted, links = normalise_ticket_id(ticket_id) or "", call.services.links
    ticket = links.ended(wanted, secret)
    check_form(call)
    if ticket is not None:
        links.send(ticket, origin_of(call))
        return redirect(call, f"/t/{quote(ticket_id)}/{quote(secret)}?sent=link")
    ticket = call.services.desk.held(wanted, secret)
    if not ticket.requester.key and not may_see(call, ticket):
        return code_page(call, ticket, secret)  # there is no address that the new link could prove
    is_theirs = not ticket.requester.key or is_known(call, ticket)
    try:
        links.renew(ticket, origin_of(call))
    except AllowanceUsedUp:
        return redirect(call, f"/t/{quote(ticket_id)}/{quote(secret)}?sent=not_now")
    is_mailed = ticket.requester.key and ticket.is_confirmed
    old, new = f"/t/{quote(ticket_id)}/{quote(secret)}", tracking_path(call.services, ticket)
    answer = redirect(call, f"{old}?sent=link" if is_mailed else f"{new}?sent=renewed")
    return remember(call, ticket, answer) if is_theirs else answer


def ended_page(call: Call, ticket_id: str, secret: str) -> Response:
    """The link has ended; the same words and the same button for everybody who holds one."""
    wanted = normalise_ticket_id(ticket_id) or ""
    token, headers = form_token(call)
    path = call.url(f"/t/{quote(wanted)}/{quote(secret)}")
    context = {
        "is_sent": call.arg("sent") == "link",
        "form_token": token,
        "link_url": f"{path}/link",
        "lang_urls": {code: f"{path}?lang={code}" for code in LOCALES},
    }
    return page(call, "citizen/ended", context, status=410, headers=headers)
