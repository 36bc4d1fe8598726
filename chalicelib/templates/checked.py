"""The small part of the template language that administrators may write; renders nothing.

Allowed are text, `{{ name }}` with listed filters, and `{% if name %}` with `{% else %}`. That is all
a notice needs, and nothing in it can run long, grow large or reach an object.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.templates.placeholders import PLACEHOLDERS

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

# Imported where used: jinja2 takes 40 ms, and the API saves words without rendering them.

LONGEST = 10_000
DEEPEST = 4
FILTERS = (
    "day",
    "short_day",
    "moment",
    "iso",
    "words",
    "quote",
    "link",
    "number",
    "digits",
    "duration",
    "status_name",
    "lines",
)
_LISTS = frozenset({"tickets", "sides"})
_NESTING = re.compile(r"{%-?\s*(if|endif)\b")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one line, and what to write instead."""

    line: int
    message: str


def problems(source: str, own_names: Collection[str] = ()) -> list[Problem]:
    """Everything in `source` that may not stand in a notice; empty when it may be saved.

    `own_names` are placeholders of its own beside those that every notice has.
    """
    if len(source) > LONGEST:
        return [
            Problem(1, f"This is {len(source)} characters long; at most {LONGEST} are allowed.")
        ]
    # Counted before parsing, for the parser itself climbs as deep as it is told.
    if too_deep := _depth_problem(source):
        return [too_deep]
    tree = _parsed(source)
    if isinstance(tree, Problem):
        return [tree]
    found = list(_in_all(tree.body))
    with suppress(RecursionError):  # only what was refused already is as deep as that
        found += _unknown_names(tree, own_names)
    return sorted(found, key=lambda problem: problem.line)


def _unknown_names(tree: nodes.Template, own_names: Collection[str]) -> Iterator[Problem]:
    from jinja2 import nodes

    for name in tree.find_all(nodes.Name):
        if name.name not in PLACEHOLDERS and name.name not in own_names:
            known = ", ".join([*own_names, *PLACEHOLDERS])
            yield Problem(name.lineno, f"There is no placeholder {name.name}; use {known}.")


def names_used(source: str) -> list[str]:
    """The placeholders that an allowed `source` uses, sorted."""
    from jinja2 import nodes

    tree = _parsed(source)
    if isinstance(tree, Problem):
        return []
    return sorted({name.name for name in tree.find_all(nodes.Name)})


def _depth_problem(source: str) -> Problem | None:
    depth = 0
    for match in _NESTING.finditer(source):
        depth += 1 if match[1] == "if" else -1
        if depth > DEEPEST:
            line = source.count("\n", 0, match.start()) + 1
            return Problem(line, f"Conditions may stand {DEEPEST} deep inside each other, no more.")
    return None


def _parsed(source: str) -> nodes.Template | Problem:
    from jinja2 import TemplateSyntaxError

    try:
        return _parser().parse(source)
    except TemplateSyntaxError as error:
        return Problem(error.lineno, f"This cannot be read: {error.message}.")
    except RecursionError:
        return Problem(1, "This is nested too deeply; write it flat.")


@lru_cache(maxsize=1)
def _parser() -> Environment:
    from jinja2 import Environment

    return Environment(autoescape=True)


def _in_all(found: list[nodes.Node]) -> Iterator[Problem]:
    for node in found:
        yield from _in_statement(node)


def _in_statement(node: nodes.Node) -> Iterator[Problem]:
    from jinja2 import nodes

    if isinstance(node, nodes.Output):
        for part in node.nodes:
            if not isinstance(part, nodes.TemplateData):
                yield from _in_value(part)
    elif isinstance(node, nodes.If):
        yield from _in_test(node.test)
        yield from _in_all([*node.body, *node.elif_, *node.else_])
    else:
        yield Problem(node.lineno, f"{{% {_spoken(node)} %}} is not allowed; use {{% if name %}}.")


def _in_test(node: nodes.Node) -> Iterator[Problem]:
    from jinja2 import nodes

    inner = node.node if isinstance(node, nodes.Not) else node
    if not isinstance(inner, nodes.Name):
        yield Problem(node.lineno, "A condition is one name, or `not` and one name.")


def _in_value(node: nodes.Node) -> Iterator[Problem]:
    from jinja2 import nodes

    if isinstance(node, nodes.Name):
        if node.name in _LISTS:
            yield Problem(node.lineno, f"{node.name} is a list; write {node.name} | lines.")
    elif isinstance(node, nodes.Filter) and isinstance(node.node, nodes.Name):
        yield from _in_filter(node, node.node.name)
    elif isinstance(node, nodes.Filter):
        yield Problem(node.lineno, "One filter follows one name, as in {{ expected_at | day }}.")
    else:
        yield Problem(node.lineno, f"Only names can be shown, not {_spoken(node)}.")


def _in_filter(node: nodes.Filter, name: str) -> Iterator[Problem]:
    from jinja2 import nodes

    if (name in _LISTS) != (node.name == "lines"):
        yield Problem(node.lineno, f"The filter lines is for {' and '.join(sorted(_LISTS))} alone.")

    if node.name not in FILTERS:
        yield Problem(node.lineno, f"There is no filter {node.name}; use {', '.join(FILTERS)}.")
    is_plain = all(
        isinstance(each, nodes.Const) and isinstance(each.value, str) for each in node.args
    )
    allowed = 1 if node.name == "link" else 0
    if node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) > allowed or not is_plain:
        yield Problem(node.lineno, 'Only link takes words with it, as in link("Follow it").')


def _spoken(node: nodes.Node) -> str:
    return type(node).__name__.lower()
