"""Lists of public requests: filtered, paged, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.bootstrap import services
from chalicelib.channels.open311 import Problem, Query, Refused, parse_query, request_record
from chalicelib.channels.open311.records import Record
from chalicelib.errors import InvalidRequest
from chalicelib.handlers.http import Call
from chalicelib.handlers.open311.answering import send
from chalicelib.handlers.open311.reading import locale_of, public_view
from chalicelib.tickets.models import Ticket
from chalicelib.tickets.ports import Page, PublicQuery
from chalicelib.tickets.records import Casefile

MOST_PAGES = 40


def list_requests(call: Call) -> Response:
    """The requests that a query asks for."""
    locale = locale_of(call)
    query = parse_query(call.query, services().clock.now())
    if query.request_ids:
        return send(call, locale, "service_requests", _named(query, locale))
    _check_services(query)
    page = _page(query)
    records = [_record(ticket, locale, query) for ticket in page.items]
    headers = {"Link": _link(call, query, page.next_token)} if page.next_token else {}
    return send(call, locale, "service_requests", records, headers=headers)


def _named(query: Query, locale: str) -> list[Record]:
    """Those of the ids that there are."""
    found: list[Record] = []
    for request_id in query.request_ids:
        try:
            view = public_view(request_id, locale)
        except Refused:
            continue
        found.append(request_record(view, is_extended=query.is_extended))
    return found


def _check_services(query: Query) -> None:
    known = services().catalog.load().services
    if any(code not in known for code in query.service_codes):
        raise Refused([Problem("404.service")])


def _page(query: Query) -> Page[Ticket]:
    """One page of the list; a numbered one is found by walking there, a cursor goes straight."""
    asked = PublicQuery(
        start=query.start,
        end=query.end,
        order=query.order,
        service_codes=query.service_codes,
        is_open=query.is_open,
        box=query.box,
        latest=services().clock.now(),
    )
    try:
        pages = _pages(asked, query)
        return next(islice(pages, query.page - 1, query.page), Page([]))
    except InvalidRequest as error:
        raise Refused([Problem("400.cursor")]) from error


def _pages(asked: PublicQuery, query: Query) -> Iterator[Page[Ticket]]:
    token = query.cursor
    for _ in range(MOST_PAGES):
        page = services().store.public(asked, query.size, token)
        yield page
        token = page.next_token
        if not token:
            return


def _record(ticket: Ticket, locale: str, query: Query) -> Record:
    view = services().desk.view(Casefile(ticket), locale, "public")
    return request_record(view, is_extended=query.is_extended)


def _link(call: Call, query: Query, token: str) -> str:
    """The next page, by a cursor that new requests do not move."""
    kept = {name: values for name, values in call.query.items() if name not in ("page", "cursor")}
    arguments = {**kept, "page_size": [str(query.size)], "cursor": [token]}
    site = call.site(services().settings.public_url)
    return f'<{site}{call.path[len(call.base) :]}?{urlencode(arguments, doseq=True)}>; rel="next"'
