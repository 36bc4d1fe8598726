"""Which agency gets a report: ordered rules that administrators write; pure, knows no table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

from chalicelib.tickets.areas import Area, areas_of, borders_near
from chalicelib.tickets.fields import Administered, Code, Title, between
from chalicelib.tickets.models import Ticket
from chalicelib.tickets.rules import Condition, Facts, matches, reasons


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
    """Where a report goes and why. `border` names areas so near that it may belong elsewhere."""

    agency_code: str
    trace: str
    border: tuple[str, ...] = ()


def choose(
    ticket: Ticket, routes: Iterable[Route], areas: Iterable[Area], facts: Facts
) -> Choice | None:
    """The first route that means the ticket; None when the service's own agency keeps it."""
    live, areas = [route for route in routes if route.is_enabled], list(areas)
    if not live:
        return None
    inside = areas_of(areas, ticket.lat, ticket.long)
    found = _first(ticket, live, facts._replace(areas=inside))
    border = tuple(
        code
        for code in borders_near(areas, ticket.lat, ticket.long)
        if _first(ticket, live, facts._replace(areas=_other_side(inside, code))) is not found
    )
    if found is None:
        return Choice("", "", border) if border else None
    why = reasons(found.when, ticket, facts._replace(areas=inside)) or "it fits everything"
    return Choice(
        found.agency_code, f"route {found.route_id!r} v{found.version} because {why}", border
    )


def _first(ticket: Ticket, routes: Iterable[Route], facts: Facts) -> Route | None:
    return next((route for route in routes if matches(route.when, ticket, facts)), None)


def _other_side(inside: tuple[str, ...], code: str) -> tuple[str, ...]:
    if code in inside:
        return tuple(each for each in inside if each != code)
    return (*inside, code)
