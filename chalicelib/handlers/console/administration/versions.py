"""Versions of a catalogue item: what changed between two, and the way back; decides nothing itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import ndiff
from typing import Any

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.errors import InvalidRequest, NotFound, StaleTicket
from chalicelib.handlers.console.administration.rule_pages import version_of
from chalicelib.handlers.console.door.visit import room, show
from chalicelib.handlers.downloads import download, note_access
from chalicelib.handlers.http import Call, redirect
from chalicelib.identity.accounts import Act
from chalicelib.tickets.catalog import KINDS
from chalicelib.tickets.ports import CatalogItem

ONE = "/console/versions/{kind}/{code}"
EXCHANGE = "/console/exchange"
SHOWN = 20


@room(ONE, Act.READ_CATALOG)
def show_versions(call: Call, kind: str, code: str) -> Response:
    """Who published what when, and the lines that changed."""
    return _versions(call, kind, code)


@room(ONE, Act.WRITE_CATALOG, methods=["POST"])
def go_back(call: Call, kind: str, code: str) -> Response:
    """Publish an earlier version once more."""
    to, actor = _number(call.form.get("to_version")), call.person.staff.actor
    try:
        call.services.catalog_desk.rollback(kind, code, to, actor, version=version_of(call))
    except (InvalidRequest, StaleTicket) as error:
        return _versions(call, kind, code, message=str(error), status=409)
    return redirect(call, f"/console/versions/{kind}/{code}")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequest("The form is not complete; load the page again.", {})
    return int(text)


def _versions(
    call: Call, kind: str, code: str, *, message: str = "", status: int = 200
) -> Response:
    found = call.services.catalog_desk.history(kind, code)[: SHOWN + 1]
    if not found:
        raise NotFound(f"There is no {kind} {code!r}.")
    context = {
        "kind": kind,
        "code": code,
        "current": found[0].version,
        "versions": [(item, changes_of(item, _before(found, at))) for at, item in enumerate(found)][
            :SHOWN
        ],
        "message": message,
    }
    return show(
        call, "versions", context, status=status, here="rules" if kind == "rule" else "catalogue"
    )


def _before(found: Sequence[CatalogItem], at: int) -> Mapping[str, Any]:
    return found[at + 1].body if at + 1 < len(found) else {}


def changes_of(item: CatalogItem, before: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The lines that differ from the version before, as (added or removed, line)."""
    old, new = _lines(before), _lines(item.body)
    signs = {"+ ": "added", "- ": "removed"}
    return [(signs[line[:2]], line[2:]) for line in ndiff(old, new) if line[:2] in signs]


def _lines(body: Mapping[str, Any]) -> list[str]:
    return json.dumps(dict(body), ensure_ascii=False, indent=1, sort_keys=True).splitlines()


@room(EXCHANGE, Act.WRITE_CATALOG)
def show_exchange(call: Call) -> Response:
    """Take the catalogue out, or bring one in."""
    return show(call, "exchange", {"typed": "", "done": None}, here="catalogue")


@room(EXCHANGE + "/catalogue.json", Act.READ_CATALOG)
def take_out(call: Call) -> Response:
    """The whole catalogue, or its rules only, as one file."""
    note_access(call.services, call.person.staff.actor, "catalogue_exported", "catalogue")
    document = call.services.catalog_desk.export()
    only = [kind for kind in call.query.get("kind", ()) if kind in KINDS]
    chosen = {kind: document[kind] for kind in only} if only else document
    text = json.dumps(chosen, ensure_ascii=False, indent=1)
    return download(text.encode(), f"{'-'.join(only) or 'catalogue'}.json")


@room(EXCHANGE, Act.WRITE_CATALOG, methods=["POST"])
def bring_in(call: Call) -> Response:
    """Publish what a file holds: all of it, or nothing."""
    typed = call.form.get("catalogue")
    try:
        document = json.loads(typed)
        if not isinstance(document, dict):
            raise InvalidRequest("This is no catalogue.", {"catalogue": "must be an object in { }"})
        actor, note = (
            call.person.staff.actor,
            shortened(call.form.get("note"), bounds.NOTE) or "Imported",
        )
        done = call.services.catalog_desk.import_items(document, actor, note=note)
    except ValueError as error:
        return _refused(call, typed, {"catalogue": f"is not JSON: {error}"})
    except (InvalidRequest, StaleTicket) as error:
        return _refused(call, typed, getattr(error, "fields", {}) or {"catalogue": str(error)})
    return show(call, "exchange", {"typed": "", "done": done}, here="catalogue")


def _refused(call: Call, typed: str, problems: Mapping[str, str]) -> Response:
    context = {"typed": typed, "done": None, "problems": dict(problems)}
    return show(call, "exchange", context, status=400, here="catalogue")
