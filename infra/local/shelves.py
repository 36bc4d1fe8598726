"""The items of one moto table, sorted once per index, so that a query touches only its answer."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import RESULT_SIZE_LIMIT, Table

Value = tuple[str, Any]  # type and value, so that mixed types still sort
SortKey = tuple[Value, ...]
SIGNS = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
ENOUGH_BYTES = RESULT_SIZE_LIMIT * 2  # more than any page holds, the start item included


@dataclass(frozen=True)
class Layout:
    """The attribute that parts an index and those that sort it, the range attribute first."""

    hash_attribute: str
    sort_attributes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a query asks for: one partition, perhaps a range of it, a page's length and start."""

    index_name: str | None
    hash_key: DynamoType | None
    comparison: str | None = None
    values: list[DynamoType] = field(default_factory=list)
    limit: int | None = None
    start: dict[str, Any] | None = None
    is_forward: bool = True


@dataclass
class Shelf:
    """One partition of one index, in order."""

    order: list[SortKey] = field(default_factory=list)
    items: dict[SortKey, Item] = field(default_factory=dict)

    def put(self, key: SortKey, item: Item) -> None:
        if key not in self.items:
            insort(self.order, key)
        self.items[key] = item

    def drop(self, key: SortKey) -> None:
        if self.items.pop(key, None) is not None:
            del self.order[bisect_left(self.order, key)]


class Shelves:
    """All indexes of a table, and the table itself under the name None."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._layouts = _layouts(table)
        self._shelves: dict[tuple[str | None, Value], Shelf] = {}
        self._places: dict[Any, list[tuple[Shelf, SortKey]]] = {}
        for item in _everything(table):
            self.refresh(item.hash_key, item.range_key)

    def fits(self, table: Table) -> bool:
        """Whether the table has still the indexes that it had."""
        return len(table.all_indexes()) + 1 == len(self._layouts)

    def refresh(self, hash_key: DynamoType, range_key: DynamoType | None) -> None:
        """Put the item with this key where it now belongs, or take it away."""
        name = (_value(hash_key), range_key and _value(range_key))
        for shelf, key in self._places.pop(name, ()):
            shelf.drop(key)
        item = self._table.get_item(hash_key, range_key)
        if isinstance(item, Item):
            self._places[name] = list(self._put(item))

    def _put(self, item: Item) -> Any:
        for index_name, layout in self._layouts.items():
            part = item.attrs.get(layout.hash_attribute)
            sort = [item.attrs.get(attribute) for attribute in layout.sort_attributes]
            if part is None or any(value is None for value in sort):
                continue
            shelf = self._shelves.setdefault((index_name, _value(part)), Shelf())
            key = tuple(_value(value) for value in sort)
            shelf.put(key, item)
            yield shelf, key

    def window(self, question: Question) -> list[Item] | None:
        """The items among which a query's page lies, in no promised order; None: all are candidates."""
        if question.hash_key is None or question.index_name not in self._layouts:
            return None
        shelf = self._shelves.get((question.index_name, _value(question.hash_key)))
        return _page(shelf, self._places_of(shelf, question), question.limit) if shelf else []

    def _places_of(self, shelf: Shelf, question: Question) -> range:
        low, high = _bounds(shelf.order, question.comparison, question.values)
        after = self._position(question.index_name, question.start)
        if after is not None and question.is_forward:
            low = max(low, bisect_left(shelf.order, after))
        elif after is not None:
            high = min(high, bisect_right(shelf.order, after))
        # One item past the range: moto says "there may be more" when it sees one, as AWS does.
        if question.is_forward:
            return range(low, min(high + 1, len(shelf.order)))
        return range(high - 1, max(low - 1, 0) - 1, -1)

    def _position(self, index_name: str | None, start: dict[str, Any] | None) -> SortKey | None:
        attributes = self._layouts[index_name].sort_attributes
        if not start or any(name not in start for name in attributes):
            return None
        return tuple(_value(DynamoType(start[name])) for name in attributes)


def _page(shelf: Shelf, places: range, limit: int | None) -> list[Item]:
    page, size = [], 0
    for place in places:
        item = shelf.items[shelf.order[place]]
        page.append(item)
        size += item.size()
        if (limit and len(page) > limit + 1) or size > ENOUGH_BYTES:
            break
    return page


def _bounds(
    order: list[SortKey], comparison: str | None, values: list[DynamoType]
) -> tuple[int, int]:
    """The slice of `order` that a range condition leaves; everything for one we do not know."""
    if not comparison or not order:
        return 0, len(order)
    first = _value(values[0])
    last = _value(values[1]) if len(values) > 1 else (first[0], str(first[1]) + "\U0010ffff")
    left, right = bisect_left(order, first, key=_head), bisect_right(order, first, key=_head)
    if comparison.upper() in ("BETWEEN", "BEGINS_WITH"):
        return left, bisect_right(order, last, key=_head)
    known = {
        "EQ": (left, right),
        "LT": (0, left),
        "LE": (0, right),
        "GT": (right, len(order)),
        "GE": (left, len(order)),
    }
    return known.get(SIGNS.get(comparison, comparison), (0, len(order)))


def _head(key: SortKey) -> Value:
    return key[0]


def _value(value: DynamoType) -> Value:
    return value.type, value.cast_value


def _layouts(table: Table) -> dict[str | None, Layout]:
    own = tuple(table.table_key_attrs)
    layouts: dict[str | None, Layout] = {None: Layout(own[0], own[1:] or own)}
    for index in table.all_indexes():
        kinds = {key["KeyType"]: key["AttributeName"] for key in index.schema}
        ranged = kinds.get("RANGE") or own[-1]
        layouts[index.name] = Layout(kinds["HASH"], (ranged, *own))
    return layouts


def _everything(table: Table) -> list[Item]:
    if not table.has_range_key:
        return [item for item in table.items.values() if isinstance(item, Item)]
    return [item for rows in table.items.values() for item in rows.values()]
