"""A rule as a sentence that a person reads; pure, knows no request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.handlers.console.administration.rule_form import split_minutes
from chalicelib.tickets.catalog.bodies import spell_out

Translate = Callable[..., str]
Names = Callable[[str, str], str]  # field and code -> what people call it
# Which kind of name an action's `to` is.
TARGETS = {
    "hand_over": "agency",
    "reassign": "assignee",
    "raise_priority": "priority",
    "change_status": "status",
    "call_webhook": "system",
}


def sentence(body: Mapping[str, Any], t: Translate, name: Names) -> str:
    """What the rule does, for which reports, in one sentence."""
    which = condition_words(spell_out(body.get("when") or {}), t, name)
    who = t("rule.some", which=which) if which else t("rule.every")
    told = (step_words(step, body.get("clock", ""), t, name) for step in body["steps"])
    steps = t("rule.semicolon").join(told)
    return t("rule.sentence", who=who, clock=t(f"clock.{body.get('clock')}"), steps=steps)


def condition_words(condition: Mapping[str, Any], t: Translate, name: Names) -> str:
    """Which reports a condition means, to stand after "reports"; empty for every report."""
    parts = [_part(condition, t, name)] if condition.get("field") else []
    parts += [condition_words(part, t, name) for part in condition.get("all", ())]
    if condition.get("any"):
        each = [condition_words(part, t, name) for part in condition["any"]]
        parts.append(joined(each, t, "or"))
    for part in condition.get("none", ()):
        parts.append(t("rule.not", what=condition_words(part, t, name)))
    return joined([part for part in parts if part], t, "and")


def _part(leaf: Mapping[str, Any], t: Translate, name: Names) -> str:
    values = [_short(name(leaf["field"], value)) for value in leaf.get("values", ())]
    return t(f"rule.is.{leaf['field']}", values=joined(values, t, "or"))


def _short(name: str) -> str:
    """`P1, critical` is `P1` within a sentence."""
    return name[:2] if name[:1] == "P" and name[1:2].isdigit() else name


def step_words(step: Mapping[str, Any], clock: str, t: Translate, name: Names) -> str:
    """When a step fires and what it does."""
    acts = [action_words(action, t, name) for action in step.get("actions", ())]
    return f"{moment_words(step, clock, t)}{t('rule.comma')}{joined(acts, t, 'and')}"


def moment_words(step: Mapping[str, Any], clock: str, t: Translate) -> str:
    """When a step fires."""
    if step.get("share") is not None:
        share = int(step["share"])
        return t("rule.end", time="") if share == 100 else t("rule.share", share=share)
    minutes = int(step.get("minutes") or 0)
    unit, amount = split_minutes(abs(minutes))
    time = t(f"span.{unit}", count=int(amount)) if amount else ""
    if time and step.get("is_working_time", True):
        time = t("rule.working", time=time)
    place = "silence" if clock == "staff_silence" else "end" if not minutes else ""
    place = place or ("after" if minutes > 0 else "before")
    return t(f"rule.{place}", time=time)


def action_words(action: Mapping[str, Any], t: Translate, name: Names) -> str:
    """What one action does."""
    do, to = action.get("do", ""), action.get("to", "")
    said = t(f"action.{do}")
    return f"{said}: {_short(name(TARGETS.get(do, ''), to))}" if to else said


def joined(parts: Iterable[str], t: Translate, word: str) -> str:
    """Parts with commas and, before the last, a word between them."""
    listed = list(parts)
    if len(listed) < 2:
        return "".join(listed)
    return f"{t('rule.comma').join(listed[:-1])} {t(f'rule.{word}')} {listed[-1]}"
