"""What a notice holds of somebody's words: their beginning; pure."""

from __future__ import annotations

from typing import Any

from chalicelib.tickets.model.excerpts import excerpt
from chalicelib.tickets.model.ticket import Entry


def words_of(entry: Entry) -> dict[str, Any]:
    """The beginning of what was written, under the name that notices have for it."""
    if entry.kind == "opened":
        return {}
    words = excerpt(entry.text)
    name = "message" if entry.kind in ("replied", "appended") else "reason"
    return {name: words, "is_cut": words != entry.text or None}
