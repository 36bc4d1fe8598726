"""Rules that work against each other: a ticket handed in a circle, a status set and set back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from chalicelib.tickets.rules import Condition, Rule

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
        for rival in rivals:
            if _sends_back(rule, rival, do, to):
                problems[path] = f"the rule {rival.rule_id!r} undoes this; change one of the two"
        if do == "hand_over" and to in _asked(rule.when, "agency"):
            problems[path] = f"the rule asks for tickets of {to!r}, which have no need to go there"
    return problems


def _moves(rule: Rule) -> Iterator[tuple[str, str, str]]:
    """Each action that puts a ticket somewhere: its path, what it does, where to."""
    for at, step in enumerate(rule.steps):
        for number, action in enumerate(step.actions):
            if action.do in _FIELDS and action.to:
                yield f"steps[{at}].actions[{number}].to", action.do, action.to


def _sends_back(rule: Rule, rival: Rule, do: str, to: str) -> bool:
    """Whether the rival takes tickets where the rule puts them and puts them where it found them."""
    name = _FIELDS[do]
    found, rival_finds = _asked(rule.when, name), _asked(rival.when, name)
    back = {there for _, act, there in _moves(rival) if act == do}
    return to in rival_finds and bool(back & found)


def _asked(condition: Condition, name: str) -> set[str]:
    """The values of a field that every ticket of this condition has one of; empty for any."""
    if condition.field == name:
        return set(condition.values)
    return next((found for part in condition.all if (found := _asked(part, name))), set())
