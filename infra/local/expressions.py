"""Ways around what moto's DynamoDB does slowly with items and expressions; the answers stay the same."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node
from moto.dynamodb.parsing.expressions import UpdateExpressionParser

MOST_BYTES = 405_000  # of an item, as moto has it
Kinds = tuple[type, ...]


def _measured_once(_: Any) -> Any:
    """moto adds up the whole item anew for each of its attributes."""

    def init(self: Item, hash_key: Any, range_key: Any, attrs: Mapping[str, Any]) -> None:
        self.hash_key, self.range_key = hash_key, range_key
        self.attrs = LimitedSizeDict()
        dict.update(self.attrs, {name: DynamoType(value) for name, value in attrs.items()})
        if self.size() > MOST_BYTES:
            raise ItemSizeTooLarge

    return init


def _kept(original: Any) -> Any:
    """The product has a few dozen expressions; moto reads one up to three times per call."""
    return functools.lru_cache(1024)(original)


def _copied(_: Any) -> Any:
    """A copy of an expression's tree, by way of bytes that are kept."""
    image = functools.lru_cache(1024)(pickle.dumps)
    return lambda tree: pickle.loads(image(tree))


def _walked(_: Any) -> Any:
    """moto asks for the kinds of nodes that a walk is about at every node anew."""

    def traverse(self: DepthFirstTraverser, node: Any) -> Any:
        return _walk(self, node, self.nodes_to_be_processed(), -1)

    return traverse


def _walk(walker: DepthFirstTraverser, node: Node, kinds: Kinds, place: int) -> Any:
    parent = node.parent
    for index, child in enumerate(node.children or ()):
        walker.pre_processing_of_child(node, index)
        if isinstance(child, Node):
            _walk(walker, child, kinds, index)
    if isinstance(node, kinds):
        node = walker.process(node)
        node.parent = parent
        if parent:
            parent.children[place] = node
    return node


EXPRESSIONS: Sequence[tuple[Any, str, Callable[[Any], Any]]] = (
    (Item, "__init__", _measured_once),
    (UpdateExpressionParser, "make", _kept),
    (validators, "deepcopy", _copied),
    (DepthFirstTraverser, "traverse", _walked),
)
