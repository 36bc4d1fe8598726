"""Borders: the question on which side a report lies, and what answers it; pure, knows no table.

A telephone's position is less true than a border is sharp.
"""

from __future__ import annotations

from typing import Any

from chalicelib.templates import locales
from chalicelib.tickets.catalog import Catalog, words
from chalicelib.tickets.catalog.routing import ELSEWHERE
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.model.wording import fold


def options(ticket: Ticket, catalog: Catalog, locale: str) -> list[tuple[str, str]]:
    """What was asked and is not answered: each side's code and what people call it."""
    return [(code, name_of(code, catalog, locale)) for code in ticket.asked_sides]


def name_of(code: str, catalog: Catalog, locale: str) -> str:
    """What people call a side."""
    if code == ELSEWHERE:
        return locales.words(locales.usable_locale(locale))["elsewhere"]
    area = catalog.areas.get(code)
    return words(area.name, locale) if area else code


def facts(ticket: Ticket, catalog: Catalog, locale: str) -> dict[str, Any]:
    """The question as a message says it: numbered, in the citizen's language."""
    listed = options(ticket, catalog, locale)
    sides = [{"number": n, "name": name} for n, (_, name) in enumerate(listed, start=1)]
    return {"sides": sides} if sides else {}


def meant(ticket: Ticket, text: str, catalog: Catalog) -> str:
    """The side that a citizen's words name by number or by name; empty when they say something else."""
    said = fold(next(iter(text.strip().splitlines()), "")).strip(" .!")
    if said.isdecimal():
        number = int(said)
        return ticket.asked_sides[number - 1] if 1 <= number <= len(ticket.asked_sides) else ""
    named = [c for c in ticket.asked_sides if c in catalog.areas]
    known = ((c, {fold(each) for each in catalog.areas[c].name.values()}) for c in named)
    return next((code for code, names in known if said in names), "")
