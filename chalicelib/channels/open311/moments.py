"""Dates as the standard writes them: W3C, with seconds and a zone; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_W3C = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


def read_moment(text: str) -> datetime | None:
    """The moment, in UTC; None when it is not one or has no zone.

    A plus sign that arrives as a space was not percent-encoded by its sender; it is read as a plus.
    """
    mended = text.strip()
    if " " in mended[10:]:
        mended = mended[:10] + mended[10:].replace(" ", "+")
    if not _W3C.fullmatch(mended):
        return None
    try:
        return datetime.fromisoformat(mended).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def show_moment(moment: datetime | None) -> str | None:
    """The moment in UTC with seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
