"""The list of everybody who works here, and inviting somebody; decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.channels.bounds import shortened
from chalicelib.channels.contacts import read_email
from chalicelib.errors import InvalidRequest
from chalicelib.handlers.console.desk.queue import agency_choices
from chalicelib.handlers.console.door.form_values import Answers
from chalicelib.handlers.console.door.visit import named, room, say, show
from chalicelib.handlers.http import Call, Form, Services, redirect
from chalicelib.identity.accounts import WHOLE_CITY, Act
from chalicelib.identity.people import ROLES, Rights
from chalicelib.identity.register import Member

LIST = "/console/people"
SIZE = 50
SEARCH = 100  # letters
Choices = list[tuple[str, str]]


@room(LIST, Act.MANAGE_PEOPLE)
def show_people(call: Call) -> Response:
    """Everybody by name, in pages; who has left under a view of their own."""
    wanted, view = shortened(call.arg("q").strip(), SEARCH), call.arg("view")
    is_active = view != "left"
    found = [m for m in _members(call.services) if m.is_active == is_active and _fits(m, wanted)]
    start = next((n for n, m in enumerate(found) if _place(m) >= call.arg("from")), len(found))
    shown, later = found[start : start + SIZE], found[start + SIZE : start + SIZE + 1]
    chosen = {name: value for name, value in (("q", wanted), ("view", view)) if value}
    context = {
        "rows": [(m, call.services.stand_ins.absence(m.staff.pool_name)) for m in shown],
        "is_active": is_active,
        "wanted": wanted,
        "second": timedelta(seconds=1),
        "count": len(found),
        "agency_names": dict(agencies(call.services)),
        "first": _address(chosen) if start else "",
        "next": _address(chosen | {"from": _place(later[0])}) if later else "",
    }
    return show(call, "people", context, here="people")


def _members(services: Services) -> list[Member]:
    return sorted(services.directory.members().values(), key=_place)


def _place(member: Member) -> str:
    """Where somebody stands in the list; pages begin there."""
    return f"{member.staff.name.casefold()} {member.staff.pool_name}"


def _fits(member: Member, wanted: str) -> bool:
    said = f"{member.staff.name} {member.staff.email}".casefold()
    return all(word in said for word in wanted.casefold().split())


def _address(chosen: Mapping[str, str]) -> str:
    return f"{LIST}?{urlencode(chosen)}" if chosen else LIST


@room(LIST + "/new", Act.MANAGE_PEOPLE, methods=["GET", "POST"])
def invite(call: Call) -> Response:
    """Somebody who is to work here; a mail with a first password is on its way once they are."""
    if call.method != "POST":
        return _form(call, Form({"roles": ["agent"]}))
    answers = Answers(call.form)
    name = answers.text("name", most=100, is_required=True)
    email = _email(answers)
    rights = rights_in(answers, call.services)
    if answers.problems:
        return _form(call, call.form, answers.problems)
    try:
        made = call.services.people.invite(email, name, rights, call.person.staff.actor)
    except InvalidRequest as error:
        return _form(call, call.form, error.fields)
    return redirect(call, f"{LIST}/{made}?done=invited")


def _email(answers: Answers) -> str:
    address, wrong = read_email(answers.text("email", is_required=True))
    if not address or wrong:
        answers.problems.setdefault("email", say("people.no_address"))
    return (address or "").lower()


def rights_in(answers: Answers, services: Services) -> Rights:
    """The roles and agencies that a form gives."""
    roles = answers.several("roles", ROLES)
    if not roles:
        answers.problems["roles"] = say("people.no_role")
    codes = [code for code, _ in agencies(services)]
    return Rights(roles, answers.several("agencies", codes))


def agencies(services: Services) -> Choices:
    """Whose tickets somebody may see: the whole city, or agencies by name."""
    return [(WHOLE_CITY, say("people.whole_city")), *agency_choices(services)]


def roles() -> Sequence[tuple[str, str]]:
    """Roles with what they may do."""
    return named("people.role", ROLES)


def _form(call: Call, form: Form, problems: Mapping[str, str] | None = None) -> Response:
    context: dict[str, Any] = {
        "form": form,
        "roles": roles(),
        "agencies": agencies(call.services),
        "problems": dict(problems or {}),
    }
    return show(call, "person_new", context, status=400 if problems else 200, here="people")
