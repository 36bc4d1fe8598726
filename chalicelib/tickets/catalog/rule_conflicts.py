"""Rules that work against each other: a ticket handed in a circle, a status set and set back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from chalicelib.tickets.catalog.rules import Condition, Rule

# What puts a ticket somewhere, and the field by which a condition asks where it is.
_FIELDS: Mapping[str, str] = {
    "hand_over": "agency",
    "change_status": "status",
    "reassign": "assignee",
}


def conflicts_of(rule: Rule, others: Iterable[Rule]) -> dict[str, str]:
    """Where the rule undoes what another enabled rule does, by field; the other is named.

    Only what the conditions themselves say is held against a rule: two rules for different
    tickets never conflict, and a ladder that names the agency it starts from may go up.
    """
    rivals = [r for r in others if r.is_enabled and r.rule_id != rule.rule_id]
    problems: dict[str, str] = {}
    if not rule.is_enabled:
        return problems
    for path, do, to in _moves(rule):
        if way := _way_back(rule, rivals, do, to):
            problems[path] = _said(way)
        if do == "hand_over" and to in _asked(rule.when, "agency"):
            problems[path] = f"the rule asks for tickets of {to!r}, which have no need to go there"
    return problems


def _moves(rule: Rule) -> Iterator[tuple[str, str, str]]:
    """Each action that puts a ticket somewhere: its path, what it does, where to."""
    for at, step in enumerate(rule.steps):
        for number, action in enumerate(step.actions):
            if action.do in _FIELDS and action.to:
                yield f"steps[{at}].actions[{number}].to", action.do, action.to


def _way_back(rule: Rule, rivals: Sequence[Rule], do: str, to: str) -> tuple[str, ...]:
    """The rules that one after the other take a ticket from `to` to where the rule finds it."""
    name = _FIELDS[do]
    found, seen, ways = _asked(rule.when, name), {to}, [(to, tuple[str, ...]())]
    for place, way in ways:  # it grows as we go
        for rival in rivals:
            if place not in _asked(rival.when, name):
                continue
            for there in (where for _, act, where in _moves(rival) if act == do):
                if there in found:
                    return (*way, rival.rule_id)
                if there not in seen:
                    seen.add(there)
                    ways.append((there, (*way, rival.rule_id)))
    return ()


def _said(way: tuple[str, ...]) -> str:
    if len(way) == 1:
        return f"the rule {way[0]!r} undoes this; change one of the two"
    names = ", then ".join(repr(rule_id) for rule_id in way)
    return f"goes round in a circle: {names} bring it back; change one of them"


def _asked(condition: Condition, name: str) -> set[str]:
    """The values of a field that every ticket of this condition has one of; empty for any."""
    if condition.field == name:
        return set(condition.values)
    return next((found for part in condition.all if (found := _asked(part, name))), set())
