"""How the carriers of texts behave: as they should, or as they do on a bad day; pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum

from infra.local.receipts import Event

LATE = timedelta(hours=30)


class Mood(StrEnum):
    """What becomes of the reports about texts."""

    USUAL = "usual"
    SILENT = "silent"
    LATE = "late"
    DOUBLED = "doubled"
    WRONG = "wrong"


def as_reported(mood: Mood, reports: list[Event]) -> Iterator[tuple[timedelta, Event]]:
    """What carriers in such a mood make of reports, and how late each comes.

    Wrong ones are half missing, and then about a text that nobody sent.
    """
    if mood is Mood.SILENT:
        return
    for report in reports:
        if mood is Mood.WRONG:
            yield timedelta(), _halved(report)
            yield timedelta(), _strange(report)
            continue
        for _ in range(2 if mood is Mood.DOUBLED else 1):
            yield LATE if mood is Mood.LATE else timedelta(), report


def _halved(report: Event) -> Event:
    if "notification" in report:
        return {"notification": {}, "delivery": {}, "status": report["status"]}
    return {"eventType": report["eventType"]}


def _strange(report: Event) -> Event:
    if "notification" in report:
        return {**report, "notification": {**report["notification"], "messageId": "not-ours"}}
    foreign = {"jurisdiction_id": "elsewhere.example"}
    return {**report, "messageId": "not-ours", "context": {**report["context"], **foreign}}
