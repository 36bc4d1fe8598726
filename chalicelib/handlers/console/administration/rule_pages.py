"""The pages of escalation rules: a list that reads as sentences, and an editor; decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.errors import InvalidRequest, NotFound, StaleTicket
from chalicelib.handlers.console.administration import (
    rule_choices,
    rule_form,
    rule_trials,
    rule_words,
)
from chalicelib.handlers.console.administration.rule_choices import namer
from chalicelib.handlers.console.administration.rule_form import RuleForm, StepForm
from chalicelib.handlers.console.door.visit import fault_said, named, room, say, show
from chalicelib.handlers.http import Call, Services, redirect
from chalicelib.identity.accounts import Act
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.ports import CatalogItem

LIST = "/console/rules"


@room(LIST, Act.READ_CATALOG)
def show_rules(call: Call) -> Response:
    """All rules in their order, each as a sentence."""
    return _list(call)


@room(LIST, Act.WRITE_CATALOG, methods=["POST"])
def change_rules(call: Call) -> Response:
    """Up, down, on, off or away."""
    try:
        _change(call, call.form.get("do"), call.form.get("rule_id"))
    except (InvalidRequest, StaleTicket) as error:
        return _list(call, message=str(error), status=409)
    return redirect(call, LIST)


def _change(call: Call, do: str, rule_id: str) -> None:
    desk, actor = call.services.catalog_desk, call.person.staff.actor
    if do in ("up", "down"):
        codes = [item.code for item in desk.items("rule")]
        desk.reorder_rules(moved(codes, rule_id, -1 if do == "up" else 1), actor)
    elif do in ("on", "off"):
        desk.enable_rule(rule_id, actor, is_enabled=do == "on", version=version_of(call))
    elif do == "delete":
        desk.delete("rule", rule_id, actor, version=version_of(call))
    else:
        raise NotFound("There is no such act.")


def moved(codes: list[str], code: str, by: int) -> list[str]:
    """The codes with one of them moved by one place; as they were at the ends."""
    if code not in codes:
        raise NotFound(f"There is no rule {code!r}.")
    at = codes.index(code)
    to = min(max(at + by, 0), len(codes) - 1)
    rest = [other for other in codes if other != code]
    return [*rest[:to], code, *rest[to:]]


def version_of(call: Call) -> int:
    """The version in a form. Raises `InvalidRequest` when it is none."""
    text = call.form.get("version")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequest(
            "The form is not complete; load the page again.", {"version": "missing"}
        )
    return int(text)


def _list(call: Call, *, message: str = "", status: int = 200) -> Response:
    items = call.services.catalog_desk.items("rule")
    name = namer(call.services, call.services.catalog.load())
    context = {
        "rules": [
            (item, item.body.get("is_enabled", True), rule_words.sentence(item.body, say, name))
            for item in items
        ],
        "message": message,
    }
    return show(call, "rules", context, status=status, here="rules")


@room("/console/rules/new", Act.WRITE_CATALOG, methods=["GET", "POST"])
def new_rule(call: Call) -> Response:
    """A rule that is not written yet."""
    if call.method != "POST":
        return _editor(call, rule_form.blank_form(), version=0)
    return _save(call, version=0, is_new=True)


@room("/console/rules/{rule_id}", Act.READ_CATALOG)
def show_rule(call: Call, rule_id: str) -> Response:
    """A rule in the editor, with its history."""
    item = call.services.catalog_desk.item("rule", rule_id)
    return _editor(call, rule_form.form_of(item.body), version=item.version, item=item)


@room("/console/rules/{rule_id}", Act.WRITE_CATALOG, methods=["POST"])
def save_rule(call: Call, rule_id: str) -> Response:
    """A changed rule."""
    if call.form.get("rule_id") != rule_id:
        raise InvalidRequest("A rule keeps its code.", {"rule_id": "must stay as it is"})
    return _save(call, version=version_of(call), is_new=False)


def _save(call: Call, *, version: int, is_new: bool) -> Response:
    form = rule_form.read_form(call.form)
    asked = call.form.get("do")
    if asked not in ("save", *rule_trials.TRIALS):
        return _editor(call, _reshaped(form, asked), version=version)
    body, problems = rule_form.body_of(form)
    try:
        if not form.rule_id and is_new:
            problems["rule_id"] = "is missing"
        _keep_condition(call.services, body, form, version)
        call.services.catalog_desk.check("rule", body)
    except InvalidRequest as error:
        problems = {**{rule_form.field_of(p): text for p, text in error.fields.items()}, **problems}
    if problems:
        return _editor(call, form, version=version, problems=problems, status=400)
    if asked in rule_trials.TRIALS:
        trial = rule_trials.tried(call.services, body, asked, call.form.get("days"))
        return _editor(call, form, version=version, trial=trial)
    return _publish(call, form, body, version)


def _keep_condition(services: Services, body: dict[str, Any], form: RuleForm, version: int) -> None:
    """A condition that the form cannot show stays as it is stored."""
    if version:
        stored = services.catalog_desk.item("rule", form.rule_id).body
        form.is_simple = rule_form.form_of(stored).is_simple
        if not form.is_simple:
            body["when"] = stored["when"]


def _publish(call: Call, form: RuleForm, body: dict[str, Any], version: int) -> Response:
    desk = call.services.catalog_desk
    try:
        note = shortened(call.form.get("note"), bounds.NOTE)
        desk.put("rule", body, call.person.staff.actor, version=version, note=note)
    except StaleTicket as error:
        message = str(error)
        return _editor(call, form, version=version, message=message, status=409)
    return redirect(call, LIST)


def _reshaped(form: RuleForm, asked: str) -> RuleForm:
    """The form with a step more or less; what was typed stays."""
    kind, _, place = asked.partition(":")
    number = bounds.whole(place)
    if kind == "add_step":
        form.steps.append(StepForm(code=_free_code(form), actions=[("", "")]))
    elif kind == "drop_step" and number is not None and len(form.steps) > 1:
        del form.steps[number : number + 1]
    return form


def _free_code(form: RuleForm) -> str:
    taken = {step.code for step in form.steps}
    return next(c for n in range(1, 100) if (c := f"step-{n}") not in taken)


def _editor(
    call: Call,
    form: RuleForm,
    *,
    version: int,
    problems: Mapping[str, str] | None = None,
    message: str = "",
    item: CatalogItem | None = None,
    trial: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    catalog = call.services.catalog.load()
    desk = call.services.catalog_desk
    context = {
        "form": form,
        "version": version,
        "problems": dict(problems or {}),
        "summary": [
            (path, place_of(path), fault_said(text)) for path, text in (problems or {}).items()
        ],
        "message": message,
        "choices": rule_choices.conditions(call.services, form, catalog),
        "trial": trial,
        "note": call.form.get("note") if call.method == "POST" else "",
        "clocks": rule_choices.clocks(form),
        "units": named("unit", rule_form.UNITS),
        "moments": named("moment", rule_form.MOMENTS),
        "action_slots": rule_choices.action_slots(form),
        "actions": rule_choices.actions(call.services),
        "targets": rule_choices.targets(call.services, form, catalog),
        "sentence": _said(call.services, item, catalog),
        "history_items": desk.history("rule", form.rule_id)[:20] if item else [],
    }
    return show(call, "rule", context, status=status, here="rules")


def place_of(path: str) -> str:
    """What a field is called on the page."""
    parts = path.split(".")
    if parts[0] == "steps" and len(parts) > 1:
        return say("rule.place.step", number=int(parts[1]) + 1)
    labels = {"rule_id": "rule.code", "name": "rule.name", "clock": "rule.clock"}
    labels |= {"when": "rule.for", "steps": "rule.steps"}
    return say(labels.get(parts[0], "rule.whole"))


def _said(services: Services, item: CatalogItem | None, catalog: Catalog) -> str:
    return rule_words.sentence(item.body, say, namer(services, catalog)) if item else ""
