"""The OpenAPI document is true: held against the routes both ways, and against real answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.handlers.api import DOORS
from chalicelib.handlers.api.openapi import make_document
from chalicelib.handlers.api.schemas import bodies, responses
from tests.handlers.desk_work import act, report
from tests.harness import Harness, Response

DOCUMENT = "/api/v1/openapi.json"


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def test_the_document_names_every_route_and_no_other(town: Harness) -> None:
    from app import app  # not before the town has set the names that it reads

    described = {
        (method.upper(), path)
        for path, methods in make_document()["paths"].items()
        for method in methods
    }
    registered = {
        (method, path)
        for path, methods in app.routes.items()
        if path.startswith("/api/") and path != DOCUMENT
        for method in methods
        if method != "HEAD"
    }
    assert described == registered


def test_every_operation_says_its_parameters() -> None:
    for path, methods in make_document()["paths"].items():
        wanted = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for operation in methods.values():
            named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert named == wanted, path
            assert operation["description"].startswith("Allowed to: ")


def test_names_are_unique_and_references_resolve() -> None:
    names = [door.name for door in DOORS]
    assert len(set(names)) == len(names)
    known = make_document()["components"]["schemas"]

    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"].removeprefix("#/components/schemas/")
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    assert set(references(make_document())) <= set(known)


def test_every_body_refuses_unknown_fields() -> None:
    schemas = make_document()["components"]["schemas"]
    for door in DOORS:
        if door.body:
            assert schemas[door.body]["additionalProperties"] is False
            assert getattr(bodies, door.body).model_config["extra"] == "forbid"


def test_the_document_is_served_to_everybody(town: Harness) -> None:
    answer = town.http("GET", DOCUMENT)
    assert answer.status == 200
    assert answer.json() == make_document() | {"servers": [{"url": "/"}]}


def holds(answer: Response, name: str) -> Any:
    """The answer's data, when it is exactly what the document says."""
    assert answer.status == 200, answer.text
    getattr(responses, name).model_validate(answer.json())
    return answer.json()


def test_real_answers_are_as_described(town: Harness) -> None:
    ticket_id = report(town, "The swing is broken", service="playground")
    town.drain()
    assert holds(act(town, ticket_id, "reply", text="Soon", version=1), "TicketShape")
    reads = {
        "Myself": "/api/v1/me",
        "People": "/api/v1/people",
        "TicketPage": "/api/v1/tickets",
        "CaseShape": f"/api/v1/tickets/{ticket_id}",
        "HeldPage": "/api/v1/quarantine",
        "AuditPage": "/api/v1/audit",
        "CatalogList": "/api/v1/rules",
        "CatalogShape": "/api/v1/policies/policy",
    }
    for name, path in reads.items():
        assert holds(town.http("GET", path, user="administrator"), name)


def test_errors_are_as_described(town: Harness) -> None:
    error = town.http("GET", "/api/v1/tickets/x", user="agent").json()["error"]
    required = make_document()["components"]["schemas"]["Error"]["properties"]["error"]["required"]
    assert set(required) <= set(error)
