"""Ways around what moto's DynamoDB does slowly with expressions; the answers stay the same."""

from __future__ import annotations

import functools
import pickle
from collections import defaultdict
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
Processors = Mapping[type, Callable[[Any], Any]]
Kinds = dict[type, type | None]
_kinds: defaultdict[type, Kinds] = defaultdict(dict)  # by the class of the walker


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
        return _walk(self, node, self._processing_map(), _kinds[type(self)], -1)

    return traverse


def _walk(
    walker: DepthFirstTraverser, node: Node, processors: Processors, kinds: Kinds, place: int
) -> Any:
    parent = node.parent
    for index, child in enumerate(node.children or ()):
        walker.pre_processing_of_child(node, index)
        if _is(type(child), (Node,)):
            _walk(walker, child, processors, kinds, index)
    if (kind := _kind(type(node), processors, kinds)) is not None:
        node = processors[kind](node)
        node.parent = parent
        if parent:
            parent.children[place] = node
    return node


def _kind(of: type, processors: Processors, known: Kinds) -> type | None:
    """The first of the walk's kinds that a node is of; abstract classes are slow to say so."""
    if of not in known:
        known[of] = next((each for each in processors if issubclass(of, each)), None)
    return known[of]


def _found(_: Any) -> Any:
    """The nodes of some kinds below a node."""

    def find_clauses(self: Node, kinds: Sequence[type]) -> list[Node]:
        found = []
        for child in self.children or ():
            if type(child) in kinds:
                found.append(child)
            elif _is(type(child), BRANCHES):
                found += child.find_clauses(kinds)
        return found

    return find_clauses


@functools.cache
def _is(kind: type, kinds: tuple[type, ...]) -> bool:
    return issubclass(kind, kinds)


EXPRESSIONS: Sequence[tuple[Any, str, Callable[[Any], Any]]] = (
    (UpdateExpressionParser, "make", _kept),
    (validators, "deepcopy", _copied),
    (DepthFirstTraverser, "traverse", _walked),
    (Node, "find_clauses", _found),
)
