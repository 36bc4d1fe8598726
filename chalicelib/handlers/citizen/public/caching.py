"""Public documents that others fetch again and again: kept a while, then asked for by tag or date."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from chalice.app import Response

from chalicelib.handlers.http import Call, answer, not_modified

OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, ETag, Last-Modified",
}
KEPT_SECONDS = 300


def kept_answer(
    call: Call,
    body: str,
    content_type: str,
    changed_at: datetime | None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The document, or 304 for whoever holds it; open to every origin."""
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    about = {
        **OPEN,
        **(headers or {}),
        "ETag": etag,
        "Cache-Control": f"public, max-age={KEPT_SECONDS}",
    }
    if changed_at:
        about["Last-Modified"] = format_datetime(changed_at.astimezone(UTC), usegmt=True)
    if call.header("if-none-match"):
        unchanged = not_modified(call, etag, about)
    else:
        unchanged = _held(call, changed_at, etag, about)
    return unchanged or answer(body, content_type, 200, about)


def _held(
    call: Call, changed_at: datetime | None, etag: str, about: Mapping[str, str]
) -> Response | None:
    """The 304 for a caller who names only a date."""
    try:
        since = parsedate_to_datetime(call.header("if-modified-since"))
    except (ValueError, TypeError):
        return None
    is_held = changed_at is not None and changed_at.replace(microsecond=0) <= since
    return answer("", "text/plain", 304, {**about, "ETag": etag}) if is_held else None
