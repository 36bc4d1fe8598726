"""The catalogue as JSON: one set of routes per kind, made from one table; decides nothing itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

from chalice.app import Response

from chalicelib.channels.bounds import REQUEST_BYTES
from chalicelib.errors import InvalidRequest
from chalicelib.handlers.api import schemas
from chalicelib.handlers.api.doors import View, door, read_body, wanted_version
from chalicelib.handlers.api.schemas import plain
from chalicelib.handlers.http import Call, json_answer
from chalicelib.identity.accounts import Act
from chalicelib.tickets.catalog.bodies import CODE_FIELDS
from chalicelib.tickets.ports import CatalogItem

TAG = "Catalogue"
# Plural in the address, singular in the catalogue.
KINDS = {
    "services": "service",
    "agencies": "agency",
    "calendars": "calendar",
    "targets": "target",
    "rules": "rule",
    "policies": "policy",
    "notices": "notice",
    "areas": "area",
    "routes": "route",
}


def _item_answer(item: CatalogItem) -> Response:
    return json_answer(plain.item(item), headers={"ETag": f'"{item.version}"'})


def _list_answer(items: list[CatalogItem]) -> Response:
    return json_answer({"items": [plain.item(item) for item in items]})


@door(
    "PUT",
    "/rule-order",
    Act.WRITE_CATALOG,
    summary="Put the rules in order",
    tag=TAG,
    body="RuleOrder",
    answers="CatalogList",
)
def order_rules(call: Call) -> Response:
    """The order in which rules are tried."""
    body = read_body(call, schemas.bodies.RuleOrder)
    desk = call.services.catalog_desk
    desk.reorder_rules(body.rule_ids, call.person.actor)
    return _list_answer(desk.items("rule"))


@door(
    "PUT",
    "/rules/{code}/enabled",
    Act.WRITE_CATALOG,
    summary="Switch a rule on or off",
    tag=TAG,
    body="RuleSwitch",
    answers="CatalogShape",
    is_versioned=True,
)
def switch_rule(call: Call, code: str) -> Response:
    """Whether a rule is applied."""
    body = read_body(call, schemas.bodies.RuleSwitch)
    version = wanted_version(call, body.version)
    desk, actor = call.services.catalog_desk, call.person.actor
    return _item_answer(desk.enable_rule(code, actor, is_enabled=body.is_enabled, version=version))


def with_code(kind: str, code: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body under its code; one that names another code is refused with `InvalidRequest`."""
    name = CODE_FIELDS.get(kind)
    if name is None:
        return dict(body)
    if body.get(name, code) != code:
        raise InvalidRequest(
            "The code in the body is another than in the address.", {name: f"Write {code!r}."}
        )
    return {**body, name: code}


def _list(kind: str) -> View:
    def view(call: Call) -> Response:
        return _list_answer(call.services.catalog_desk.items(kind))

    return view


def _get(kind: str) -> View:
    def view(call: Call, code: str) -> Response:
        return _item_answer(call.services.catalog_desk.item(kind, code))

    return view


def _put(kind: str) -> View:
    def view(call: Call, code: str) -> Response:
        wanted = read_body(call, schemas.bodies.CatalogChange)
        version = wanted_version(call, wanted.version)
        body = with_code(kind, code, wanted.body)
        desk, actor = call.services.catalog_desk, call.person.actor
        return _item_answer(desk.put(kind, body, actor, version=version, note=wanted.note))

    return view


def _delete(kind: str) -> View:
    def view(call: Call, code: str) -> Response:
        wanted = read_body(call, schemas.bodies.Removal) if call.body else schemas.bodies.Removal()
        version = wanted_version(call, wanted.version)
        desk, actor = call.services.catalog_desk, call.person.actor
        return _item_answer(desk.delete(kind, code, actor, version=version, note=wanted.note))

    return view


def _history(kind: str) -> View:
    def view(call: Call, code: str) -> Response:
        return _list_answer(as_many_as_fit(call.services.catalog_desk.history(kind, code)))

    return view


def as_many_as_fit(versions: list[CatalogItem]) -> list[CatalogItem]:
    """As many of the latest versions as one answer carries; the first in any case."""
    sizes = accumulate(len(json.dumps(each.body)) for each in versions)
    return [
        v
        for v, size in zip(versions, sizes, strict=True)
        if size <= REQUEST_BYTES or v is versions[0]
    ]


def _open(
    name: str, make: Callable[[str], View], method: str, path: str, summary: str, **rest: object
) -> None:
    act = Act.READ_CATALOG if method == "GET" else Act.WRITE_CATALOG
    for plural, kind in KINDS.items():
        view = make(kind)
        view.__name__ = f"{name}_{plural if name == 'list' else kind}"
        view.__doc__ = summary
        door(method, f"/{plural}{path}", act, summary=summary, tag=plural.title(), **rest)(view)


_open("list", _list, "GET", "", "All there are, by code", answers="CatalogList")
_open("get", _get, "GET", "/{code}", "One of them as published", answers="CatalogShape")
_open(
    "put",
    _put,
    "PUT",
    "/{code}",
    "Create (version 0) or change it",
    body="CatalogChange",
    answers="CatalogShape",
    is_versioned=True,
)
_open(
    "delete",
    _delete,
    "DELETE",
    "/{code}",
    "Take it out of the catalogue; its history stays",
    body="Removal",
    answers="CatalogShape",
    is_versioned=True,
)
_open(
    "history",
    _history,
    "GET",
    "/{code}/history",
    "Its versions, newest first, as many as one answer carries",
    answers="CatalogList",
)
