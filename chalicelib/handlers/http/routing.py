"""The gateway has one greedy route; which of ours an address belongs to is found here. Knows no view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from chalice.app import Chalice

GREEDY = "/{proxy+}"
_ANY, _END = "/", ""  # neither can be a segment

Node = dict[str, Any]


class Table:
    """The routes of an app, such as `/t/{ticket_id}/{secret}`, as a tree of their segments."""

    def __init__(self, routes: Iterable[str]) -> None:
        self._tree: Node = {}
        for route in routes:
            node = self._tree
            for part in _segments(route):
                node = node.setdefault(_ANY if part.startswith("{") else part, {})
            node[_END] = route

    def match(self, path: str) -> tuple[str, dict[str, str]] | None:
        """The route of `path` and its parameters, or None where the path leads nowhere.

        A segment that is written out wins over a parameter. A slash at the end counts for nothing, two
        in a row lead nowhere. Parameters are as they stood in the address, percent signs and all, as
        API Gateway hands them over; the door of the view decodes each once.
        """
        parts = _segments(path)
        route = "" if "" in parts else _find(self._tree, parts)
        if not route:
            return None
        pairs = zip(_segments(route), parts, strict=True)
        return route, {name[1:-1]: part for name, part in pairs if name.startswith("{")}


class RoutedChalice(Chalice):
    """A Chalice app that is met by one greedy route."""

    @cached_property
    def table(self) -> Table:
        """Its routes; asked for when all are registered."""
        return Table(self.routes)

    def __call__(self, event: Any, context: Any) -> Any:
        """Serve a proxy event of API Gateway."""
        return super().__call__(placed(event, self.table), context)


def placed(event: Mapping[str, Any], table: Table) -> Mapping[str, Any]:
    """The event as if the gateway itself had the route that its path belongs to.

    Left alone are a path of no route, which stays `GREEDY`, and an event that names a route: the root's,
    and those that a gateway of the last release sends while a new one is rolled out.
    """
    context = event["requestContext"]
    if context["resourcePath"] != GREEDY:
        return event
    # Not the event's `path`: behind a domain of our own that begins with the mapping's prefix.
    found = table.match(f"/{event['pathParameters']['proxy']}")
    if found is None:
        return event
    route, parameters = found
    context = {**context, "resourcePath": route}
    return {**event, "resource": route, "pathParameters": parameters, "requestContext": context}


def _segments(path: str) -> Sequence[str]:
    inner = path.removeprefix("/").rstrip("/")
    return inner.split("/") if inner else ()


def _find(node: Node, parts: Sequence[str]) -> str:
    if not parts:
        return str(node.get(_END, ""))
    ways = (node[key] for key in (parts[0], _ANY) if key in node)
    return next((found for way in ways if (found := _find(way, parts[1:]))), "")
