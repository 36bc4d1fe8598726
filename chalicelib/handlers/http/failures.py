"""Errors as answers: one table from our exceptions to status codes, one shape per format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalice.app import Response

from chalicelib import errors, logs, metrics
from chalicelib.handlers.http.answers import json_answer, page
from chalicelib.handlers.http.calls import Call

log = logs.Log(__name__)

# The first class that fits decides.
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (errors.NotSignedIn, 401),
    (errors.AccessDenied, 403),
    (errors.LinkEnded, 410),
    (errors.NotFound, 404),
    (errors.InvalidTransition, 409),
    (errors.StaleTicket, 409),
    (errors.MessageConflict, 409),
    (errors.FileHeld, 423),
    (errors.FileInfected, 451),
    (errors.DuplicateMessage, 200),
    (errors.TooManyRequests, 429),
    (errors.StoreBusy, 503),
    (errors.UnreadableTicket, 503),
    (errors.SendError, 503),
    (errors.InvalidMessage, 400),
    (errors.InvalidRequest, 422),
    (errors.DeskError, 400),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error on its way out. `fields` names wrong fields; `request_id` finds the log line."""

    status: int
    code: str
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    retry_after: int | None = None
    request_id: str = ""

    @property
    def headers(self) -> dict[str, str | list[str]]:
        """What the answer must carry besides its body."""
        found: dict[str, str | list[str]] = {}
        if self.retry_after:
            found["Retry-After"] = str(self.retry_after)
        if self.status == 401:
            found["WWW-Authenticate"] = "Bearer"
        return found


def failure_of(error: Exception, call: Call) -> Failure:
    """What to tell the caller about `error`; what is not ours is a bug, logged, and says no more."""
    status = next((code for kind, code in STATUSES if isinstance(error, kind)), 500)
    if status == 500:
        return _unexpected(error, call)
    if status == 403 or (status == 401 and call.header("authorization")):
        note_refusal(call, getattr(error, "code", ""))
    return Failure(
        status=status,
        code=getattr(error, "code", "error"),
        message=str(error),
        fields=getattr(error, "fields", {}),
        version=getattr(error, "version", None),
        retry_after=getattr(error, "retry_after", 5 if status == 503 else None),
        request_id=call.request_id,
    )


def note_refusal(call: Call, code: str) -> None:
    """A door stayed shut: told by its route, and counted, because strangers can cause as many as they like.

    Who is sent to the sign-in without having shown anything is no refusal.
    """
    metrics.put(metrics.Metric.REFUSED_ACCESS)
    log.warning(
        "refused", route=call.route, method=call.method, code=code, request_id=call.request_id
    )


def _unexpected(error: Exception, call: Call) -> Failure:
    log.failure("unexpected", error, request_id=call.request_id, route=call.route)
    text = f"Something went wrong on our side. Tell us this number: {call.request_id}."
    return Failure(status=500, code="internal", message=text, request_id=call.request_id)


def json_failure(_call: Call, failure: Failure) -> Response:
    """An error for programs: `{"error": {"code", "message", "request_id", "fields"?, "version"?}}`."""
    error: dict[str, object] = {
        "code": failure.code,
        "message": failure.message,
        "request_id": failure.request_id,
    }
    if failure.fields:
        error["fields"] = dict(failure.fields)
    if failure.version is not None:
        error["version"] = failure.version
    return json_answer({"error": error}, failure.status, failure.headers)


def page_failure(call: Call, failure: Failure) -> Response:
    """A page that says what went wrong and what to do, in the visitor's language."""
    status = 400 if failure.status == 422 else failure.status
    return page(
        call,
        "error",
        {"failure": failure, "status": status},
        status=status,
        headers=failure.headers,
    )
