"""A rule as a plain form and back; pure, knows no request. What the form cannot say stays JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chalicelib.channels import bounds
from chalicelib.tickets.catalog.bodies import spell_out

FIELDS = (
    "service",
    "group",
    "agency",
    "area",
    "priority",
    "status",
    "channel",
    "assignee",
    "tag",
    "reopened",
    "affected",
)
WORDS = "words"
UNITS = {"minutes": 1, "hours": 60, "days": 1440}
MOMENTS = ("share", "before", "end", "after")
SLOTS = 3  # for actions, shown in every step; more where a step has more
ACTIONS_A_STEP = 5
LEAST_STEPS = 1

Body = dict[str, Any]


class Fields(Protocol):
    """A posted form."""

    def get(self, name: str, default: str = "") -> str:
        """The last value of a field."""
        ...

    def all(self, name: str) -> Sequence[str]:
        """Every value of a field."""
        ...


@dataclass(slots=True)
class StepForm:
    """One rung as its fields hold it."""

    code: str = ""
    moment: str = "end"
    amount: str = ""
    unit: str = "hours"
    is_working_time: bool = True
    actions: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class RuleForm:
    """A rule as its fields hold it. `is_simple` is False for conditions the form cannot show."""

    rule_id: str = ""
    name: str = ""
    clock: str = "first_response"
    order: str = "100"
    is_enabled: bool = True
    conditions: dict[str, list[str]] = field(default_factory=dict)
    words: str = ""
    steps: list[StepForm] = field(default_factory=list)
    is_simple: bool = True


def blank_form() -> RuleForm:
    """The form of a rule that is not written yet."""
    return RuleForm(steps=[StepForm(code="step-1", actions=[("", "")])])


def form_of(body: Mapping[str, Any]) -> RuleForm:
    """The form that shows a stored rule."""
    leaves = _leaves(spell_out(body.get("when") or {}))
    known = {leaf["field"]: list(leaf["values"]) for leaf in leaves or ()}
    return RuleForm(
        rule_id=body.get("rule_id", ""),
        name=body.get("name", ""),
        clock=body.get("clock", ""),
        order=str(body.get("order", 100)),
        is_enabled=body.get("is_enabled", True),
        conditions={name: known[name] for name in FIELDS if name in known},
        words=", ".join(known.get(WORDS, ())),
        steps=[_step_form(step) for step in body.get("steps", ())],
        is_simple=leaves is not None,
    )


def _leaves(condition: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The conditions that must all hold, or None when it is more complicated than that."""
    if condition.get("any") or condition.get("none"):
        return None
    own = [condition] if condition.get("field") else []
    parts = [*own, *condition.get("all", ())]
    is_flat = not any("," in word for p in parts if p.get("field") == WORDS for word in p["values"])
    is_flat = is_flat and all(
        part.get("field") in (*FIELDS, WORDS)
        and (part is condition or not any(part.get(nest) for nest in ("all", "any", "none")))
        for part in parts
    )
    names = [part.get("field") for part in parts]
    return parts if is_flat and len(set(names)) == len(names) else None


def _step_form(step: Mapping[str, Any]) -> StepForm:
    made = StepForm(code=step.get("code", ""), is_working_time=step.get("is_working_time", True))
    made.actions = [(a.get("do", ""), a.get("to", "")) for a in step.get("actions", ())]
    if step.get("share") is not None:
        made.moment, made.amount = "share", str(step["share"])
        return made
    minutes = int(step.get("minutes") or 0)
    made.moment = "end" if minutes == 0 else "after" if minutes > 0 else "before"
    made.unit, made.amount = split_minutes(abs(minutes))
    return made


def split_minutes(minutes: int) -> tuple[str, str]:
    """Minutes in the largest unit that holds them whole: (unit, how many; empty for none)."""
    if not minutes:
        return "hours", ""
    unit = next(u for u in ("days", "hours", "minutes") if minutes % UNITS[u] == 0)
    return unit, str(minutes // UNITS[unit])


def read_form(form: Fields) -> RuleForm:
    """What was typed, as it was typed."""
    return RuleForm(
        rule_id=form.get("rule_id").strip(),
        name=form.get("name").strip(),
        clock=form.get("clock"),
        order=form.get("order").strip() or "100",
        is_enabled=form.get("is_enabled") == "yes",
        conditions={n: list(form.all(f"when.{n}")) for n in FIELDS if form.all(f"when.{n}")},
        words=form.get("when.words").strip(),
        steps=[_read_step(form, number) for number in range(_count(form))],
    )


def _count(form: Fields) -> int:
    count = bounds.whole(form.get("step_count"))
    return LEAST_STEPS if count is None else min(count, 20)


def _read_step(form: Fields, number: int) -> StepForm:
    base = f"steps.{number}"
    names = range(ACTIONS_A_STEP)
    actions = [
        (form.get(f"{base}.actions.{i}.do"), form.get(f"{base}.actions.{i}.to")) for i in names
    ]
    return StepForm(
        code=form.get(f"{base}.code") or f"step-{number + 1}",
        moment=form.get(f"{base}.moment"),
        amount=form.get(f"{base}.amount").strip(),
        unit=form.get(f"{base}.unit"),
        is_working_time=form.get(f"{base}.is_working_time") == "yes",
        actions=[(do, to) for do, to in actions if do or to],
    )


def body_of(form: RuleForm) -> tuple[Body, dict[str, str]]:
    """The rule that the form describes, and what is wrong with numbers in it, by field.

    Everything else is checked where rules are checked.
    """
    problems: dict[str, str] = {}
    steps = [_step_body(step, f"steps.{i}", problems) for i, step in enumerate(form.steps)]
    body: Body = {
        "rule_id": form.rule_id,
        "name": form.name,
        "clock": form.clock,
        "order": _whole(form.order, "order", problems),
        "is_enabled": form.is_enabled,
        "when": _condition(form),
        "steps": steps,
    }
    return body, problems


def _condition(form: RuleForm) -> Body:
    leaves: list[Body] = [{"field": n, "values": values} for n, values in form.conditions.items()]
    said = [word.strip() for word in form.words.split(",") if word.strip()]
    if said:
        leaves.append({"field": WORDS, "values": said})
    if len(leaves) == 1:
        return leaves[0]
    return {"all": leaves} if leaves else {}


def _step_body(step: StepForm, at: str, problems: dict[str, str]) -> Body:
    body: Body = {
        "code": step.code,
        "is_working_time": step.is_working_time,
        "actions": [{"do": do, "to": to} if to else {"do": do} for do, to in step.actions],
    }
    if step.moment == "share":
        return {**body, "share": _whole(step.amount, f"{at}.amount", problems)}
    amount = 0 if step.moment == "end" else _whole(step.amount, f"{at}.amount", problems)
    minutes = amount * UNITS.get(step.unit, 60)
    return {**body, "minutes": -minutes if step.moment == "before" else minutes}


def _whole(text: str, name: str, problems: dict[str, str]) -> int:
    if text.isascii() and text.isdigit() and len(text) < 8:
        return int(text)
    problems[name] = "Write a whole number, such as 4."
    return 0


def field_of(path: str) -> str:
    """The form's field for a path in a rule's problems: `steps.0.share` is typed as `amount`."""
    parts = path.replace("[", ".").replace("]", "").split(".")
    if parts[0] == "when":
        return "when"
    if parts[0] == "steps" and len(parts) > 2 and parts[2] in ("share", "minutes"):
        return f"steps.{parts[1]}.amount"
    return ".".join(parts)
