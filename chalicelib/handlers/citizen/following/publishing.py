"""The author's choice of what is public of their report; knows no store."""

from __future__ import annotations

from urllib.parse import quote

from chalice.app import Response

from chalicelib.errors import InvalidRequest
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.following.tracking import open_tracked, tracked_page
from chalicelib.handlers.http import Call, api, check_form, redirect


@api(routes, "/t/{ticket_id}/{secret}/public", methods=("POST",), public=True)
def hide_words(call: Call, ticket_id: str, secret: str) -> Response:
    """The author takes words out of the public copy."""
    ticket = open_tracked(call, ticket_id, secret)
    check_form(call)
    try:
        call.services.desk.hide_words(ticket.ticket_id, secret, call.form.get("public"))
    except InvalidRequest as error:
        return tracked_page(call, ticket, secret, error.fields)
    return redirect(call, f"/t/{ticket.ticket_id}/{quote(secret)}?sent=public")
