"""What happened in Springfield lately: the reports that a town starts with (`stories.json`)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Act:
    """Something that somebody did, so many hours after the report.

    `kind` is reply, note, assign, status, priority, hand_over, or more (the citizen adds words);
    `by` is a login; `value` a code: the new status, priority, agency, or whose it is now.
    """

    hours: float
    kind: str
    by: str = ""
    text: str = ""
    value: str = ""


@dataclass(frozen=True)
class Story:
    """One report: how long ago, who wrote what by which channel, and what followed."""

    days: float
    channel: str
    words: str
    name: str = ""
    address: str = ""
    service: str = ""
    place: str = ""
    locale: str = "en"
    subject: str = ""
    attributes: dict[str, str | list[str]] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()


def stories() -> tuple[Story, ...]:
    """All of them, oldest first."""
    found = json.loads(Path(__file__).with_name("stories.json").read_text(encoding="utf-8"))
    return tuple(_story(story) for story in found)


def _story(data: dict[str, Any]) -> Story:
    acts = tuple(Act(**act) for act in data.pop("acts", ()))
    return Story(**data, acts=acts)
