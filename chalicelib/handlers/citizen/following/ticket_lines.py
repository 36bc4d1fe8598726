"""Ticket views as lines and words for a page; knows no request and no store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from chalicelib.handlers.http import Call
from chalicelib.messages import EntryView, TicketView
from chalicelib.templates.pages import messages, translator
from chalicelib.tickets.catalog import Catalog, words
from chalicelib.tickets.model.records import Casefile

_HIDDEN = frozenset(
    {"assigned", "priority_changed", "noted", "notice_failed", "notice_unknown", "filed", "moved"}
)
CITYS = frozenset({"staff", "agency", "system"})  # whose files identify no citizen


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file that the reader may fetch."""

    name: str
    url: str

    @property
    def is_photo(self) -> bool:
        """Whether its name, which follows its content, is that of a picture that browsers read."""
        return self.name.lower().endswith((".jpg", ".jpeg", ".png", ".gif", ".webp"))


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """One line of a timeline in a reader's words."""

    at: datetime
    headline: str
    text: str
    files: tuple[ShownFile, ...] = ()
    whole_url: str = ""


def turning(path: str, call: Call, casefile: Casefile) -> dict[str, str]:
    """Where a timeline goes on: with what was before, and back to the latest; empty for no way."""
    kept = {"lang": call.arg("lang")} if call.arg("lang") else {}
    token = casefile.next_token
    return {
        "older_url": f"{path}?{urlencode({**kept, 'page': token})}#history" if token else "",
        "latest_url": f"{path}?{urlencode(kept)}#history" if call.arg("page") else "",
    }


def events(
    view: TicketView, locale: str, path: str = "", *, with_files: bool = True
) -> list[ShownEvent]:
    """A page of the timeline, newest first. Without the ticket's own `path` no files are offered, and only
    the city's own unless `with_files`."""
    shown = [entry for entry in view.entries if entry.kind not in _HIDDEN]
    lines = [_event(entry, view, locale, path, with_files=with_files) for entry in shown]
    return [*reversed(list(_said_once(lines)))]


def _said_once(lines: Sequence[ShownEvent]) -> Iterator[ShownEvent]:
    """A reply that also changes the status is two entries with the same words; they are shown once."""
    before: ShownEvent | None = None
    for line in lines:
        is_repeat = before is not None and (before.at, before.text) == (line.at, line.text)
        yield replace(line, text="", whole_url="") if is_repeat else line
        before = line


def _event(
    entry: EntryView, view: TicketView, locale: str, path: str, *, with_files: bool
) -> ShownEvent:
    files = entry.attachments if path and (with_files or entry.author in CITYS) else ()
    return ShownEvent(
        at=entry.at,
        headline=headline(entry, view, locale),
        text=f"{entry.text}…" if entry.is_cut else entry.text,
        files=tuple(
            ShownFile(name, f"{path}/files/{digest}?entry={entry.number}") for digest, name in files
        ),
        whole_url=f"{path}/entries/{entry.number}" if entry.is_cut and path else "",
    )


def headline(entry: EntryView, view: TicketView, locale: str) -> str:
    """What happened, in a few words."""
    t = translator(locale, "citizen")
    if entry.kind == "status_changed":
        return str(
            t("entry.status_changed", status=t(f"status.{entry.data.get('to', view.status)}"))
        )
    if entry.kind == "replied":
        return str(t("entry.replied", agency=view.agency_name or "—"))
    if entry.data.get("agency_name") and f"entry.{entry.kind}_to" in messages("en"):
        return str(t(f"entry.{entry.kind}_to", agency=entry.data["agency_name"]))
    if entry.kind == "appended" and entry.author != "requester":
        return str(t("entry.appended_other"))
    key = f"entry.{entry.kind}"
    return str(t(key if key in messages("en") else "entry.other"))


def is_late(view: TicketView, now: datetime) -> bool:
    """Whether the promised day has passed."""
    return view.expected_at is not None and view.expected_at < now


def answers(view: TicketView, catalog: Catalog, locale: str) -> list[tuple[str, str]]:
    """The service's questions with what was answered, in the order of the form."""
    service = catalog.services.get(view.service_code)
    asked = sorted(service.attributes, key=lambda each: each.order) if service else []
    return [
        (words(each.description, locale), _named(each.values, view.attributes[each.code], locale))
        for each in asked
        if each.code in view.attributes
    ]


def _named(values: Sequence[Any], given: str | Sequence[str], locale: str) -> str:
    names = {value.key: words(value.name, locale) for value in values}
    listed = [given] if isinstance(given, str) else given
    return ", ".join(names.get(key, key) for key in listed)
