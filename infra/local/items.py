"""Ways around what moto does slowly with the items of a table; the answers stay the same."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.dynamodb import responses
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict

MOST_BYTES = 405_000  # of an item, as moto has it
FINAL = (str, int, float, bool, type(None))


def _measured_once(_: Any) -> Any:
    """moto adds up the whole item anew for each of its attributes."""

    def init(self: Item, hash_key: Any, range_key: Any, attrs: Mapping[str, Any]) -> None:
        self.hash_key, self.range_key = hash_key, range_key
        self.attrs = LimitedSizeDict()
        dict.update(self.attrs, {name: DynamoType(value) for name, value in attrs.items()})
        if self.size() > MOST_BYTES:
            raise ItemSizeTooLarge

    return init


def _projected(original: Any) -> Any:
    """moto turns the whole item into Python's own types and back, for each attribute asked for."""

    def project(self: Item, paths: list[list[str]]) -> Item:
        if any(len(path) > 1 or "[" in path[0] for path in paths):
            part: Item = original(self, paths)
            return part
        made = Item(self.hash_key, self.range_key, {})
        dict.update(made.attrs, {n: self.attrs[n] for [n] in paths if n in self.attrs})
        return made

    return project


def _item_copied(_: Any) -> Any:
    def deepcopy(self: Item, memo: dict[int, Any]) -> Item:
        made = Item(self.hash_key, self.range_key, {})
        dict.update(made.attrs, {n: value.__deepcopy__(memo) for n, value in self.attrs.items()})
        return made

    return deepcopy


def _value_copied(_: Any) -> Any:
    """Values are a tree: nothing in them need be remembered on the way."""

    def deepcopy(self: DynamoType, memo: dict[int, Any]) -> DynamoType:
        made = DynamoType.__new__(DynamoType)
        made.type, value = self.type, self.value
        if isinstance(value, list):
            value = [_copy_of(each, memo) for each in value]
        elif isinstance(value, dict):
            value = {name: _copy_of(each, memo) for name, each in value.items()}
        made.value = value
        return made

    return deepcopy


def _copy_of(value: Any, memo: dict[int, Any]) -> Any:
    return value.__deepcopy__(memo) if isinstance(value, DynamoType) else copy.copy(value)


def _measured(original: Any) -> Any:
    def size(self: DynamoType) -> int:
        if self.type == "S":
            return _bytes(self.value)
        if self.type == "L":
            return sum(each.size() for each in self.value)
        if self.type == "M":
            return sum(_bytes(name) + each.size() for name, each in self.value.items())
        found: int = original(self)
        return found

    return size


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _text_first(original: Any) -> Any:
    """Most values are text, and text is compared as it is."""
    cast = original.fget
    return property(lambda self: self.value if self.type == "S" else cast(self))


def _as_json(_: Any) -> Any:
    """moto copies every branch of a value once for each branch above it."""

    def to_regular_json(self: DynamoType) -> dict[str, Any]:
        value = self.value
        if isinstance(value, dict):
            value = {name: _json_of(each) for name, each in value.items()}
        elif isinstance(value, list):
            value = [_json_of(each) for each in value]
        elif self.type == "B" and isinstance(value, str):
            value = base64.b64decode(value)
        return {self.type: value}

    return to_regular_json


def _json_of(value: Any) -> Any:
    return value.to_regular_json() if isinstance(value, DynamoType) else value


def _as_dict(original: Any) -> Any:
    """What is final already needs no look at what else it might be."""

    def dynamo_to_dict(value: Any) -> Any:
        if isinstance(value, FINAL):
            return value
        if type(value) is dict:
            return {name: dynamo_to_dict(each) for name, each in value.items()}
        if type(value) is list:
            return [dynamo_to_dict(each) for each in value]
        if isinstance(value, Item):
            return dynamo_to_dict(value.to_json())
        return original(value)

    return dynamo_to_dict


ITEMS: Sequence[tuple[Any, str, Callable[[Any], Any]]] = (
    (Item, "__init__", _measured_once),
    (Item, "project", _projected),
    (Item, "__deepcopy__", _item_copied),
    (DynamoType, "__deepcopy__", _value_copied),
    (DynamoType, "size", _measured),
    (DynamoType, "cast_value", _text_first),
    (DynamoType, "to_regular_json", _as_json),
    (responses, "dynamo_to_dict", _as_dict),
)
