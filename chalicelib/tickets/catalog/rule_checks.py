"""Accepting an escalation rule: names each field that is wrong and why; knows no single action."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from chalicelib.messages import Channel
from chalicelib.tickets.catalog.areas import MOST_OF_ALL, Area, faults_of, points_of, rounded
from chalicelib.tickets.catalog.bodies import NESTS, spell_out
from chalicelib.tickets.catalog.checks import Problems, check_codes, raise_any, shape
from chalicelib.tickets.catalog.published import UNCLASSIFIED, Catalog
from chalicelib.tickets.catalog.routing import Route
from chalicelib.tickets.catalog.rule_conflicts import conflicts_of
from chalicelib.tickets.catalog.rules import READERS, WORD_FIELD, Action, Condition, Rule, Step
from chalicelib.tickets.model.ticket import OPEN_STATUSES, TRANSITIONS, Priority, Status
from chalicelib.tickets.model.wording import words
from chalicelib.tickets.worktime.sla import CLOCKS

MOST_ACTIONS = 5
SILENCE = "staff_silence"
RUNNING = OPEN_STATUSES - {Status.PENDING}  # in these a ticket can escalate


class ActionKind(Protocol):
    """What a rule's check must know of a registered action."""

    @property
    def needs(self) -> str:
        """What its `to` names: agency, status, priority, user, system, or empty for none."""
        ...

    @property
    def may_lack_to(self) -> bool:
        """Whether `to` may be left out although it takes one."""
        ...


class Known(NamedTuple):
    """What a rule's actions may name. `systems` gives the keys of those that can be called."""

    catalog: Catalog
    actions: Mapping[str, ActionKind]
    intake_addresses: Collection[str] = ()
    systems: Callable[[], Collection[str]] = tuple


def check_rule(body: Mapping[str, Any], known: Known) -> Rule:
    """A rule that can work, from JSON. Raises `InvalidRequest` naming every wrong field."""
    catalog = known.catalog
    rule = shape(Rule, {**body, "when": spell_out(body.get("when", {}))})
    problems = _check_clock(rule, catalog) | dict(_check_condition("when", rule.when, catalog))
    problems |= _check_steps(rule, catalog)
    for path, action in _each_action(rule):
        problems |= _check_action(path, action, known)
        problems |= _check_contacts(path, action, catalog)
    raise_any(problems or conflicts_of(rule, catalog.rules))
    return rule


def check_route(body: Mapping[str, Any], catalog: Catalog) -> Route:
    """A routing rule that can work, from JSON. Raises `InvalidRequest` naming every wrong field."""
    route = shape(Route, {**body, "when": spell_out(body.get("when", {}))})
    problems = dict(_check_condition("when", route.when, catalog))
    if route.agency_code not in catalog.agencies:
        problems["agency_code"] = f"there is no agency {route.agency_code!r}"
    for name in ("agency", "status", "assignee", "level", "reopened"):
        if f"when.{name}" not in problems and asks(route.when, name):
            problems["when"] = f"{name} is not known yet when a report comes; ask something else"
    raise_any(problems)
    return route


def check_area(body: Mapping[str, Any], catalog: Catalog) -> Area:
    """An area whose borders are closed lines, rounded, from JSON. Raises `InvalidRequest`."""
    area = shape(Area, body)
    fault = next(faults_of(area.geometry), "") or _check_sum(area, catalog)
    problems = {"geometry": fault} if fault else {}
    if not any(text.strip() for text in area.name.values()):
        problems["name"] = "needs a text in at least one language"
    raise_any(problems)
    return replace(area, geometry=rounded(area.geometry))


def _check_sum(area: Area, catalog: Catalog) -> str:
    others = (a for a in catalog.areas.values() if a.area_code != area.area_code)
    points = sum(points_of(each.geometry) for each in (area, *others))
    if points <= MOST_OF_ALL:
        return ""
    return f"makes {points:,} points of all areas; simplify some, {MOST_OF_ALL:,} is the most"


def asks(condition: Condition, name: str) -> bool:
    """Whether a condition asks for a field anywhere in it."""
    nested = (*condition.all, *condition.any, *condition.none)
    return condition.field == name or any(asks(part, name) for part in nested)


def _check_clock(rule: Rule, catalog: Catalog) -> Problems:
    if rule.clock not in CLOCKS:
        return {"clock": f"{rule.clock} is not measured yet; choose {', '.join(sorted(CLOCKS))}"}
    if rule.clock != SILENCE and not any(t.clock == rule.clock for t in catalog.targets):
        return {"clock": f"no target promises a {rule.clock}, so no step can fire; add a target"}
    return {}


def _check_condition(
    path: str, condition: Condition, catalog: Catalog
) -> Iterator[tuple[str, str]]:
    if condition.field or condition.values:
        yield from _check_leaf(path, condition, catalog)
    for nest in NESTS:
        parts: Sequence[Condition] = getattr(condition, nest)
        for at, part in enumerate(parts):
            if part == Condition():
                yield f"{path}.{nest}[{at}]", "is empty; name a field and its values, or remove it"
            yield from _check_condition(f"{path}.{nest}[{at}]", part, catalog)


def _check_leaf(path: str, leaf: Condition, catalog: Catalog) -> Iterator[tuple[str, str]]:
    if leaf.field not in READERS and leaf.field != WORD_FIELD:
        names = ", ".join(sorted([*READERS, WORD_FIELD]))
        yield f"{path}.field", f"{leaf.field!r} is not a field to ask about; known are {names}"
        return
    if not leaf.values:
        yield f"{path}.values", "needs at least one value, or no ticket is meant"
    known = _known_values(catalog).get(leaf.field)
    if known is not None:
        yield from check_codes(f"{path}.values", leaf.field, leaf.values, known).items()
    if leaf.field == "status" and leaf.values and not set(leaf.values) & RUNNING:
        yield f"{path}.values", "a ticket in these states does not escalate, so no step can fire"


def _known_values(catalog: Catalog) -> Mapping[str, Collection[str]]:
    return {
        "service": {*catalog.services, UNCLASSIFIED},
        "agency": catalog.agencies,
        "area": catalog.areas,
        "group": {words(s.group, "en") for s in catalog.services.values()},
        "priority": tuple(Priority),
        "status": tuple(Status),
        "channel": tuple(Channel),
    }


def _check_steps(rule: Rule, catalog: Catalog) -> Problems:
    if not rule.steps:
        return {"steps": "needs at least one step"}
    problems: Problems = {}
    codes = [step.code for step in rule.steps]
    for at, step in enumerate(rule.steps):
        if step.code in codes[:at]:
            problems[f"steps[{at}].code"] = f"{step.code!r} stands there twice; each must differ"
        problems |= _check_moment(f"steps[{at}]", step, rule, catalog)
        problems |= _check_amount(f"steps[{at}].actions", step.actions)
    return problems


def _check_amount(path: str, actions: Sequence[Action]) -> Problems:
    if not actions:
        return {path: "needs at least one action"}
    if len(actions) > MOST_ACTIONS:
        return {path: f"has {len(actions)} actions; {MOST_ACTIONS} is the most"}
    return {}


def _check_moment(path: str, step: Step, rule: Rule, catalog: Catalog) -> Problems:
    """A step has exactly one moment, and one that comes."""
    if rule.clock == SILENCE:
        return _check_silence(path, step)
    if (step.share is None) == (step.minutes is None):
        return {f"{path}.share": "give either a share of the target or minutes before or after it"}
    longest = max((t.minutes for t in catalog.targets if t.clock == rule.clock), default=None)
    if longest is not None and step.minutes is not None and -step.minutes > longest:
        return {f"{path}.minutes": f"lies before the clock starts; no target is over {longest}"}
    return {}


def _check_silence(path: str, step: Step) -> Problems:
    if step.share is not None:
        return {f"{path}.share": "silence has no target to take a share of; give minutes"}
    if not step.minutes or step.minutes < 1:
        return {f"{path}.minutes": "must be 1 or more: how long nobody did anything"}
    return {}


def _each_action(rule: Rule) -> Iterator[tuple[str, Action]]:
    for at, step in enumerate(rule.steps):
        for number, action in enumerate(step.actions):
            yield f"steps[{at}].actions[{number}]", action


def _check_action(path: str, action: Action, known: Known) -> Problems:
    kind = known.actions.get(action.do)
    if kind is None:
        names = ", ".join(sorted(known.actions))
        return {f"{path}.do": f"there is no action {action.do!r}; known are {names}"}
    if action.to.casefold() in {each.casefold() for each in known.intake_addresses}:
        return {f"{path}.to": f"{action.to} opens tickets, so the desk would write to itself"}
    if action.to and not kind.needs:
        return {f"{path}.to": f"{action.do} takes no 'to'; addresses belong to the agency"}
    if not action.to:
        lacks = kind.needs and not kind.may_lack_to
        return {f"{path}.to": f"{action.do} needs the {kind.needs} here"} if lacks else {}
    if kind.needs == "system":
        return _check_system(f"{path}.to", action.to, known.systems())
    return _check_to(f"{path}.to", kind.needs, action.to, known.catalog)


def _check_system(path: str, to: str, systems: Collection[str]) -> Problems:
    if to in systems:
        return {}
    choices = ", ".join(sorted(systems)) or "none yet; make an API key with a callback_url"
    return {path: f"no system that can be called has the key {to!r}; known are {choices}"}


def _check_to(path: str, needs: str, to: str, catalog: Catalog) -> Problems:
    known: Mapping[str, Collection[str]] = {
        "agency": catalog.agencies,
        "priority": tuple(Priority),
        "status": sorted(set[str]().union(*(TRANSITIONS[status] for status in RUNNING))),
    }
    if needs in known and to not in known[needs]:
        choices = ", ".join(sorted(known[needs]))
        return {path: f"a step cannot make it {to!r}; choose one of {choices}"}
    return {}


def _check_contacts(path: str, action: Action, catalog: Catalog) -> Problems:
    """A notice that nobody could receive is a mistake."""
    agencies = catalog.agencies.values()
    if action.do == "notify_duty" and not catalog.policy.duty_email:
        return {f"{path}.do": "nobody would receive it: the policy names no duty_email"}
    if action.do == "notify_supervisor" and not any(a.supervisor_email for a in agencies):
        return {f"{path}.do": "nobody would receive it: no agency has a supervisor_email"}
    if action.do == "remind_agency" and not any(a.email for a in agencies):
        return {f"{path}.do": "nobody would receive it: no agency has an email"}
    return {}
