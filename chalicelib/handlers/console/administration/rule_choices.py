"""What the fields of a rule's form offer, and what people call it; decides nothing itself.

Whatever a stored rule holds is offered too, so that opening and saving it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.handlers.console.administration.rule_form import FIELDS, SLOTS, RuleForm
from chalicelib.handlers.console.desk.queue import people_names
from chalicelib.handlers.console.door.visit import in_words, named, say
from chalicelib.handlers.http import Services
from chalicelib.messages import Channel
from chalicelib.templates.pages import messages
from chalicelib.tickets.catalog import UNCLASSIFIED, Catalog, words
from chalicelib.tickets.model.ticket import Priority, Status

Choices = list[tuple[str, str]]
CLOCKS = (
    "first_response",
    "resolution",
    "staff_silence",
    "next_update",
    "acceptance",
    "informed",
    "appeal",
)


def clocks(form: RuleForm) -> Choices:
    """The clocks a rule can follow."""
    offered = [clock for clock in CLOCKS if f"clock.{clock}" in messages("en", "console")]
    held = [form.clock] if form.clock else []
    return [(clock, _said("clock", clock)) for clock in _with(offered, held)]


def conditions(services: Services, form: RuleForm, catalog: Catalog) -> dict[str, Choices]:
    """What each condition can be, as (code, name)."""
    name = namer(services, catalog)
    codes: dict[str, list[str]] = {
        "service": [*catalog.services, UNCLASSIFIED],
        "agency": list(catalog.agencies),
        "priority": list(Priority),
        "status": [Status.NEW, Status.ACKNOWLEDGED, Status.IN_PROGRESS],
        "channel": list(Channel),
        "group": list(dict.fromkeys(words(s.group, "en") for s in catalog.services.values())),
        "area": list(catalog.areas),
        "assignee": ["nobody"],
        "tag": ["notice-failed", "incident"],
        "reopened": ["1", "2", "3"],
        "affected": ["2", "5", "10", "50"],
    }
    offered = {field: _with(codes[field], form.conditions.get(field, [])) for field in FIELDS}
    return {
        field: [(code, name(field, code)) for code in each]
        for field, each in offered.items()
        if each
    }


def _said(prefix: str, code: str) -> str:
    """Our words for a code, or the code where somebody else made it up."""
    key = f"{prefix}.{code}"
    return say(key) if key in messages("en", "console") else code


def _with(offered: list[str], held: list[str]) -> list[str]:
    return [*offered, *(code for code in held if code not in offered)]


def actions(services: Services) -> Choices:
    """What a step can do: our words for it, else what its own documentation says."""
    known = messages("en", "console")
    kinds = services.catalog_desk.actions()
    return [
        (k.name, say(f"action.{k.name}") if f"action.{k.name}" in known else k.does) for k in kinds
    ]


def action_slots(form: RuleForm) -> int:
    """How many actions each step shows."""
    return max(SLOTS, *(len(step.actions) for step in form.steps), 0)


def targets(services: Services, form: RuleForm, catalog: Catalog) -> list[tuple[str, Choices]]:
    """What an action's `to` can be, grouped by kind."""
    name = namer(services, catalog)
    agencies = [(code, name("agency", code)) for code in catalog.agencies]
    people = sorted(people_names(services).items(), key=lambda pair: pair[1])
    groups = [
        ("agency", agencies),
        ("priority", named("priority", Priority)),
        ("status", named("status", Status)),
        ("assignee", people),
        *([("system", called)] if (called := list(systems(services).items())) else []),
    ]
    known = {code for _, each in groups for code, _ in each}
    held = {to for step in form.steps for _, to in step.actions if to and to not in known}
    return [*groups, ("other", [(to, to) for to in sorted(held)])] if held else groups


def systems(services: Services) -> dict[str, str]:
    """The names of the other systems that a step can call, by key."""
    return {key.key_id: key.name for key in services.clients.all_keys() if key.is_callable}


def namer(services: Services, catalog: Catalog) -> Callable[[str, str], str]:
    """What people call a code of some field."""
    people = people_names(services)

    def written(field: str, code: str) -> Mapping[str, str]:
        if field == "service" and code in catalog.services:
            return catalog.services[code].service_name
        if field == "agency" and code in catalog.agencies:
            return catalog.agencies[code].agency_name
        return catalog.areas[code].name if field == "area" and code in catalog.areas else {}

    def name(field: str, code: str) -> str:
        if field in ("priority", "status", "channel", "tag"):
            return _said(field, code)
        if found := written(field, code):
            return in_words(found)
        if field == "system":
            return systems(services).get(code, code)
        special = {("service", UNCLASSIFIED): "unclassified", ("assignee", "nobody"): "nobody"}
        if key := special.get((field, code)):
            return say(f"queue.{key}")
        return people.get(code, code) if field == "assignee" else code

    return name
