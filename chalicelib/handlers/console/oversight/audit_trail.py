"""The audit trail as a page; decides nothing itself."""

from __future__ import annotations

from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.errors import InvalidRequest
from chalicelib.handlers.audit_search import FILTERS, MOST_LETTERS, Found, search, wanted
from chalicelib.handlers.console.door.visit import room, say, show
from chalicelib.handlers.http import Call
from chalicelib.identity.accounts import Act

SIZE = 50


@room("/console/audit", Act.READ_AUDIT)
def show_audit(call: Call) -> Response:
    """Who did what outside a ticket's timeline, newest first."""
    given = {name: call.arg(name)[: 2 * MOST_LETTERS] for name in FILTERS}
    page, problems = _found(call)
    chosen = {name: told for name, told in given.items() if told}
    more = urlencode({**chosen, "token": page.next_token})
    context = {
        "records": page.items,
        "looked_to": page.looked_to,
        "given": given,
        "is_filtered": bool(chosen),
        "problems": problems,
        "next": f"/console/audit?{more}" if page.next_token else "",
    }
    return show(call, "audit", context, here="audit")


def _found(call: Call) -> tuple[Found, dict[str, str]]:
    """The page, or none and what is wrong with each field."""
    try:
        asked = wanted(call)
    except InvalidRequest as error:
        return Found([], ""), {name: say(f"audit.{why}") for name, why in error.fields.items()}
    return search(call.services, call.person.staff, asked, SIZE, call.arg("token")), {}
