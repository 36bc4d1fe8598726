"""The questions of a service, each on a page of its own; decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.errors import InvalidRequest, NotFound, StaleTicket
from chalicelib.handlers.console.administration import form_fields
from chalicelib.handlers.console.administration.form_fields import FormField
from chalicelib.handlers.console.administration.rule_pages import version_of
from chalicelib.handlers.console.door.visit import named, room, show
from chalicelib.handlers.http import Call, Form, Services, redirect
from chalicelib.identity.accounts import Act
from chalicelib.tickets.catalog import DATATYPES
from chalicelib.tickets.catalog.bodies import read_body, write_body
from chalicelib.tickets.ports import CatalogItem

ONE = "/console/services/{code}/questions/{question}"
SPARE = 3  # empty lines below the values there are
MOST_VALUES = 30  # a form carries no more; the JSON does


@room(ONE, Act.READ_CATALOG)
def show_question(call: Call, code: str, question: str) -> Response:
    """A question in its form; `new` is a blank one."""
    item, at = _found(call.services, code, question)
    questions = _full(item)["attributes"]
    body = questions[at] if at is not None else _blank(questions)
    return _page(call, item, question, _form_of(body), item.version)


@room(ONE, Act.WRITE_CATALOG, methods=["POST"])
def save_question(call: Call, code: str, question: str) -> Response:
    """Publish the service with the question changed, added or taken away."""
    (item, at), version = _found(call.services, code, question), version_of(call)
    if call.form.get("do") == "more":
        return _page(call, item, question, call.form, version, spare=SPARE * 3)
    desk, actor, note = (
        call.services.catalog_desk,
        call.person.staff.actor,
        shortened(call.form.get("note"), bounds.NOTE),
    )
    try:
        body, problems = _service(call, item, at)
        _check(call.services, body, problems, at)
        desk.put("service", body, actor, version=version, note=note)
    except InvalidRequest as error:
        return _page(call, item, question, call.form, version, problems=error.fields, status=400)
    except StaleTicket as error:
        return _page(call, item, question, call.form, version, message=str(error), status=409)
    return redirect(call, f"/console/catalogue/service/{code}#questions")


def _found(services: Services, code: str, question: str) -> tuple[CatalogItem, int | None]:
    item = services.catalog_desk.item("service", code)
    codes = [each["code"] for each in item.body.get("attributes", ())]
    if question != "new" and question not in codes:
        raise NotFound("The service asks no such question.")
    return item, None if question == "new" else codes.index(question)


def _full(item: CatalogItem) -> dict[str, Any]:
    return write_body(read_body("service", item.body))


def _blank(questions: list[dict[str, Any]]) -> dict[str, Any]:
    last = max((each["order"] for each in questions), default=0)
    return {"datatype": "string", "is_question": True, "order": last + 1}


def _fields() -> list[FormField]:
    return [
        FormField(name="code", is_code=True),
        FormField(name="datatype", sort="choice", choices=named("datatype", DATATYPES)),
        FormField(name="description", sort="words", label="question.one"),
        FormField(name="datatype_description", sort="words"),
        FormField(name="is_required", sort="tick"),
        FormField(name="is_question", sort="tick"),
        FormField(name="order", sort="whole"),
    ]


def _form_of(body: Mapping[str, Any]) -> Form:
    form = form_fields.show_fields(_fields(), body)
    return Form({**form.fields, **_typed_values(body.get("values", ()))})


def _service(
    call: Call, item: CatalogItem, at: int | None
) -> tuple[dict[str, Any], dict[str, str]]:
    """The service as it would be with the form's question, and what could not be read."""
    body = _full(item)
    questions = list(body["attributes"])
    if call.form.get("do") == "delete" and at is not None:
        del questions[at]
        return {**body, "attributes": questions}, {}
    stored = questions[at] if at is not None else {}
    asked, problems = form_fields.read_fields(_fields(), call.form, stored)
    asked["values"] = _values(call.form)
    end = len(questions) if at is None else at
    questions[end : end + 1] = [asked]
    return {**body, "attributes": questions}, problems


def _values(form: Form) -> list[dict[str, Any]]:
    """The lines of the table on which anything stands, in their order."""
    rows: dict[int, dict[str, str]] = {}
    for name in form.fields:
        part, _, rest = name.partition(".")
        place, _, column = rest.partition(".")
        text, number = form.get(name).strip(), bounds.whole(place)
        if part == "values" and number is not None and text:
            rows.setdefault(number, {})[column] = text
    return [
        {"key": row.get("key", ""), "name": {c: t for c, t in row.items() if c != "key"}}
        for _, row in sorted(rows.items())
    ]


def _check(
    services: Services, body: Mapping[str, Any], problems: Mapping[str, str], at: int | None
) -> None:
    """Raises `InvalidRequest` with what is wrong, by the form's own fields where it is this question."""
    found = dict(problems)
    here = f"attributes[{len(body['attributes']) - 1 if at is None else at}]"
    try:
        services.catalog_desk.check("service", body)
    except InvalidRequest as error:
        for path, text in error.fields.items():
            found.setdefault(_place(path, here), text)
    if found:
        raise InvalidRequest("Some fields are wrong.", found)


def _place(path: str, here: str) -> str:
    """`attributes[2].values[1].key` of the third question is typed in `values.1.key`."""
    inner = path.removeprefix(f"{here}.")
    if inner == path:
        return path
    return inner.replace("[", ".").replace("]", "")


def _page(
    call: Call,
    item: CatalogItem,
    question: str,
    form: Form,
    version: int,
    *,
    problems: Mapping[str, str] | None = None,
    message: str = "",
    spare: int = SPARE,
    status: int = 200,
) -> Response:
    form = _closed_up(form)
    filled = len(_values(form))
    context = {
        "service": item.code,
        "question": question,
        "fields": _fields(),
        "form": form,
        "rows": range(filled + spare),
        "is_too_long": filled > MOST_VALUES,
        "asked_in": _languages(form),
        "version": version,
        "problems": dict(problems or {}),
        "message": message,
    }
    return show(call, "question", context, status=status, here="catalogue")


def _closed_up(form: Form) -> Form:
    """The form without empty lines between the values, as they are counted when they are checked."""
    rest = {name: list(each) for name, each in form.fields.items() if _part(name) != "values"}
    return Form({**rest, **_typed_values(_values(form))})


def _typed_values(values: list[dict[str, Any]]) -> dict[str, list[str]]:
    typed: dict[str, list[str]] = {}
    for number, value in enumerate(values):
        typed[f"values.{number}.key"] = [value["key"]]
        typed |= {f"values.{number}.{code}": [text] for code, text in value["name"].items()}
    return typed


def _languages(form: Form) -> list[tuple[str, str]]:
    """Ours, and any other that something is written in."""
    used = {code for value in _values(form) for code in value["name"]}
    known = form_fields.languages_of(_fields(), form)
    return [*known, *((code, code) for code in sorted(used - set(dict(known))))]


def _part(name: str) -> str:
    return name.partition(".")[0]
