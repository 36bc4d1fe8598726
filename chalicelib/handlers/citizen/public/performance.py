"""Performance figures of the city: the page and its file, from counters; counts nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from chalice.app import Response

from chalicelib.channels.open_data import csv_file
from chalicelib.errors import NotFound
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.public.caching import kept_answer
from chalicelib.handlers.citizen.public.reports import area_names, public_services
from chalicelib.handlers.http import Call, api, page
from chalicelib.templates.formats import duration, number
from chalicelib.tickets.publishing.figures import LEAST, Line, Table
from chalicelib.tickets.publishing.months import months_before

PERIODS = (3, 12)
COLUMNS = ("by", *(field.name for field in fields(Line)))


@api(routes, "/performance", public=True)
def show_performance(call: Call) -> Response:
    """How long answers and repairs take, by service and by area."""
    locale = call.locale(call.services.settings.default_locale)
    months, services_table, areas_table = _tables(call)
    catalog = call.services.catalog.load()
    names = dict(public_services(catalog, locale)), dict(area_names(catalog, locale))
    context = {
        "months": months,
        "periods": PERIODS,
        "least": LEAST,
        "total": services_table.total,
        "groups": [
            ("service", _named(services_table.lines, names[0])),
            ("area", _named(areas_table.lines, names[1])),
        ],
        "length": lambda minutes: duration(minutes / 60, locale),
        "number": lambda value: number(value, locale),
    }
    return page(call, "citizen/performance", context, is_for_all=True)


def _tables(call: Call) -> tuple[int, Table, Table]:
    wanted = call.arg("months")
    months = next((each for each in PERIODS if str(each) == wanted), PERIODS[-1])
    now, zone = call.services.clock.now(), call.services.settings.timezone
    names = [month.name for month in months_before(now, zone)[:months]]
    return months, *call.services.figures.public(names)


def _named(lines: Sequence[Line], names: dict[str, str]) -> list[tuple[str, Line]]:
    return [(names.get(line.code, line.code), line) for line in lines]


def figures_file(call: Call, kind: str) -> Response:
    """The same figures as a file. Lengths are minutes; what is too small to be told is empty."""
    months, services_table, areas_table = _tables(call)
    rows = [
        {"by": by, **asdict(line)}
        for by, lines in (
            ("city", (services_table.total,)),
            ("service", services_table.lines),
            ("area", areas_table.lines),
        )
        for line in lines
    ]
    if kind == "csv":
        return kept_answer(call, csv_file(rows, COLUMNS), "text/csv; charset=utf-8", None)
    if kind == "json":
        document: dict[str, Any] = {"months": months, "least": LEAST, "lines": rows}
        body = json.dumps(document, ensure_ascii=False) + "\n"
        return kept_answer(call, body, "application/json; charset=utf-8", None)
    raise NotFound("There is no such file.")
