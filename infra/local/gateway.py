"""API Gateway as the town plays it: an HTTP request becomes the event that Lambda gets, and back.

Chalice's own local gateway differs from AWS in the event's shape and mixes up the contexts of threads.
"""

from __future__ import annotations

import base64
import json
import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import responses as reasons
from typing import Any
from urllib.parse import parse_qs

from chalice.local import LambdaContext

from chalicelib.handlers.http.routing import GREEDY
from infra.api import TOLD, bodies_of, headers_of
from infra.local.objects import handed_out, is_link

MOST_BYTES = 10 * 1024 * 1024
MOST_EVENT = 6 * 1024 * 1024  # for a function, base 64 included
MOST_ANSWER = 6 * 1024 * 1024  # of a function, base 64 included
TIME_LIMIT_MS = 29_000
Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """One HTTP request; `target` is path and query as they stood on the wire."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)
    source_ip: str = "203.0.113.10"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Headers
    body: bytes


class Gateway:
    """Serves a Chalice app as API Gateway and Lambda would, from any number of threads."""

    def __init__(self, app: Any) -> None:
        if not isinstance(app, _PerThread):
            app.__class__ = type("TownChalice", (_PerThread, app.__class__), {})
        self._app = app

    def serve(self, request: Request) -> Answer:
        """The app's answer, or the gateway's own for what never reaches a function."""
        event = self._event(request)
        if len(request.body) > MOST_BYTES or len(json.dumps(event)) > MOST_EVENT:
            return _own_answer("REQUEST_TOO_LARGE", request)
        result = self._app(event, LambdaContext("api_handler", 1024, TIME_LIMIT_MS))
        if len(result.get("body") or "") > MOST_ANSWER:
            return Answer(
                502, [("Content-Type", "text/plain")], b"More than a function can answer."
            )
        return _followed(_answer(result))

    def _event(self, request: Request) -> Any:
        path, _, asked = request.target.partition("?")
        resource = GREEDY if path.removeprefix("/") else "/"
        query = parse_qs(asked, keep_blank_values=True)
        headers = _multiple(request.headers)
        is_binary = _is_binary(headers, self._app.api.binary_types)
        return {
            "resource": resource,
            "path": path,
            "httpMethod": request.method,
            "headers": {name: values[-1] for name, values in headers.items()} or None,
            "multiValueHeaders": headers or None,
            "queryStringParameters": {k: v[-1] for k, v in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": {"proxy": path[1:]} if resource == GREEDY else None,
            "stageVariables": None,
            "requestContext": _context(request, resource, path),
            "body": _body(request.body, is_binary=is_binary),
            "isBase64Encoded": is_binary and bool(request.body),
        }


class _PerThread:
    """Keeps what Chalice stores on the app, one request per Lambda, apart for each thread."""

    _kept = threading.local()

    @property
    def current_request(self) -> Any:
        return getattr(self._kept, "request", None)

    @current_request.setter
    def current_request(self, request: Any) -> None:
        self._kept.request = request

    @property
    def lambda_context(self) -> Any:
        return getattr(self._kept, "context", None)

    @lambda_context.setter
    def lambda_context(self, context: Any) -> None:
        self._kept.context = context


def _context(request: Request, resource: str, path: str) -> dict[str, Any]:
    return {
        "resourcePath": resource,
        "httpMethod": request.method,
        "path": path,
        "stage": "live",
        "accountId": "123456789012",
        "requestId": str(uuid.uuid4()),
        "protocol": "HTTP/1.1",
        "identity": {
            "sourceIp": request.source_ip,
            "userAgent": dict(request.headers).get("User-Agent", ""),
        },
    }


def _multiple(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return found


def _is_binary(headers: Mapping[str, list[str]], binary_types: Iterable[str]) -> bool:
    named = next((v[-1] for n, v in headers.items() if n.lower() == "content-type"), "")
    kind = named.partition(";")[0].strip().lower()
    families = {binary.removesuffix("*") for binary in binary_types if binary.endswith("/*")}
    return kind in binary_types or any(kind.startswith(family) for family in families)


def _body(body: bytes, *, is_binary: bool) -> str | None:
    if not body:
        return None
    return base64.b64encode(body).decode() if is_binary else body.decode("utf-8", "replace")


def _answer(result: Mapping[str, Any]) -> Answer:
    body = result.get("body")
    if result.get("isBase64Encoded"):
        data = base64.b64decode(body or "")
    else:
        data = b"" if body is None else str(body).encode()
    headers = [(name, str(value)) for name, value in (result.get("headers") or {}).items()]
    for name, values in (result.get("multiValueHeaders") or {}).items():
        headers += [(name, str(value)) for value in values]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    status = int(result["statusCode"])
    return Answer(status, headers, b"" if status in (204, 304) else data)


def _followed(answer: Answer) -> Answer:
    """What a browser gets that follows a link to S3, which no port of the town stands for."""
    url = next((value for name, value in answer.headers if name.lower() == "location"), "")
    if answer.status != 303 or not is_link(url):
        return answer
    headers, body = handed_out(url)
    return Answer(200, headers, body)


def _own_answer(kind: str, request: Request) -> Answer:
    """What `infra/api.py` makes the gateway say."""
    told = TOLD[kind]
    accepted = next((v for n, v in request.headers if n.lower() == "accept"), "")
    bodies = bodies_of(told)
    content_type = next((kind for kind in bodies if kind in accepted), "application/json")
    headers = [*headers_of(told).items(), ("Content-Type", content_type)]
    return Answer(told.status, headers, bodies[content_type].encode())


def status_line(status: int) -> str:
    """`404 Not Found`."""
    return f"{status} {reasons.get(status, 'Unknown')}"
