"""The form of a catalogue item: shown, saved, mistakes at their fields; decides nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.errors import InvalidRequest, StaleTicket
from chalicelib.handlers.console.administration import form_fields
from chalicelib.handlers.console.administration.form_fields import FormField
from chalicelib.handlers.console.administration.forms import (
    DEFAULTS,
    code_field,
    fields_of,
    groups_of,
)
from chalicelib.handlers.console.administration.rule_pages import version_of
from chalicelib.handlers.console.door.visit import fault_said, in_words, named, say, show
from chalicelib.handlers.http import Call, Form, Services, redirect
from chalicelib.templates.pages import LANGUAGES, messages
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.catalog.bodies import CODE_FIELDS, read_body, write_body

LIST = "/console/catalogue"
MOVING = frozenset({"service", "agency", "calendar", "target"})  # what deadlines depend on
Moves = tuple[Sequence[Any], bool]


def form_of(call: Call, kind: str, body: Mapping[str, Any]) -> Form:
    """A body as its form, with what it leaves out filled in; a new promise may name its service."""
    code = body.get(CODE_FIELDS.get(kind, ""), "")
    full = write_body(read_body(kind, body)) if code or kind == "policy" else DEFAULTS[kind]
    asked = {"service_codes": [call.arg("service")]} if call.arg("service") else {}
    return form_fields.show_fields(_fields(call.services, kind), {**full, **asked})


def _fields(services: Services, kind: str) -> list[FormField]:
    return fields_of(services, kind, _catalog(services))


def _catalog(services: Services) -> Catalog:
    return services.catalog.load()


def save_form(call: Call, kind: str, code: str) -> Response:
    """Publish what the form says, or delete; else the form again, as it was filled in."""
    desk, actor, version = call.services.catalog_desk, call.person.staff.actor, version_of(call)
    note = shortened(call.form.get("note"), bounds.NOTE)
    try:
        if call.form.get("do") == "delete":
            desk.delete(kind, code, actor, version=version, note=note)
        else:
            body = _body(call, kind, code)
            if call.form.get("do") == "preview":
                return show_form(
                    call, kind, code, call.form, version, moves=moves_of(call.services, kind, body)
                )
            desk.put(kind, body, actor, version=version, note=note)
    except InvalidRequest as error:
        return show_form(call, kind, code, call.form, version, problems=error.fields, status=400)
    except StaleTicket as error:
        return show_form(call, kind, code, call.form, version, message=str(error), status=409)
    return redirect(call, LIST)


def moves_of(services: Services, kind: str, body: Mapping[str, Any]) -> Moves:
    """Which open tickets would be due at another moment by this body, and whether more are open
    than were looked at; nothing is changed. Raises `InvalidRequest`."""
    return services.recomputation.preview(services.catalog_desk.imagine(kind, body))


def _body(call: Call, kind: str, code: str) -> dict[str, Any]:
    """The body to publish. Raises `InvalidRequest` for all that is wrong, readable or not."""
    desk, code_name = call.services.catalog_desk, CODE_FIELDS.get(kind, "")
    stored = {} if code == "new" else dict(desk.item(kind, code).body)
    body, problems = form_fields.read_fields(_fields(call.services, kind), call.form, stored)
    if code_name:
        body[code_name] = call.form.get(code_name).strip() if code == "new" else code
    try:
        desk.check(kind, body)
    except InvalidRequest as error:
        problems = {**error.fields, **problems}
    if problems:
        raise InvalidRequest("Some fields are wrong.", problems)
    return body


def show_form(
    call: Call,
    kind: str,
    code: str,
    form: Form,
    version: int,
    *,
    problems: Mapping[str, str] | None = None,
    message: str = "",
    moves: Moves | None = None,
    status: int = 200,
) -> Response:
    """The form of a thing, with its history."""
    fields = _fields(call.services, kind)
    found = dict(_placed(problems or {}, fields))
    context = {
        "kind": kind,
        "code": code,
        "code_field": code_field(kind).name if code == "new" and kind in CODE_FIELDS else "",
        "groups": groups_of(call.services, kind, _catalog(call.services)),
        "form": form,
        "asked_in": form_fields.languages_of(fields, form),
        "units": named("unit", form_fields.UNITS),
        "version": version,
        "problems": found,
        "summary": [(place, _label(place), text) for place, text in found.items()],
        "message": message,
        "moves": moves,
        "may_move": kind in MOVING,
        "extras": _extras(call.services, kind, code),
        "history_items": call.services.catalog_desk.history(kind, code)[:20]
        if code != "new"
        else [],
    }
    return show(call, "thing_form", context, status=status, here="catalogue")


def _placed(problems: Mapping[str, str], fields: list[FormField]) -> Iterator[tuple[str, str]]:
    """Problems by the input that they are about; several about one are said together."""
    said: dict[str, list[str]] = {}
    for path, text in problems.items():
        said.setdefault(form_fields.place_of(path, fields), []).append(fault_said(text))
    return ((place, "; ".join(texts)) for place, texts in said.items())


def _label(place: str) -> str:
    name, _, language = place.partition(".")
    key = f"thing.field.{name}"
    label = say(key) if key in messages("en", "console") else name
    return f"{label}, {LANGUAGES.get(language, language)}" if language else label


def _extras(services: Services, kind: str, code: str) -> dict[str, Any]:
    """What hangs on a service: its questions, and what is promised for it."""
    if kind != "service" or code == "new":
        return {"questions": [], "targets": []}
    catalog = _catalog(services)
    service = catalog.services.get(code)
    questions = sorted(service.attributes, key=lambda each: each.order) if service else []
    return {
        "questions": [(q, in_words(q.description)) for q in questions],
        "targets": [t for t in catalog.targets if code in t.service_codes],
    }
