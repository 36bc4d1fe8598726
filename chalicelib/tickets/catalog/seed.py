"""The catalogue that a new city starts with, from `seed.json`; administrators change it later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chalicelib.tickets.catalog.bodies import code_of, read_catalog
from chalicelib.tickets.catalog.published import Catalog

SEED = Path(__file__).parent / "seed.json"
SECTIONS = {
    "calendars": "calendar",
    "agencies": "agency",
    "services": "service",
    "targets": "target",
    "rules": "rule",
}
SEEDED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SeedItem:
    """One thing of the seed, in the shape of a published first version."""

    kind: str
    code: str
    body: dict[str, Any]
    version: int = 1
    at: datetime | None = SEEDED_AT
    is_deleted: bool = False
    is_newer: bool = False


def seed_items() -> Iterator[SeedItem]:
    """Everything in the seed, each after what it refers to."""
    sections = json.loads(SEED.read_text(encoding="utf-8"))
    for section, kind in SECTIONS.items():
        for body in sections[section]:
            yield SeedItem(kind, code_of(kind, body), body)
    yield SeedItem("policy", code_of("policy", {}), sections["policy"])


def seed() -> Catalog:
    """The seed as a catalogue."""
    return read_catalog(seed_items())
