"""The REST API as it is deployed: one greedy route to the app, and what the gateway says by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.handlers.http.answers import SECURITY_HEADERS
from chalicelib.handlers.http.routing import GREEDY
from infra.cloudformation import Template

ANY = "x-amazon-apigateway-any-method"


@dataclass(frozen=True)
class Told:
    """What the gateway says where no function is reached; the code begins with the status."""

    code: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The answer's status; a default leaves each refusal its own."""
        return int(self.code.partition(".")[0])


_LATER = "Try again in a minute."
# By the gateway's names of its refusals. A path or method that is nobody's is refused by the app.
TOLD = {
    # A function takes 6 MB, of which base 64 leaves 4.4 MB; the gateway itself would take 10 MB.
    "REQUEST_TOO_LARGE": Told(
        "413.too_large", "That is too large. Send at most 4 MB, photos included."
    ),
    "THROTTLED": Told(
        "429.too_many", f"Too many requests at once. {_LATER}", {"Retry-After": "60"}
    ),
    "WAF_FILTERED": Told(
        "403.too_many",
        "Too many requests came from your network. Try again in five minutes, or call us.",
        {"Retry-After": "300"},
    ),
    "INTEGRATION_TIMEOUT": Told("504.slow", f"That took too long. {_LATER}"),
    "DEFAULT_4XX": Told("400.bad_request", "This request cannot be served."),
    "DEFAULT_5XX": Told("500.internal", f"Something went wrong on our side. {_LATER}"),
}
_PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>{}</title><p>{}</p></html>'
_XML = '<?xml version="1.0" encoding="utf-8"?><errors><error>{}</error></errors>'


def with_greedy_route(sam: Template) -> Template:
    """`sam` with a gateway that hands every path and method to the app, which knows its own routes.

    Chalice writes a path for each of them, and an API may have 300.
    """
    properties = sam["Resources"]["RestAPI"]["Properties"]
    paths = properties["DefinitionBody"]["paths"]
    method = next(iter(paths["/"].values()))
    proxy = {"name": "proxy", "in": "path", "required": True, "type": "string"}
    properties["DefinitionBody"]["paths"] = {
        "/": {ANY: _plain(method)},
        GREEDY: {ANY: _plain(method) | {"parameters": [proxy]}},
    }
    properties["GatewayResponses"] = {name: _response(name, told) for name, told in TOLD.items()}
    return sam


def _plain(method: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a method without the words of its view."""
    copied: dict[str, Any] = json.loads(json.dumps(method))
    copied.pop("summary", None)
    copied.pop("description", None)
    return copied


def headers_of(told: Told) -> dict[str, str]:
    """The headers of a refusal: those of the app's answers, and its own."""
    # The app's policy has quotes, and a value between quotes may have none. No script runs here either way.
    return {**SECURITY_HEADERS, "Content-Security-Policy": "sandbox", **told.headers}


def bodies_of(told: Told) -> dict[str, str]:
    """What a refusal says, by the type that is asked for; the shape is that of Open311's errors."""
    error = {"code": told.code, "description": told.text}
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in error.items())
    return {
        "application/json": json.dumps([error]),
        "text/xml": _XML.format(inner),
        "text/html": _PAGE.format(told.status, told.text),
    }


def _response(name: str, told: Told) -> dict[str, Any]:
    quoted = {header: f"'{value}'" for header, value in headers_of(told).items()}
    fixed = {} if name.startswith("DEFAULT_") else {"StatusCode": str(told.status)}
    return {
        **fixed,
        "ResponseParameters": {"Headers": quoted},
        "ResponseTemplates": bodies_of(told),
    }
