"""What was asked for in a month: by channel, language, hour, agency, service and area; counts nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from chalice.app import Response

from chalicelib.handlers.console.desk.queue import agency_choices, service_names
from chalicelib.handlers.console.door.visit import (
    hour_title,
    in_words,
    language_title,
    month_title,
    room,
    say,
    show,
)
from chalicelib.handlers.http import Call
from chalicelib.identity.accounts import Act
from chalicelib.messages import Channel
from chalicelib.tickets.model.ticket import Priority
from chalicelib.tickets.publishing.months import months_before

ALL = "*"
KINDS = ("channel", "locale", "hour", "priority")
WHERE = ("agency", "service", "area")


@room("/console/figures", Act.READ_TICKETS)
def show_figures(call: Call) -> Response:
    """The counters of one month; the present one unless another is chosen."""
    services = call.services
    months = [m.name for m in months_before(services.clock.now(), services.settings.timezone)]
    month = call.arg("month")
    month = month if month in months else months[0]
    asked = services.figures.asked(month, call.person.staff.scope)
    whole = asked.get(ALL, Counter())
    context = {
        "month": month,
        "months": [(name, month_title(name)) for name in months],
        "number": whole["asked"],
        "kinds": [(kind, _shares(kind, whole)) for kind in KINDS],
        "places": [(by, _rows(by, asked, _titles(call, by))) for by in WHERE],
    }
    return show(call, "figures", context, here="figures")


def _shares(kind: str, counts: Counter[str]) -> list[tuple[str, int, int]]:
    """Lines (name, number, percent of all); hours in their order, the rest by number."""
    found = {
        name.partition(":")[2]: number
        for name, number in counts.items()
        if name.startswith(f"{kind}:")
    }
    order = sorted(found) if kind == "hour" else sorted(found, key=lambda n: (-found[n], n))
    whole = sum(found.values()) or 1
    return [(_name(kind, code), found[code], found[code] * 100 // whole) for code in order]


def _name(kind: str, code: str) -> str:
    if kind == "hour":
        return say("figures.hour", hour=hour_title(code))
    if kind == "locale":
        return language_title(code)
    known = (*Channel, *Priority)
    return say(f"{kind}.{code}") if code in known else code


def _rows(
    by: str, asked: Mapping[str, Counter[str]], titles: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One line for each agency, service or area, the most asked for first."""
    prefix = f"{by}:"
    rows = [
        {
            "title": titles.get(row.removeprefix(prefix)) or row.removeprefix(prefix),
            "number": counts["asked"],
            "channels": {code: counts[f"channel:{code}"] for code in Channel},
        }
        for row, counts in asked.items()
        if row.startswith(prefix)
    ]
    return sorted(rows, key=lambda row: (-row["number"], row["title"]))


def _titles(call: Call, by: str) -> Mapping[str, str]:
    if by == "agency":
        return dict(agency_choices(call.services))
    if by == "service":
        return service_names(call.services)
    areas = call.services.catalog.load().areas
    return {code: in_words(area.name) for code, area in areas.items()}
