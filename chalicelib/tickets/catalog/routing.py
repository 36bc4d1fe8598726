"""Which agency gets a report: ordered rules that administrators write; pure, knows no table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

from chalicelib.tickets.catalog.areas import Area, areas_of, borders_near
from chalicelib.tickets.catalog.rules import Condition, Facts, matches, reasons
from chalicelib.tickets.model.fields import Administered, Code, Title, between
from chalicelib.tickets.model.ticket import Ticket

ELSEWHERE = "-"  # a side that is none of the areas at hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Administered):
    """Reports that `when` means go to `agency_code`; lower `order` first, the first that fits wins."""

    route_id: Code
    name: Title
    order: Annotated[int, between(0, 100_000)] = 100
    is_enabled: bool = True
    when: Condition = field(default_factory=Condition)
    agency_code: Code
    version: int = 0


class Choice(NamedTuple):
    """Where a report goes and why. `border` names areas so near that it may belong elsewhere, and
    `sides` what it then may lie in."""

    agency_code: str
    trace: str
    border: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()


def choose(
    ticket: Ticket, routes: Iterable[Route], areas: Iterable[Area], facts: Facts
) -> Choice | None:
    """The first route that means the ticket; None when the service's own agency keeps it."""
    live, areas = [route for route in routes if route.is_enabled], list(areas)
    if not live:
        return None
    near = borders_near(areas, ticket.lat, ticket.long)
    inside = _settled(areas_of(areas, ticket.lat, ticket.long), near, ticket.side)
    found = _first(ticket, live, facts._replace(areas=inside))
    border = tuple(
        code
        for code in near
        if not ticket.side
        and _first(ticket, live, facts._replace(areas=_other_side(inside, code))) is not found
    )
    sides = _sides(inside, near) if border else ()
    if found is None:
        return Choice("", "", border, sides) if border else None
    why = reasons(found.when, ticket, facts._replace(areas=inside)) or "it fits everything"
    trace = f"route {found.route_id!r} v{found.version} because {why}"
    return Choice(found.agency_code, trace, border, sides)


def _settled(inside: tuple[str, ...], near: tuple[str, ...], side: str) -> tuple[str, ...]:
    """The areas of a place of which somebody said on which side of its borders it is."""
    if not side:
        return inside
    sure = tuple(code for code in inside if code not in near)
    return sure if side == ELSEWHERE else (*sure, side)


def _sides(inside: tuple[str, ...], near: tuple[str, ...]) -> tuple[str, ...]:
    """What a place near borders may lie in: the areas at hand, and none where that may be."""
    listed = dict.fromkeys((*(code for code in near if code in inside), *near))
    return (*listed, ELSEWHERE) if len(listed) == 1 else tuple(listed)


def _first(ticket: Ticket, routes: Iterable[Route], facts: Facts) -> Route | None:
    return next((route for route in routes if matches(route.when, ticket, facts)), None)


def _other_side(inside: tuple[str, ...], code: str) -> tuple[str, ...]:
    if code in inside:
        return tuple(each for each in inside if each != code)
    return (*inside, code)
