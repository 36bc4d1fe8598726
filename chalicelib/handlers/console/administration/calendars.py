"""A calendar as a form that anybody can fill in: hours of the week, holidays, days off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.errors import InvalidRequest, StaleTicket
from chalicelib.handlers.console.administration.form_pages import Moves, moves_of
from chalicelib.handlers.console.administration.rule_pages import version_of
from chalicelib.handlers.console.door.visit import in_full, room, say, show
from chalicelib.handlers.http import Call, Form, Services, redirect
from chalicelib.identity.accounts import Act
from chalicelib.tickets.catalog.bodies import read_calendar
from chalicelib.tickets.worktime.calendars import WEEKDAYS

ONE = "/console/calendars/{code}"
PREVIEW_DAYS = 14
PARTS = {"closures": "closed", "openings": "open"}


@room(ONE, Act.READ_CATALOG)
def show_calendar(call: Call, code: str) -> Response:
    """The hours, the holidays, and what the next two weeks look like."""
    item = call.services.catalog_desk.item("calendar", code)
    return _page(call, code, fields_of(item.body), item.version)


@room(ONE, Act.WRITE_CATALOG, methods=["POST"])
def save_calendar(call: Call, code: str) -> Response:
    """Publish the calendar, or say what is wrong; `preview` only says what would move."""
    version, desk = version_of(call), call.services.catalog_desk
    fields = {name: values[-1] for name, values in call.form.fields.items() if values}
    body = body_of(desk.item("calendar", code).body, call.form)
    try:
        if call.form.get("do") == "preview":
            return _page(
                call, code, fields, version, moves=moves_of(call.services, "calendar", body)
            )
        note = shortened(call.form.get("note"), bounds.NOTE)
        desk.put("calendar", body, call.person.staff.actor, version=version, note=note)
    except InvalidRequest as error:
        return _page(call, code, fields, version, problems=error.fields, status=400)
    except StaleTicket as error:
        return _page(call, code, fields, version, problems={"": str(error)}, status=409)
    return redirect(call, f"/console/calendars/{code}")


def fields_of(body: Mapping[str, Any]) -> dict[str, str]:
    """A calendar's body as its form shows it: hours as `09:00-12:00, 13:00-17:00`, one day a line."""
    fields = {name: str(body.get(name, "")) for name in ("name", "timezone")}
    fields |= {name: str(body.get(name, "")) for name in ("holiday_country", "holiday_region")}
    for day in WEEKDAYS:
        fields[day] = ", ".join(f"{a}-{b}" for a, b in body["weekly"].get(day, ()))
    for part in PARTS:
        days: Mapping[str, str] = body.get(part, {})
        fields[part] = "\n".join(f"{day} {name}".strip() for day, name in sorted(days.items()))
    return fields


def body_of(stored: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """The body that a filled-in form means; what cannot be read stays for the check to name."""
    names = ("name", "timezone", "holiday_country", "holiday_region")
    simple = {name: form.get(name).strip() for name in names}
    weekly = {day: _hours(form.get(day)) for day in WEEKDAYS}
    days = {part: _days(form.get(part)) for part in PARTS}
    kept = {k: v for k, v in stored.items() if not k.startswith("known_")}
    return {**kept, **simple, **days, "weekly": {day: h for day, h in weekly.items() if h}}


def _hours(text: str) -> list[list[str]]:
    spans = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    return [[side.strip() for side in span.replace("–", "-").split("-", 1)] for span in spans]


def _days(text: str) -> dict[str, str]:
    lines = [line.strip().partition(" ") for line in text.splitlines() if line.strip()]
    return {day: name.strip() for day, _, name in lines}


def _page(
    call: Call,
    code: str,
    fields: Mapping[str, str],
    version: int,
    *,
    problems: Mapping[str, str] | None = None,
    moves: Moves | None = None,
    status: int = 200,
) -> Response:
    context = {
        "code": code,
        "fields": fields,
        "version": version,
        "problems": {_field(path): text for path, text in (problems or {}).items()},
        "days": [(day, say(f"weekday.{day}")) for day in WEEKDAYS],
        "ahead": _ahead(call.services, code),
        "moves": moves,
    }
    return show(call, "calendar", context, status=status, here="catalogue")


def _field(path: str) -> str:
    """`weekly.monday[0]` is shown at Monday."""
    name = path.removeprefix("weekly.").partition("[")[0]
    return name.partition(".")[0] or "name"


def _ahead(services: Services, code: str) -> list[tuple[date, str, str, str]]:
    """The next days as published: the day, what people call it, its hours, why it is off."""
    calendar = read_calendar(services.catalog_desk.item("calendar", code).body)
    first = services.clock.now().astimezone(calendar.zone).date()
    days = [first + timedelta(days=n) for n in range(PREVIEW_DAYS)]
    return [(day, in_full(day), _shown(calendar, day), calendar.day_off(day)) for day in days]


def _shown(calendar: Any, day: date) -> str:
    if calendar.day_off(day):
        return ""
    spans: Sequence[tuple[str, str]] = calendar.weekly.get(WEEKDAYS[day.weekday()], ())
    return ", ".join(f"{a}–{b}" for a, b in spans)
