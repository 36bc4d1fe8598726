"""The OpenAPI document, made from the table of routes and the models; nothing in it is written twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from chalice.app import Response

from chalicelib.handlers.api import schemas
from chalicelib.handlers.api.doors import DOORS, PREFIX, Argument, Door, routes
from chalicelib.handlers.http import Call, api, json_answer, json_failure
from chalicelib.identity.accounts import PERMISSIONS, Act
from chalicelib.tickets.model.ticket import Role

# Imported where used: pydantic's JSON schema takes 40 ms, for one document.

Json = dict[str, Any]
SCHEMAS = "#/components/schemas/"
_SYSTEMS = "Allowed to: the city's other systems, with an API key as the bearer token."
_DESCRIPTION = """Everything the console can do, as JSON.

Sign in at the user pool (InitiateAuth, with the hash that the client's secret makes) and send the
access token as a bearer token; it is good for a quarter of an hour, or until its sign-in is ended.
Who may do what is told with each operation; everything else is refused. A change of something that
several people may change names the version it was based on, as `version` or If-Match; when somebody
else was faster, the answer is 409 with the current version, and nothing is overwritten."""
_ERRORS = {
    "400": "The body cannot be read.",
    "401": "No valid token.",
    "403": "Your roles do not allow this.",
    "404": "There is no such thing, or it is not visible to you.",
    "409": "Somebody else was faster, or the ticket's life does not allow it.",
    "422": "Some fields are wrong; they are named.",
    "503": "Busy; nothing was changed, try again.",
}


@api(routes, f"{PREFIX}/openapi.json", public=True, failure=json_failure)
def openapi(call: Call) -> Response:
    """The document, for everybody; its paths are under the address that it was asked for at."""
    document = make_document() | {"servers": [{"url": call.base or "/"}]}
    return json_answer(document, headers={"Cache-Control": "public, max-age=300"})


@cache
def make_document() -> Json:
    """The OpenAPI 3.1 document of all staff routes."""
    paths: Json = {}
    for door in DOORS:
        paths.setdefault(door.path, {})[door.method.lower()] = _operation(door)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Civicline staff API", "version": "1", "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": {**_schemas(DOORS), "Error": _error_schema()},
            "securitySchemes": {
                "staff": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
        "security": [{"staff": []}],
    }


def _operation(door: Door) -> Json:
    made: Json = {
        "operationId": door.name,
        "summary": door.summary,
        "description": _SYSTEMS if door.is_for_systems else _who_may(door.act),
        "tags": [door.tag],
        "parameters": list(_parameters(door)),
        "responses": {"200": _success(door), **_failures(door)},
    }
    if door.body:
        content = {"application/json": {"schema": {"$ref": SCHEMAS + door.body}}}
        made["requestBody"] = {"required": True, "content": content}
    return made


def _who_may(act: Act | None) -> str:
    roles = [role.value for role in Role if act is None or act in PERMISSIONS[role]]
    return f"Allowed to: {', '.join(roles)}."


def _parameters(door: Door) -> Iterator[Json]:
    for part in door.path.split("/"):
        if part.startswith("{"):
            place = {"name": part[1:-1], "in": "path", "required": True}
            yield {**place, "schema": {"type": "string"}}
    for argument in door.arguments:
        place = {"name": argument.name, "in": "query", "required": False}
        yield {**place, "description": argument.description, "schema": _schema_of(argument)}
    if door.is_versioned:
        text = "The version your change is based on, unless the body says it."
        place = {"name": "If-Match", "in": "header", "description": text}
        yield {**place, "schema": {"type": "string"}}


def _schema_of(argument: Argument) -> Json:
    schema: Json = {"type": "string"}
    if argument.choices:
        schema["enum"] = list(argument.choices)
    return {"type": "array", "items": schema} if argument.is_list else schema


def _success(door: Door) -> Json:
    if not door.answers:
        schema: Json = {"type": "string", "format": "binary"}
        return {
            "description": "The bytes.",
            "content": {"application/octet-stream": {"schema": schema}},
        }
    schema = {"$ref": SCHEMAS + door.answers}
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _failures(door: Door) -> Json:
    codes = {"401", "403", "503"}
    codes |= {"404"} if "{" in door.path else set()
    codes |= {"400", "422"} if door.body else set()
    codes |= {"422"} if door.arguments else set()
    codes |= {"409"} if door.is_versioned else set()
    content = {"application/json": {"schema": {"$ref": SCHEMAS + "Error"}}}
    return {code: {"description": _ERRORS[code], "content": content} for code in sorted(codes)}


def _schemas(doors: Iterable[Door]) -> Json:
    from pydantic.json_schema import models_json_schema

    wanted = [(getattr(schemas.bodies, d.body), "validation") for d in doors if d.body]
    wanted += [(getattr(schemas.responses, d.answers), "serialization") for d in doors if d.answers]
    _, found = models_json_schema(wanted, ref_template=SCHEMAS + "{model}")  # type: ignore[arg-type]
    return dict(found["$defs"])


def _error_schema() -> Json:
    text = {"type": "string"}
    fields = {"type": "object", "additionalProperties": text}
    error = {
        "type": "object",
        "required": ["code", "message", "request_id"],
        "properties": {
            "code": text,
            "message": text,
            "request_id": text,
            "fields": fields,
            "version": {"type": "integer"},
        },
    }
    return {"type": "object", "required": ["error"], "properties": {"error": error}}
