"""A pattern that is compiled when a text first needs it; knows nothing of what it looks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

Span = tuple[int, int]

_KINDS = {
    "digits": re.compile(r"\d"),
    "latin": re.compile(r"[A-Za-z]"),
    "persian": re.compile(r"[\u0600-\u06ff]"),
    "chinese": re.compile(r"[\u4e00-\u9fff]"),
}


def kinds_in(folded: str) -> frozenset[str]:
    """Which letters a text has, so that the rules of other languages cost nothing."""
    return frozenset(kind for kind, sign in _KINDS.items() if sign.search(folded))


@dataclass(frozen=True)
class Rule:
    """A pattern for texts that have all the kinds of letters that it `needs`.

    `part` names the group that is meant, where the pattern also holds what gives it away.
    """

    needs: frozenset[str]
    pattern: str
    part: str = ""
    is_caseless: bool = False

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE if self.is_caseless else 0)

    def spans(self, folded: str) -> Iterator[Span]:
        """Every place where the pattern fits."""
        for found in self._compiled.finditer(folded):
            start, end = found.span(self.part or 0)
            if start < end:
                yield start, end


def rule(needs: str, *pattern: str, part: str = "", is_caseless: bool = False) -> Rule:
    """A rule; `needs` are kinds of letters with spaces between, `pattern` is joined."""
    return Rule(frozenset(needs.split()), "".join(pattern), part, is_caseless)


def spans_of(rules: Iterable[Rule], folded: str, kinds: frozenset[str]) -> Iterator[Span]:
    """What those of the rules find that this text needs."""
    for each in rules:
        if each.needs <= kinds:
            yield from each.spans(folded)
