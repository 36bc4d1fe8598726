"""The cookie by which a browser is known for reports: signatures alone, and nothing is stored here."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.handlers.http import Call, add_cookies, cookie, own_name
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.people.browsers import KNOWN

COOKIE = "known"
MOST = 20  # reports that one browser is known for; the oldest falls out
_APART = "~"


def may_see(call: Call, ticket: Ticket) -> bool:
    """Whether this browser is shown who the owner of the ticket is."""
    return call.services.browsers.may_see(ticket, _marks(call))


def is_known(call: Call, ticket: Ticket) -> bool:
    """Whether this browser is known for the ticket, however young its link."""
    return call.services.browsers.is_known(ticket, _marks(call))


def remember(call: Call, ticket: Ticket, response: Response) -> Response:
    """The answer, after which this browser is known for the ticket."""
    marks = call.services.browsers.with_mark(ticket, _marks(call))[:MOST]
    age, name = int(KNOWN.total_seconds()), own_name(call, COOKIE)
    return add_cookies(response, [cookie(call, name, _APART.join(marks), max_age=age)])


def _marks(call: Call) -> list[str]:
    return call.cookies.get(own_name(call, COOKIE), "").split(_APART)[:MOST]
