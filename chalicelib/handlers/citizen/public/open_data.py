"""Files of public reports by month, and the page that describes them; decides nothing about them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from chalice.app import Response

from chalicelib.channels.open_data import COLUMNS, csv_file, geojson_file, json_file
from chalicelib.errors import NotFound
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.public.caching import kept_answer
from chalicelib.handlers.citizen.public.performance import figures_file
from chalicelib.handlers.http import Call, Services, api, page
from chalicelib.messages import TicketView
from chalicelib.tickets.catalog.areas import areas_of
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import Page
from chalicelib.tickets.publishing.months import month_of, months_before

ROWS_A_FILE = 4_000  # a longer month goes on under the address in `Link`
_NAME = re.compile(
    r"reports-(?P<month>(?:19|20)\d\d-(?:0[1-9]|1[0-2]))\.(?P<kind>csv|json|geojson)"
)
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "geojson": "application/geo+json; charset=utf-8",
}


@api(routes, "/data", public=True)
def describe_data(call: Call) -> Response:
    """Which files there are, and what is in them."""
    now, zone = call.services.clock.now(), call.services.settings.timezone
    months = [(month, begin) for month, begin, _ in months_before(now, zone)]
    context = {"months": months, "columns": list(COLUMNS.items()), "kinds": list(TYPES)}
    return page(call, "citizen/data", context, is_for_all=True)


@api(routes, "/data/{name}", public=True)
def show_data(call: Call, name: str) -> Response:
    """One file."""
    if name.startswith("performance."):
        return figures_file(call, name.partition(".")[2])
    found = _NAME.fullmatch(name)
    if found is None:
        raise NotFound("There is no such file.")
    return _month_file(call, found["month"], found["kind"])


def _month_file(call: Call, month: str, kind: str) -> Response:
    zone = ZoneInfo(call.services.settings.timezone)
    _, begin, end = month_of(datetime.fromisoformat(f"{month}-01").replace(tzinfo=zone))
    if begin > call.services.clock.now():
        raise NotFound("This month has not begun.")
    found = call.services.public_reports.month(begin, end, ROWS_A_FILE, call.arg("page"))
    rows = [_row(call.services, ticket) for ticket in found.items]
    next_url = _next(call, month, kind, found)
    about = {"month": month, "license": "CC0-1.0", "next": next_url or None}
    body = {
        "csv": lambda: csv_file(rows),
        "json": lambda: json_file(rows, about),
        "geojson": lambda: geojson_file(rows, about),
    }[kind]()
    headers = {"Content-Disposition": f'inline; filename="reports-{month}.{kind}"'}
    if next_url:
        headers["Link"] = f'<{next_url}>; rel="next"'
    changed_at = max((ticket.updated_at for ticket in found.items), default=None)
    return kept_answer(call, body, TYPES[kind], changed_at, headers)


def _next(call: Call, month: str, kind: str, found: Page[Ticket]) -> str:
    if not found.next_token:
        return ""
    site = call.site(call.services.settings.public_url)
    return f"{site}/data/reports-{month}.{kind}?{urlencode({'page': found.next_token})}"


def _row(services: Services, ticket: Ticket) -> dict[str, Any]:
    """What everybody may know of a ticket, in the city's own language, by the names of `COLUMNS`."""
    catalog, locale = services.catalog.load(), services.settings.default_locale
    view: TicketView = services.desk.view(Casefile(ticket), locale, "public")
    row: dict[str, Any] = {
        "service_request_id": view.ticket_id,
        "service_code": view.service_code,
        "service_name": view.service_name,
        "agency_responsible": view.agency_name,
        "status": "open" if view.is_open else "closed",
        "detailed_status": view.status,
        "times_reopened": ticket.reopened,
        "channel": view.channel,
        "areas": " ".join(areas_of(catalog.areas.values(), view.lat, view.long)),
        "address": view.address,
        "lat": view.lat,
        "long": view.long,
        "description": view.description,
        "status_notes": view.status_notes,
        "requested_datetime": _moment(view.requested_at),
        "first_response_datetime": _moment(ticket.first_responded_at),
        "resolved_datetime": _moment(ticket.resolved_at),
        "closed_datetime": _moment(ticket.closed_at),
        "updated_datetime": _moment(view.updated_at),
        "expected_datetime": _moment(view.expected_at),
    }
    return {name: row[name] for name in COLUMNS}


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None
