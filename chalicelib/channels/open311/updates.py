"""What became of requests, both ways: others' updates in, our own out; pure, knows no ticket store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from chalicelib.channels import bounds
from chalicelib.channels.open311.moments import read_moment, show_moment
from chalicelib.channels.open311.posts import Fields, is_public_url
from chalicelib.channels.open311.problems import Problem, Refused
from chalicelib.channels.open311.records import Record
from chalicelib.channels.web import clean_text
from chalicelib.messages import EntryView, TicketView, WorkReport

AHEAD = timedelta(minutes=10)  # how wrong another system's clock may be
# What other systems call a state, as FixMyStreet has it, and the state of ours that it means; empty
# for what moves nothing.
STATES: Mapping[str, str] = {
    "OPEN": "",
    "INVESTIGATING": "acknowledged",
    "ACTION_SCHEDULED": "in_progress",
    "IN_PROGRESS": "in_progress",
    "REOPEN": "in_progress",
    "FIXED": "resolved",
    "CLOSED": "resolved",
    "NO_FURTHER_ACTION": "cancelled",
    "NOT_COUNCILS_RESPONSIBILITY": "cancelled",
    "DUPLICATE": "cancelled",
    "CANCELLED": "cancelled",
    "INTERNAL_REFERRAL": "",
    "FOR_TRIAGE": "",
}
_SHOWN: Mapping[str, str] = {
    "new": "OPEN",
    "acknowledged": "INVESTIGATING",
    "in_progress": "IN_PROGRESS",
    "pending": "ACTION_SCHEDULED",
    "resolved": "FIXED",
    "closed": "CLOSED",
    "cancelled": "NO_FURTHER_ACTION",
}
NEEDED = ("service_request_id", "update_id", "updated_datetime", "status", "description")


def parse_update(fields: Fields, now: datetime, client: str) -> WorkReport:
    """The update in a post. Raises `Refused` with everything that is wrong with it."""
    given = {name: _last(fields, name) for name in (*NEEDED, "media_url")}
    problems = [Problem("400.update_missing", name) for name in NEEDED if not given[name]]
    said_at = read_moment(given["updated_datetime"])
    if given["updated_datetime"] and (said_at is None or said_at > now + AHEAD):
        problems.append(Problem("400.date", "updated_datetime"))
    problems += _wrong(given)
    if problems or said_at is None:
        raise Refused(problems)
    report_id = hashlib.sha256(given["update_id"].encode()).hexdigest()[:40]
    said = (client, *(given[name] for name in sorted(given)))
    return WorkReport(
        report_id=report_id,
        ticket_id=given["service_request_id"],
        said_at=said_at,
        digest=hashlib.sha256(repr(said).encode()).hexdigest(),
        text=given["description"],
        status=STATES[given["status"].upper()],
        media_url=given["media_url"],
    )


def _last(fields: Fields, name: str) -> str:
    values = [text for value in fields.get(name, ()) if (text := clean_text(value))]
    return values[-1] if values else ""


def _wrong(given: Mapping[str, str]) -> Iterator[Problem]:
    if len(given["update_id"]) > bounds.UPDATE_ID:
        yield Problem("400.too_long", "update_id", {"limit": str(bounds.UPDATE_ID)})
    if len(given["description"]) > bounds.STANDARD_WORDS:
        yield Problem("400.too_long", "description", {"limit": str(bounds.STANDARD_WORDS)})
    if given["status"] and given["status"].upper() not in STATES:
        yield Problem("400.update_status", "status", {"known": ", ".join(STATES)})
    if given["media_url"] and not is_public_url(given["media_url"]):
        yield Problem("400.media_url")


def update_records(
    view: TicketView, start: datetime, end: datetime, *, is_latest: bool = True
) -> Iterator[Record]:
    """What became of a request in a span of time.

    Only the latest move carries words: those that everybody may read beside the request's state.
    `is_latest` says that it is among the view's entries.
    """
    moves = [entry.number for entry in view.entries if _state(entry)]
    for entry in view.entries:
        is_shown = _state(entry) or entry.text
        if is_shown and start <= entry.at <= end:
            is_last = is_latest and [entry.number] == moves[-1:]
            words = view.status_notes if is_last else ""
            yield {
                "update_id": f"{view.ticket_id}.{entry.number}",
                "service_request_id": view.ticket_id,
                "status": _state(entry)
                or _SHOWN.get(view.status, "OPEN" if view.is_open else "CLOSED"),
                "updated_datetime": show_moment(entry.at),
                "description": entry.text or words or None,
                "media_url": None,
            }


def _state(entry: EntryView) -> str:
    """The state that an entry moved to, in the words of other systems; empty when it moved none."""
    if entry.kind not in ("status_changed", "reopened"):
        return ""
    return _SHOWN.get(entry.data.get("to", ""), "OPEN")
