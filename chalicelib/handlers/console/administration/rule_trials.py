"""Trying a rule from its editor, before it is published; decides nothing itself, sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.handlers.http import Services

TRIALS: Mapping[str, str] = {"try_past": "past", "try_open": "open"}
SHOWN = 50
MOST_DAYS = 90
USUAL_DAYS = 30


def tried(services: Services, body: Mapping[str, Any], asked: str, days: str) -> dict[str, Any]:
    """What the page shows of a trial. Raises `InvalidRequest` for a rule that cannot work."""
    span = days_of(days)
    draft = services.catalog_desk.draft(body)
    rehearsals = services.rehearsals
    attempt = rehearsals.replay if TRIALS[asked] == "past" else rehearsals.forecast
    done = attempt(draft, span)
    trial = done.trial
    return {
        "on": TRIALS[asked],
        "days": span,
        "since": done.since,
        "until": done.until,
        "examined": done.examined,
        "is_cut": done.is_cut,
        "tickets": trial.tickets,
        "mails": trial.mails,
        "texts": trial.texts,
        "segments": trial.segments,
        "cost": f"{done.cost:.2f}",
        "woken": trial.woken,
        "calls": trial.calls,
        "incidents": trial.incidents,
        "wakes": sorted({person for firing in trial.firings for person in firing.wakes}),
        "firings": trial.firings[:SHOWN],
        "more": max(len(trial.firings) - SHOWN, 0),
        "published": trial.published[:SHOWN],
        "more_published": max(len(trial.published) - SHOWN, 0),
    }


def days_of(text: str) -> int:
    """How many days are meant; the usual ones for what is no number."""
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        return USUAL_DAYS
    return min(max(int(text), 1), MOST_DAYS)
