"""Services, agencies, calendars, targets and the policy as checked JSON; decides nothing itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.errors import InvalidRequest, NotFound, StaleTicket
from chalicelib.handlers.api.catalogue import with_code
from chalicelib.handlers.console.administration import form_pages as forms
from chalicelib.handlers.console.administration.forms import FORMS
from chalicelib.handlers.console.administration.rule_pages import version_of
from chalicelib.handlers.console.door.visit import in_words, room, show
from chalicelib.handlers.http import Call, redirect
from chalicelib.identity.accounts import Act
from chalicelib.tickets.catalog.bodies import CODE_FIELDS
from chalicelib.tickets.ports import CatalogItem

LIST = "/console/catalogue"
ONE = LIST + "/{kind}/{code}"
KINDS = ("service", "agency", "calendar", "target", "area", "route", "policy")
NAMES = {
    "service": "service_name",
    "agency": "agency_name",
    "calendar": "name",
    "area": "name",
    "route": "name",
}
BLANKS: Mapping[str, Mapping[str, Any]] = {
    "service": {
        "service_code": "",
        "service_name": {"en": ""},
        "description": {"en": ""},
        "group": {"en": ""},
        "keywords": {"en": []},
        "agency_code": "",
        "priority": "p3",
    },
    "agency": {
        "agency_code": "",
        "agency_name": {"en": ""},
        "email": "",
        "supervisor_email": "",
        "calendar_code": "default",
    },
    "calendar": {
        "calendar_code": "",
        "name": "",
        "timezone": "America/New_York",
        "weekly": {"monday": [["09:00", "17:00"]]},
        "holiday_country": "US",
        "closures": {},
    },
    "target": {"target_id": "", "clock": "resolution", "minutes": 4800, "service_codes": []},
    "area": {
        "area_code": "",
        "name": {"en": ""},
        "geometry": {"type": "Polygon", "coordinates": []},
    },
    "route": {
        "route_id": "",
        "name": "",
        "order": 100,
        "when": {"service": [], "area": []},
        "agency_code": "",
    },
    "policy": {},
}


@room(LIST, Act.READ_CATALOG)
def show_catalogue(call: Call) -> Response:
    """Everything there is, by kind."""
    desk = call.services.catalog_desk
    groups = [(kind, [(item, title_of(item)) for item in desk.items(kind)]) for kind in KINDS]
    return show(call, "catalogue", {"groups": groups}, here="catalogue")


def title_of(item: CatalogItem) -> str:
    """What people call a thing of the catalogue."""
    name = item.body.get(NAMES.get(item.kind, ""), "")
    if item.kind == "target":
        return f"{item.body['clock'].replace('_', ' ')}: {item.body['minutes']} min"
    return in_words(name) if isinstance(name, Mapping) else str(name or item.code)


@room(ONE, Act.READ_CATALOG)
def show_thing(call: Call, kind: str, code: str) -> Response:
    """One of them in its form, or as JSON; the code `new` is a blank one."""
    _check_kind(kind)
    desk = call.services.catalog_desk
    item = None if code == "new" else desk.item(kind, code)
    body = item.body if item else BLANKS[kind]
    version = item.version if item else 0
    if kind in FORMS and call.arg("as") != "json":
        return forms.show_form(call, kind, code, forms.form_of(call, kind, body), version)
    return _editor(call, kind, code, _pretty(body), version=version)


@room(ONE, Act.WRITE_CATALOG, methods=["POST"])
def save_thing(call: Call, kind: str, code: str) -> Response:
    """Save or delete; when it does not happen, what was typed again, with what is wrong."""
    _check_kind(kind)
    if kind in FORMS and "body" not in call.form.fields:
        return forms.save_form(call, kind, code)
    return _save_json(call, kind, code)


def _save_json(call: Call, kind: str, code: str) -> Response:
    desk, actor, version = call.services.catalog_desk, call.person.staff.actor, version_of(call)
    typed, note = call.form.get("body"), shortened(call.form.get("note"), bounds.NOTE)
    try:
        if call.form.get("do") == "delete":
            desk.delete(kind, code, actor, version=version, note=note)
        else:
            body = _read(kind, code, typed)
            if call.form.get("do") == "preview":
                moves = forms.moves_of(call.services, kind, body)
                return _editor(call, kind, code, typed, version=version, moves=moves)
            desk.put(kind, body, actor, version=version, note=note)
    except InvalidRequest as error:
        return _editor(call, kind, code, typed, version=version, problems=error.fields, status=400)
    except StaleTicket as error:
        return _editor(call, kind, code, typed, version=version, message=str(error), status=409)
    return redirect(call, LIST)


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise NotFound("The catalogue has no such part.")


def _read(kind: str, code: str, text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidRequest(
            "This is not JSON.", {"body": f"is not JSON{where}: {error}"}
        ) from error
    if not isinstance(body, dict):
        raise InvalidRequest("This is not an object.", {"body": "must be an object in { }"})
    return body if code == "new" else with_code(kind, code, body)


def _pretty(body: Mapping[str, Any]) -> str:
    return json.dumps(dict(body), ensure_ascii=False, indent=2)


def _editor(
    call: Call,
    kind: str,
    code: str,
    text: str,
    *,
    version: int,
    problems: Mapping[str, str] | None = None,
    message: str = "",
    moves: forms.Moves | None = None,
    status: int = 200,
) -> Response:
    context = {
        "kind": kind,
        "moves": moves,
        "may_move": kind in forms.MOVING,
        "code": code,
        "code_field": CODE_FIELDS.get(kind, ""),
        "has_form": kind in FORMS,
        "body": text,
        "version": version,
        "problems": dict(problems or {}),
        "message": message,
        "history_items": call.services.catalog_desk.history(kind, code)[:20]
        if code != "new"
        else [],
    }
    return show(call, "thing", context, status=status, here="catalogue")
