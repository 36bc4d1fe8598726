"""Signed page tokens and lists merged from several partitions; knows no item."""

from __future__ import annotations

import base64
import hashlib
import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from chalicelib.errors import InvalidRequest
from chalicelib.signing import Signer
from chalicelib.tickets.dynamodb.items.codec import Item, Value, text

PURPOSE = "page"
CALLS_A_PAGE = 4  # that a page looks through an index whose rows are filtered


class Pages:
    """Makes and reads the tokens that continue a list.

    A token is bound to the jurisdiction, the list and its filters, and holds nothing but the last
    position, so that it neither expires nor shows a key of the table's own.
    """

    def __init__(self, signer: Callable[[], Signer], jurisdiction_id: str) -> None:
        self._signer = signer
        self._jurisdiction_id = jurisdiction_id

    def token(self, position: str, filters: object) -> str:
        """The token that continues behind `position`."""
        signature = self._signer().sign(PURPOSE, *self._parts(position, filters))
        packed = json.dumps([position, signature], separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    def position(self, token: str, filters: object) -> str:
        """The position in `token`, empty for an empty token. Raises `InvalidRequest`."""
        if not token:
            return ""
        try:
            padded = token + "=" * (-len(token) % 4)
            position, signature = json.loads(base64.urlsafe_b64decode(padded))
            if self._signer().verify(signature, PURPOSE, *self._parts(position, filters)):
                return str(position)
        except (ValueError, TypeError, AttributeError):
            pass
        raise InvalidRequest(
            "The page token is not one of ours for this list; begin again without it.",
            {"token": "Leave it out to see the first page."},
        )

    def _parts(self, position: str, filters: object) -> tuple[str, str, str]:
        digest = hashlib.sha256(repr(filters).encode()).hexdigest()[:32]
        return self._jurisdiction_id, digest, position


def merged(lists: Iterable[Iterator[Item]], sort: str, *, newest_first: bool) -> Iterator[Item]:
    """Rows of several sorted lists as one, by the string attribute `sort`."""
    position: Callable[[Item], str] = lambda item: str(item[sort]["S"])  # noqa: E731
    return heapq.merge(*lists, key=position, reverse=newest_first)


class Reach:
    """How far the lists behind a page were looked through. One that was cut ends the page where it stopped,
    for what the others hold behind that might not be the next."""

    def __init__(self, sort: str, *, newest_first: bool = False) -> None:
        self._sort = sort
        self._nearest = max if newest_first else min
        self.position = ""

    def rows(self, answers: Iterator[tuple[list[Item], Item | None]], calls: int) -> Iterator[Item]:
        """The rows of so many answers of a query."""
        for number, (items, last) in enumerate(answers, start=1):
            yield from items
            if last and number == calls:
                end = str(last[self._sort]["S"])
                self.position = self._nearest(self.position or end, end)
                return

    def covers(self, row: Item) -> bool:
        """Whether every list was looked through up to this row."""
        here = str(row[self._sort]["S"])
        return not self.position or self._nearest(here, self.position) == here


def cut(
    rows: Iterator[Item], size: int, sort: str, most_bytes: int = 0, reach: Reach | None = None
) -> tuple[list[Item], str]:
    """The first `size` rows, and the position of the last one if there are more behind it.

    With `most_bytes` a page also ends before its facts would be larger; one row is always on it. With
    `reach` it ends where the lists were not looked through any further.
    """
    page: list[Item] = []
    spent = 0
    for row in rows:
        if reach and not reach.covers(row):
            break
        spent += len(str(row.get("facts")).encode()) if most_bytes else 0
        if len(page) == size or (page and spent > most_bytes > 0):
            return page, str(page[-1][sort]["S"])
        page.append(row)
    return page, reach.position if reach else ""


Filters = tuple[dict[str, str], list[str], dict[str, Value]]


def one_of(chosen: Mapping[str, tuple[str, ...]]) -> Filters:
    """The condition that each attribute has one of the values chosen for it; none chosen, any."""
    names: dict[str, str] = {}
    conditions: list[str] = []
    values: dict[str, Value] = {}
    for name, choices in chosen.items():
        if choices:
            places = {f":{name}_{i}": text(choice) for i, choice in enumerate(choices)}
            names[f"#{name}"] = name
            conditions.append(f"#{name} IN ({', '.join(places)})")
            values |= places
    return names, conditions, values


def filtered(names: Mapping[str, str], conditions: list[str]) -> dict[str, Any]:
    """The part of a request that leaves out what does not fit all conditions."""
    request: dict[str, Any] = {}
    if conditions:
        request["FilterExpression"] = " AND ".join(f"({condition})" for condition in conditions)
    if names:
        request["ExpressionAttributeNames"] = names
    return request
