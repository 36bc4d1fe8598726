"""Ways around what moto's DynamoDB does slowly with expressions; the answers stay the same."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import (
    DepthFirstTraverser,
    Expression,
    Node,
    UpdateExpression,
    UpdateExpressionFunction,
)
from moto.dynamodb.parsing.expressions import UpdateExpressionParser

BRANCHES = (Expression, UpdateExpressionFunction)
Kinds = tuple[type, ...]


def _kept(original: Any) -> Any:
    """The product has a few dozen expressions; moto reads one up to three times per call."""
    return functools.lru_cache(1024)(original)


def _copied(original: Any) -> Any:
    """A copy of a whole expression is made from bytes that are kept."""
    image = functools.lru_cache(1024)(pickle.dumps)

    def deepcopy(tree: Any) -> Any:
        return pickle.loads(image(tree)) if type(tree) is UpdateExpression else original(tree)

    return deepcopy


def _walked(_: Any) -> Any:
    """moto asks for the kinds of nodes that a walk is about at every node anew."""

    def traverse(self: DepthFirstTraverser, node: Any) -> Any:
        return _walk(self, node, self._processing_map(), -1)

    return traverse


def _walk(
    walker: DepthFirstTraverser, node: Node, processors: Mapping[type, Any], place: int
) -> Any:
    parent = node.parent
    for index, child in enumerate(node.children or ()):
        walker.pre_processing_of_child(node, index)
        if _first_of(type(child), (Node,)):
            _walk(walker, child, processors, index)
    if kind := _first_of(type(node), tuple(processors)):
        node = processors[kind](node)
        node.parent = parent
        if parent:
            parent.children[place] = node
    return node


@functools.cache
def _first_of(kind: type, kinds: Kinds) -> type | None:
    """The first of `kinds` that `kind` is; asked of every node, and abstract classes answer slowly."""
    return next((each for each in kinds if issubclass(kind, each)), None)


def _found(_: Any) -> Any:
    """The nodes of some kinds below a node."""

    def find_clauses(self: Node, kinds: Sequence[type]) -> list[Node]:
        found = []
        for child in self.children or ():
            if type(child) in kinds:
                found.append(child)
            elif _first_of(type(child), BRANCHES):
                found += child.find_clauses(kinds)
        return found

    return find_clauses


EXPRESSIONS: Sequence[tuple[Any, str, Callable[[Any], Any]]] = (
    (UpdateExpressionParser, "make", _kept),
    (validators, "deepcopy", _copied),
    (DepthFirstTraverser, "traverse", _walked),
    (Node, "find_clauses", _found),
)
