"""What is late and why, and which promises were kept; decides nothing itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from chalice.app import Response

from chalicelib.handlers.console.desk.queue import agency_choices, due_of, people_names
from chalicelib.handlers.console.door.visit import in_words, named, room, show
from chalicelib.handlers.http import Call, Services
from chalicelib.identity.accounts import Act
from chalicelib.tickets.clocks.kept_promises import Line, Tally, tally, whys
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import QueueQuery

SHOWN = 100
LOOKED_AT = 1_000
MONTHS = 6
CLOCKS = ("first_response", "resolution")


@room("/console/late", Act.READ_TICKETS)
def show_late(call: Call) -> Response:
    """Every late ticket, the latest first, with the reasons."""
    now, staff = call.services.clock.now(), call.person.staff
    query = QueueQuery(agency_codes=staff.agency_codes)
    late = [t for t in islice(_listed(call.services, query), LOOKED_AT) if _is_late(t, now)]
    context = {
        "rows": [
            {"ticket": t, "due": due_of(t, now), "whys": list(whys(t, now))} for t in late[:SHOWN]
        ],
        "more": max(len(late) - SHOWN, 0),
        "by_agency": Counter(t.agency_code for t in late).most_common(),
        "agencies": dict(agency_choices(call.services)),
        "names": people_names(call.services),
    }
    return show(call, "late", context, here="late")


def _is_late(ticket: Ticket, now: datetime) -> bool:
    due = due_of(ticket, now)
    return bool(due and due["is_late"])


def _listed(services: Services, query: QueueQuery) -> Iterator[Ticket]:
    token = ""
    while True:
        page = services.store.queue(query, 100, token)
        yield from page.items
        token = page.next_token
        if not token:
            return


@room("/console/kept", Act.READ_TICKETS)
def show_kept(call: Call) -> Response:
    """Promises kept, by agency and service, month by month."""
    now, catalog = call.services.clock.now(), call.services.catalog.load()
    since = (now - timedelta(days=30 * MONTHS)).replace(day=1)
    clock = call.arg("clock", "resolution")
    clock = clock if clock in CLOCKS else "resolution"
    found = tally(
        _decided_since(call.services, call.person.staff.agency_codes, since), catalog, now
    )
    months = sorted({line.month for line in found if line.month >= f"{since:%Y-%m}"})[-MONTHS:]
    agencies = {code: in_words(a.agency_name) for code, a in catalog.agencies.items()}
    titles = {code: in_words(s.service_name) for code, s in catalog.services.items()}
    context = {
        "clock": clock,
        "clocks": named("clock", CLOCKS),
        "months": months,
        "groups": [
            ("agency", _rows(found, "agency", clock, months, agencies)),
            ("service", _rows(found, "service", clock, months, titles)),
        ],
        "looked_at": LOOKED_AT,
    }
    return show(call, "kept", context, here="kept")


def _decided_since(
    services: Services, agency_codes: tuple[str, ...], since: datetime
) -> Iterator[Ticket]:
    """Open tickets, and those that ended since; as many as one page can count."""
    yield from islice(_listed(services, QueueQuery(agency_codes=agency_codes)), LOOKED_AT)
    done = islice(
        _listed(services, QueueQuery(agency_codes=agency_codes, is_open=False)), LOOKED_AT
    )
    yield from takewhile(lambda ticket: ticket.updated_at >= since, done)


def _rows(
    found: dict[Line, Tally], by: str, clock: str, months: list[str], titles: dict[str, str]
) -> list[dict[str, Any]]:
    """One line for each agency or service that promised something in these months."""
    rows = []
    for code in sorted({line.code for line in found if line.by == by}):
        cells = [found.get(Line(by, code, clock, month), Tally()) for month in months]
        whole = Tally(sum(c.kept for c in cells), sum(c.decided for c in cells))
        if whole.decided:
            rows.append({"title": titles.get(code, code), "cells": cells, "whole": whole})
    return sorted(rows, key=lambda row: (row["whole"].percent, row["title"]))
