"""What became of requests: ours to read, other systems' to post."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile

from chalice.app import Response

from chalicelib.channels.open311 import Problem, Query, Refused, parse_query
from chalicelib.channels.open311.records import Record
from chalicelib.channels.open311.updates import parse_update, update_records
from chalicelib.errors import (
    AllowanceUsedUp,
    InvalidRequest,
    MessageConflict,
    TicketNotFound,
    TooManyRequests,
)
from chalicelib.handlers.http import Call, Services
from chalicelib.handlers.open311.answering import send
from chalicelib.handlers.open311.keys import FLOODED, RETRY_AFTER, admitted, origin_with
from chalicelib.handlers.open311.listing import check_services, link, one_page, public_ones
from chalicelib.handlers.open311.posting import check_type
from chalicelib.handlers.open311.reading import locale_of
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.references import normalise_ticket_id
from chalicelib.tickets.model.ticket import Entry, Ticket
from chalicelib.tickets.partners.keys import KeyKind
from chalicelib.tickets.ports import PublicQuery

ROOT = "service_request_updates"
TICKETS_A_PAGE = 100
MOST_BEFORE = 1_000  # entries of one page beside the latest thirty of each request
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)  # a page token is bound to it


def list_updates(call: Call) -> Response:
    """What became of public requests in a span of time, oldest first on each page.

    Requests are walked from the least lately changed: one that changes meanwhile comes again, and
    none is missed.
    """
    locale, now = locale_of(call), call.services.clock.now()
    _check_span(call)
    query = parse_query(call.query, now)
    if len(query.request_ids) == 1:
        return _one_story(call, query, locale)
    if query.request_ids:
        span = replace(query, start=now.replace(year=1970), end=now)
        return send(
            call,
            locale,
            ROOT,
            _updates(call.services, public_ones(call.services, query.request_ids), span, locale),
        )
    check_services(call.services, query.service_codes)
    asked = PublicQuery(
        start=query.start,
        end=FOREVER,
        order="updated",
        service_codes=query.service_codes,
        is_oldest_first=True,
    )
    page = one_page(call.services, asked, TICKETS_A_PAGE, query.cursor)
    records = _updates(call.services, page.items, query, locale)
    headers = {"Link": link(call, page.next_token, TICKETS_A_PAGE, query.window)}
    return send(call, locale, ROOT, records, headers=headers if page.next_token else {})


def _check_span(call: Call) -> None:
    """Both ends or neither: half a span is a mistake more often than a wish."""
    given = [bool(call.arg(name).strip()) for name in ("start_date", "end_date")]
    if any(given) and not all(given):
        raise Refused([Problem("400.half_span")])


def _one_story(call: Call, query: Query, locale: str) -> Response:
    """All that became of one request: its latest updates, and what was before by the `next` link."""
    records: list[Record] = []
    headers = {}
    for ticket in public_ones(call.services, query.request_ids):
        page = _story(call.services, ticket, query.cursor)
        view = call.services.desk.view(page, locale, "public")
        records = [*update_records(view, BEGINNING, FOREVER, is_latest=not query.cursor)]
        if page.next_token:
            headers = {"Link": link(call, page.next_token, query.size, {})}
    return send(call, locale, ROOT, records, headers=headers)


def _story(services: Services, ticket: Ticket, cursor: str) -> Casefile:
    try:
        return services.desk.story(ticket, "public", cursor)
    except InvalidRequest as error:
        raise Refused([Problem("400.cursor")]) from error


def _updates(
    services: Services, tickets: Sequence[Ticket], query: Query, locale: str
) -> list[Record]:
    stories = services.store.timelines(tickets)
    budget = iter(range(MOST_BEFORE))
    found: list[Record] = []
    for ticket in tickets:
        entries = _since(services, ticket, stories[ticket.ticket_id], query.start, budget)
        view = services.desk.view(Casefile(ticket, entries), locale, "public")
        found += update_records(view, query.start, query.end)
    return sorted(found, key=lambda record: (record["updated_datetime"], record["update_id"]))


def _since(
    services: Services, ticket: Ticket, latest: list[Entry], start: datetime, budget: Iterator[int]
) -> list[Entry]:
    """The latest entries and, while the budget of the page lasts, those before them in the span."""
    if not latest or latest[0].number == 1 or latest[0].at < start:
        return latest
    before = services.store.recent(ticket, latest[0].number)
    in_span = takewhile(lambda entry: entry.at >= start, before)
    more = [entry for _, entry in zip(budget, in_span, strict=False)]
    return [*reversed(more), *latest]


def take_update(call: Call) -> Response:
    """What another system says became of a request; the same id again is the same answer."""
    check_type(call)
    key = admitted(call)
    report = parse_update(call.form.fields, call.services.clock.now(), key.key_id)
    found = replace(report, ticket_id=normalise_ticket_id(report.ticket_id) or "")
    try:
        if key.kind is not KeyKind.TEST:
            call.services.partners.take(found, key, origin_with(call, key))
    except TicketNotFound as error:
        raise Refused([Problem("404.request")]) from error
    except MessageConflict as error:
        raise Refused([Problem("409.update_id")]) from error
    except AllowanceUsedUp as error:
        raise TooManyRequests(FLOODED, RETRY_AFTER) from error
    record = {"update_id": call.form.get("update_id").strip()}
    return send(call, locale_of(call), ROOT, [record])
