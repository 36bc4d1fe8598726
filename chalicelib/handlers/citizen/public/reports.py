"""The list of public reports with its filters, and one public report; decides nothing about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.errors import InvalidRequest, TicketNotFound
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.following.ticket_lines import events, is_late, turning
from chalicelib.handlers.citizen.reporting.maps import map_headers, shown_map
from chalicelib.handlers.downloads import show_picture
from chalicelib.handlers.http import Call, Services, api, page
from chalicelib.messages import TicketView
from chalicelib.tickets.catalog import Catalog, words
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.references import normalise_ticket_id
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.publishing.publication import Sieve, is_public_service

ROWS = 25
STATUSES = ("open", "closed")
FILTERS = ("service", "status", "area", "since", "q")


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters as they were asked for: the sieve, and each as it stands in the form."""

    sieve: Sieve
    values: Mapping[str, str]

    @property
    def query(self) -> str:
        """The filters as they stand in an address."""
        return urlencode({name: value for name, value in self.values.items() if value})


@api(routes, "/reports", public=True)
def list_reports(call: Call) -> Response:
    """What was reported in public, newest first."""
    locale = call.locale(call.services.settings.default_locale)
    try:
        asked = asked_of(call)
        found = call.services.public_reports.page(
            asked.sieve, call.services.clock.now(), ROWS, call.arg("page")
        )
    except InvalidRequest as error:
        return page(call, "citizen/reports", _empty(call, locale, error.fields), status=400)
    context = _choices(call.services, asked, locale) | {
        "reports": views_of(call.services, found.items, locale),
        "next_url": _next(call, asked, found.next_token),
        "is_first": not call.arg("page"),
        "map": shown_map(call),
        "wrong": defaultdict(str),
        "is_wrong": False,
    }
    headers = map_headers(call.services)
    return page(call, "citizen/reports", context, headers=headers, is_for_all=True)


@api(routes, "/tickets/{ticket_id}", public=True)
def show_public(call: Call, ticket_id: str) -> Response:
    """What everybody may know about one report."""
    locale = call.locale(call.services.settings.default_locale)
    desk = call.services.desk
    casefile = desk.public_case(normalise_ticket_id(ticket_id) or "", call.arg("page"))
    view, now = desk.view(casefile, locale, "public"), call.services.clock.now()
    context = {
        "view": view,
        "events": events(view, locale),
        **turning(call.url(f"/tickets/{view.ticket_id}"), call, casefile),
        "is_late": is_late(view, now),
        "map": shown_map(call) if view.lat is not None else None,
    }
    headers = map_headers(call.services)
    return page(call, "citizen/public", context, headers=headers, is_for_all=True)


@api(routes, "/tickets/{ticket_id}/photos/{digest}", public=True)
def show_photo(call: Call, ticket_id: str, digest: str) -> Response:
    """A photo of a public report that staff show to everybody."""
    ticket = call.services.desk.public_ticket(normalise_ticket_id(ticket_id) or "")
    if ticket.public_words is None or digest not in ticket.public_words.photos:
        raise TicketNotFound("There is no such photo.")
    return show_picture(call.services, digest)


def asked_of(call: Call, order: str = "requested") -> Asked:
    """The filters of a request. Raises `InvalidRequest` naming the wrong one."""
    values = {name: call.arg(name).strip() for name in FILTERS}
    catalog = call.services.catalog.load()
    wrong = dict(_faults(call.services, values, catalog))
    if wrong:
        raise InvalidRequest("A filter is not one of the list.", wrong)
    sieve = Sieve(
        service_code=values["service"],
        status=values["status"],
        area_code=values["area"],
        since=_day(call.services, values["since"]) if values["since"] else None,
        words=values["q"],
        order=order,
    )
    return Asked(sieve, values)


def _faults(
    services: Services, values: Mapping[str, str], catalog: Catalog
) -> list[tuple[str, str]]:
    is_known = values["service"] in catalog.services and is_public_service(
        values["service"], catalog
    )
    checks = (
        ("service", is_known, "not_listed"),
        ("status", values["status"] in STATUSES, "not_listed"),
        ("area", values["area"] in catalog.areas, "not_listed"),
        ("since", _day(services, values["since"]) is not None, "not_a_date"),
        ("q", len(values["q"]) <= bounds.SEARCH, f"too_long:{bounds.SEARCH}"),
    )
    return [(name, code) for name, fits, code in checks if values[name] and not fits]


def _day(services: Services, text: str) -> datetime | None:
    """The first moment of a civil day in the city, or None for what is no day."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        return None
    if day.year < 1970:
        return None
    return day.replace(tzinfo=ZoneInfo(services.settings.timezone)).astimezone(UTC)


def views_of(services: Services, tickets: Sequence[Ticket], locale: str) -> list[TicketView]:
    """The tickets as everybody may see them."""
    return [services.desk.view(Casefile(ticket), locale, "public") for ticket in tickets]


def _choices(services: Services, asked: Asked, locale: str) -> dict[str, Any]:
    """What can be chosen in the form, what was, and the feeds of the same choice."""
    catalog = services.catalog.load()
    return {
        "values": asked.values,
        "services": public_services(catalog, locale),
        "areas": area_names(catalog, locale),
        "feed_query": asked.query,
    }


def public_services(catalog: Catalog, locale: str) -> list[tuple[str, str]]:
    """The services that show their tickets, by name."""
    listed = [
        (code, words(service.service_name, locale))
        for code, service in catalog.services.items()
        if is_public_service(code, catalog)
    ]
    return sorted(listed, key=lambda pair: pair[1])


def area_names(catalog: Catalog, locale: str) -> list[tuple[str, str]]:
    """The city's areas, by name."""
    listed = [(code, words(area.name, locale)) for code, area in catalog.areas.items()]
    return sorted(listed, key=lambda pair: pair[1])


def _next(call: Call, asked: Asked, token: str) -> str:
    if not token:
        return ""
    kept = {name: value for name, value in asked.values.items() if value}
    return f"{call.url('/reports')}?{urlencode({**kept, 'page': token})}"


def _empty(call: Call, locale: str, wrong: Mapping[str, str]) -> dict[str, Any]:
    """The form again as it was typed, with what is wrong and no list."""
    values = {name: call.arg(name)[: bounds.SEARCH] for name in FILTERS}
    given = Asked(Sieve(), values)
    return _choices(call.services, given, locale) | {
        "feed_query": "",
        "reports": [],
        "next_url": "",
        "is_first": True,
        "map": None,
        "wrong": defaultdict(str, wrong),
        "is_wrong": True,
    }
