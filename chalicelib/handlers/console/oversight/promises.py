"""What is late and why, and which promises were kept; decides nothing itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalice.app import Response

from chalicelib.handlers.console.desk.queue import agency_choices, due_of, people_names
from chalicelib.handlers.console.door.visit import in_words, month_title, named, room, show
from chalicelib.handlers.http import Call
from chalicelib.identity.accounts import Act
from chalicelib.tickets.clocks.kept_promises import Line, Tally, whys
from chalicelib.tickets.ports import QueueQuery

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN = 50
MONTHS = 6
CLOCKS = ("first_response", "resolution")


@room("/console/late", Act.READ_TICKETS)
def show_late(call: Call) -> Response:
    """Every late ticket, the latest first, with the reasons; and how many each agency has."""
    now, codes = call.services.clock.now(), call.person.staff.scope
    token = call.arg("token")
    page = call.services.store.queue(QueueQuery(agency_codes=codes, due_before=now), SHOWN, token)
    counted = call.services.figures.late(codes)
    by_agency = [pair for row in counted.rows.values() for pair in row.items()]
    context = {
        "rows": [
            {"ticket": t, "due": due_of(t, now), "whys": list(whys(t, now))} for t in page.items
        ],
        "number": sum(number for _, number in by_agency),
        "by_agency": sorted(by_agency, key=lambda pair: (-pair[1], pair[0])),
        "counted_at": counted.at,
        "agencies": dict(agency_choices(call.services)),
        "names": people_names(call.services),
        "first": "/console/late" if token else "",
        "next": f"/console/late?token={page.next_token}" if page.next_token else "",
    }
    return show(call, "late", context, here="late")


@room("/console/kept", Act.READ_TICKETS)
def show_kept(call: Call) -> Response:
    """Promises kept, by agency and service, month by month."""
    now, catalog = call.services.clock.now(), call.services.catalog.load()
    clock = call.arg("clock", "resolution")
    clock = clock if clock in CLOCKS else "resolution"
    since = (now - timedelta(days=30 * (MONTHS - 1))).replace(day=1)
    until = now + timedelta(days=1)  # where it is tomorrow already, a month may have begun
    names = f"{since:%Y-%m}", f"{until:%Y-%m}"
    found = call.services.figures.promises(names, call.person.staff.scope)
    months = sorted({line.month for line in found})[-MONTHS:]
    agencies = {code: in_words(a.agency_name) for code, a in catalog.agencies.items()}
    titles = {code: in_words(s.service_name) for code, s in catalog.services.items()}
    context = {
        "clock": clock,
        "clocks": named("clock", CLOCKS),
        "months": [month_title(month) for month in months],
        "groups": [
            ("agency", _rows(found, "agency", clock, months, agencies)),
            ("service", _rows(found, "service", clock, months, titles)),
        ],
    }
    return show(call, "kept", context, here="kept")


def _rows(
    found: Mapping[Line, Tally], by: str, clock: str, months: list[str], titles: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One line for each agency or service that promised something in these months."""
    rows = []
    for code in sorted({line.code for line in found if line.by == by}):
        cells = [found.get(Line(by, code, clock, month), Tally()) for month in months]
        whole = Tally(sum(c.kept for c in cells), sum(c.decided for c in cells))
        if whole.decided:
            rows.append({"title": titles.get(code, code), "cells": cells, "whole": whole})
    return sorted(rows, key=lambda row: (row["whole"].percent, row["title"]))
