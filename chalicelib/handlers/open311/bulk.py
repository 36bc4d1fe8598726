"""Requests in bulk for whoever counts them: all that a query asks for, a thousand at a time."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.channels.open311 import parse_query
from chalicelib.channels.open311.records import Record
from chalicelib.channels.open311.sheets import CSV_TYPE, bulk_record, sheet
from chalicelib.handlers.http import Call, Services, answer
from chalicelib.handlers.open311.answering import CORS, Headers, send
from chalicelib.handlers.open311.listing import link, list_page
from chalicelib.handlers.open311.reading import locale_of
from chalicelib.templates.pages import translator
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.ticket import Ticket


def show_bulk(call: Call) -> Response:
    """As XML or JSON."""
    records, headers = _rows(call)
    return send(call, locale_of(call), "service_requests", records, headers=headers)


def show_sheet(call: Call) -> Response:
    """As CSV."""
    records, headers = _rows(call)
    described: Headers = {
        "Content-Language": locale_of(call),
        "Vary": "Accept-Language",
        "Content-Disposition": 'attachment; filename="requests.csv"',
        **CORS,
    }
    return answer(sheet(records), CSV_TYPE, 200, {**described, **headers})


def _rows(call: Call) -> tuple[list[Record], Headers]:
    locale = locale_of(call)
    query = parse_query(call.query, call.services.clock.now())
    page = list_page(call.services, query)
    headers = {"Link": link(call, page.next_token, query.size, query.window)}
    return [
        _row(call.services, each, locale) for each in page.items
    ], headers if page.next_token else {}


def _row(services: Services, ticket: Ticket, locale: str) -> Record:
    view = services.desk.view(Casefile(ticket), locale, "public")
    closed_at = None if ticket.is_open else ticket.resolved_at or ticket.closed_at
    return bulk_record(view, closed_at, str(translator(locale, "open311")(f"state.{view.status}")))
