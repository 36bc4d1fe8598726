"""Lists of public requests: filtered, paged, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.open311 import Problem, Query, Refused, parse_query
from chalicelib.channels.open311.records import Record
from chalicelib.errors import InvalidRequest
from chalicelib.handlers.http import Call, Services
from chalicelib.handlers.open311.answering import send
from chalicelib.handlers.open311.reading import locale_of, records_of
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.references import normalise_ticket_id
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import Page, PublicQuery
from chalicelib.tickets.publishing.publication import is_published

LOOKS = 8  # at the store, for what few tickets fit


def list_requests(call: Call) -> Response:
    """The requests that a query asks for."""
    locale = locale_of(call)
    query = parse_query(call.query, call.services.clock.now())
    if query.request_ids:
        tickets: Sequence[Ticket] = public_ones(call.services, query.request_ids)
        return send(call, locale, "service_requests", _records(call, tickets, locale, query))
    page = list_page(call.services, query)
    records = _records(call, page.items, locale, query)
    headers = {"Link": link(call, page.next_token, query.size, query.window)}
    return send(
        call, locale, "service_requests", records, headers=headers if page.next_token else {}
    )


def _records(call: Call, tickets: Sequence[Ticket], locale: str, query: Query) -> list[Record]:
    """The tickets as records; their answers and stories are read only for extended ones."""
    if not query.is_extended:
        return records_of(call, [Casefile(each) for each in tickets], locale)
    store = call.services.store
    whole = store.several([each.ticket_id for each in tickets])
    stories = store.timelines(whole)
    casefiles = [Casefile(each, stories[each.ticket_id]) for each in whole]
    return records_of(call, casefiles, locale, is_extended=True)


def public_ones(services: Services, request_ids: Sequence[str]) -> list[Ticket]:
    """Those of the ids that there are for everybody."""
    known = dict.fromkeys(filter(None, map(normalise_ticket_id, request_ids)))
    catalog = services.catalog.load()
    return [each for each in services.store.several(list(known)) if is_published(each, catalog)]


def check_services(services: Services, service_codes: Sequence[str]) -> None:
    """Raises `Refused` for a code that there is not."""
    known = services.catalog.load().services
    if any(code not in known for code in service_codes):
        raise Refused([Problem("404.service")])


def list_page(services: Services, query: Query) -> Page[Ticket]:
    """One page of the list; a numbered one is found by walking there, a cursor goes straight.

    Raises `Refused` for an unknown service, a cursor that is not ours, a page too far to walk to.
    """
    if query.page > bounds.OPEN311_WALKED:
        raise Refused([Problem("400.far_page", "page", {"limit": str(bounds.OPEN311_WALKED)})])
    check_services(services, query.service_codes)
    asked = PublicQuery(
        start=query.start,
        end=query.end,
        order=query.order,
        service_codes=query.service_codes,
        is_open=query.is_open,
        box=query.box,
        latest=services.clock.now(),
        exactness=services.catalog.load().public_places,
    )
    # One that is walked to is counted in pages of the store, as they are.
    looks = LOOKS if query.page == 1 else 1
    page = one_page(services, asked, query.size, query.cursor, looks)
    for _ in range(query.page - 1):
        if not page.next_token:
            return Page([])
        page = one_page(services, asked, query.size, page.next_token)
    return page


def one_page(
    services: Services, asked: PublicQuery, size: int, token: str, looks: int = 1
) -> Page[Ticket]:
    """One page of public tickets. Raises `Refused` for a cursor that is not ours.

    An empty one is looked behind: programs that follow no link should find what is rare, too.
    """
    catalog, shown = services.catalog.load(), list[Ticket]()
    for _ in range(looks):
        try:
            page = services.store.public(asked, size, token)
        except InvalidRequest as error:
            raise Refused([Problem("400.cursor")]) from error
        shown += [t for t in page.items if is_published(t, catalog) and not t.merged_into]
        token = page.next_token
        if not token or shown:
            break
    return Page(shown, token)


def link(call: Call, token: str, size: int, window: Mapping[str, str]) -> str:
    """The next page, by a cursor that new requests do not move and over the same span of time."""
    given = {name: values for name, values in call.query.items() if any(map(str.strip, values))}
    kept = {name: values for name, values in given.items() if name not in ("page", "cursor")}
    spanned = {name: [value] for name, value in window.items()}
    arguments = {**spanned, **kept, "page_size": [str(size)], "cursor": [token]}
    site = call.site(call.services.settings.public_url)
    return f'<{site}{call.path[len(call.base) :]}?{urlencode(arguments, doseq=True)}>; rel="next"'
