"""Which browser knows a report; another needs a fresh link for what identifies a person.

A link is mailed, forwarded and printed for years. Once it is older than a day, only a browser that saw the
report before gets its files and the export; any other is sent a fresh link, at the confirmed address:
whoever reads mail or texts there proves it a second time.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from chalice.app import Response

from chalicelib.handlers.http import LOCALES, Call, add_cookies, cookie, form_token, page
from chalicelib.tickets.model.ticket import Ticket

KNOWN = "known"
LIVES = 365 * 86_400  # seconds
FRESH = timedelta(days=1)
PURPOSE = "browser"


def remember(call: Call, ticket: Ticket, response: Response) -> Response:
    """The same answer, after which this browser knows the report; only that report's pages are told."""
    signature = call.services.signer.sign(PURPOSE, *_parts(ticket))
    path = call.url(f"/t/{ticket.ticket_id}")
    return add_cookies(response, [cookie(call, KNOWN, signature, max_age=LIVES, path=path)])


def is_fresh(call: Call, ticket: Ticket) -> bool:
    """Whether the link was made within a day."""
    made_at = ticket.link_made_at or ticket.requested_at
    return call.services.clock.now() - made_at <= FRESH


def needs_fresh_link(call: Call, ticket: Ticket) -> bool:
    """Whether this browser must be sent a fresh link first; nobody whose address is not confirmed is."""
    if not (ticket.requester.key and ticket.is_confirmed) or is_fresh(call, ticket):
        return False
    known = call.cookies.get(KNOWN, "")
    return not call.services.signer.verify(known, PURPOSE, *_parts(ticket))


def ask_for_fresh_link(call: Call, ticket: Ticket, secret: str, locale: str) -> Response:
    """Why it is not shown here, and the button that sends the fresh link."""
    token, headers = form_token(call)
    path = call.url(f"/t/{ticket.ticket_id}/{quote(secret)}")
    context = {
        "form_token": token,
        "link_url": f"{path}/link",
        "back": path,
        "reference": ticket.ticket_id,
        "lang_urls": {code: f"{path}?lang={code}" for code in LOCALES},
    }
    return page(call, "citizen/fresh_link", context, locale=locale, status=403, headers=headers)


def _parts(ticket: Ticket) -> tuple[str, str]:
    return ticket.jurisdiction_id, ticket.ticket_id
