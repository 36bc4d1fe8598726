"""Answers of the standard: in the format asked for, in the caller's language, open to every origin."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from chalice.app import Response

from chalicelib.channels.open311 import FORMATS, Problem, render, split_format
from chalicelib.errors import WrongWayIn
from chalicelib.handlers.http import Call, Failure, answer, not_modified
from chalicelib.templates.pages import translator

Headers = Mapping[str, str | list[str]]
CORS: Headers = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, Location, ETag, Content-Language, Retry-After",
}
PREFLIGHT: Headers = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Accept-Language, Idempotency-Key, X-Api-Key",
    "Access-Control-Max-Age": "86400",
}
_BY_STATUS = {
    401: "403.api_key",
    403: "403.api_key",
    404: "404.not_found",
    405: "400.method",
    415: "400.type",
    429: "429.too_many",
    500: "500.internal",
    503: "503.busy",
}


def format_of(call: Call) -> str:
    """The format that the suffix asks for; XML where it asks for none of ours."""
    return split_format(call.path.rstrip("/").rpartition("/")[2])[1] or "xml"


def send(
    call: Call,
    locale: str,
    root: str,
    data: Any,
    *,
    status: int = 200,
    headers: Headers | None = None,
) -> Response:
    """A document in the format asked for."""
    kind = format_of(call)
    described: Headers = {"Content-Language": locale, "Vary": "Accept-Language, Cookie", **CORS}
    body = render(kind, root, data)
    return answer(body, FORMATS[kind], status, {**described, **(headers or {})})


def send_cached(call: Call, locale: str, root: str, data: Any) -> Response:
    """A document that changes seldom: kept for a minute, then asked for by its tag."""
    body = render(format_of(call), root, data)
    etag = f'"{hashlib.sha256(f"{locale}{body}".encode()).hexdigest()[:32]}"'
    caching = {"Cache-Control": "public, max-age=60", "ETag": etag}
    unchanged = not_modified(call, etag, {**caching, "Access-Control-Allow-Origin": "*"})
    return unchanged or send(call, locale, root, data, headers=caching)


def send_problems(
    call: Call, problems: Sequence[Problem], status: int, headers: Headers | None = None
) -> Response:
    """The standard's error body; several problems are several entries."""
    locale = call.locale()
    t = translator(locale, "open311")
    errors = [
        {
            "code": problem.shown_code,
            "description": t(problem.code, subject=problem.subject, **problem.values).unescape(),
        }
        for problem in problems
    ]
    return send(call, locale, "errors", errors, status=status, headers=headers)


def show_failure(call: Call, failure: Failure) -> Response:
    """An error of ours, or of the framework, as the standard has it: 403, 404, or 400."""
    by_status = _BY_STATUS.get(failure.status, "400.general")
    code = "403.way_in" if failure.code == WrongWayIn.code else by_status
    values = {"request_id": failure.request_id} if code == "500.internal" else {}
    problem = Problem(code, values=values)
    return send_problems(call, [problem], problem.status, failure.headers)
