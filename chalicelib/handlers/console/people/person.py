"""One person: rights, absence, password, codes, the end of it; decides nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalice.app import Response

from chalicelib.errors import InvalidRequest, NotFound, StaleTicket
from chalicelib.handlers.console.desk.queue import make_row
from chalicelib.handlers.console.door.form_values import Answers
from chalicelib.handlers.console.door.visit import room, say, show
from chalicelib.handlers.console.people.everybody import LIST, agencies, rights_in, roles
from chalicelib.handlers.http import Call, Services, redirect
from chalicelib.identity.accounts import Act
from chalicelib.identity.people import Rights, rights_of
from chalicelib.identity.register import Absence
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import Page, QueueQuery

ONE = LIST + "/{pool_name}"
SIZE = 25  # tickets that are handed over at once
LONGEST = 366  # days away
DONE = ("invited", "rights", "name", "away", "back", "ended", "again", "codes", "password", "given")


@room(ONE, Act.MANAGE_PEOPLE)
def show_person(call: Call, pool_name: str) -> Response:
    """What is known of somebody, and what can be done."""
    done = call.arg("done")
    return _show(call, pool_name, done=done if done in DONE else "")


@room(ONE, Act.MANAGE_PEOPLE, methods=["POST"])
def change_person(call: Call, pool_name: str) -> Response:
    """One change; what is wrong with it is told at its field."""
    answers = Answers(call.form)
    try:
        change = _CHANGES[call.form.get("do")]
    except KeyError as error:
        raise NotFound("There is no such act.") from error
    try:
        done = change(call, pool_name, answers)
    except InvalidRequest as error:
        answers.problems |= error.fields
    if answers.problems:
        return _show(call, pool_name, problems=answers.problems)
    return redirect(call, f"{LIST}/{pool_name}?done={done}")


def _rights(call: Call, pool_name: str, answers: Answers) -> str:
    rights = rights_in(answers, call.services)
    if not answers.problems:
        call.services.people.change_rights(pool_name, rights, call.person.staff.actor)
    return "rights"


def _name(call: Call, pool_name: str, answers: Answers) -> str:
    name = answers.text("name", most=100, is_required=True)
    if not answers.problems:
        call.services.people.rename(pool_name, name, call.person.staff.actor)
    return "name"


def _away(call: Call, pool_name: str, answers: Answers) -> str:
    zone = ZoneInfo(call.services.settings.timezone)
    first, last = _day(answers, "from"), _day(answers, "until")
    if not answers.problems and (last - first).days > LONGEST:
        answers.problems["until"] = say("people.too_long", days=LONGEST)
    if not answers.problems:
        starts_at, ends_at = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
        absence = Absence(pool_name, call.form.get("substitute"), starts_at, ends_at)
        call.services.people.keep_absence(absence, call.person.staff.actor)
    return "away"


def _day(answers: Answers, name: str) -> date:
    try:
        return date.fromisoformat(answers.text(name, most=10, is_required=True))
    except ValueError:
        answers.problems.setdefault(name, say("people.no_day"))
        return date(2000, 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _back(call: Call, pool_name: str, _: Answers) -> str:
    call.services.people.end_absence(pool_name, call.person.staff.actor)
    return "back"


def _end(call: Call, pool_name: str, answers: Answers) -> str:
    if call.form.get("sure") != "yes":
        answers.problems["sure"] = say("people.not_sure")
    else:
        call.services.people.end(pool_name, call.person.staff.actor)
    return "ended"


def _again(call: Call, pool_name: str, answers: Answers) -> str:
    is_elsewhere = call.services.people.pool.account(pool_name).is_elsewhere
    rights = Rights(()) if is_elsewhere else rights_in(answers, call.services)
    if not answers.problems:
        call.services.people.let_in_again(pool_name, rights, call.person.staff.actor)
    return "again"


def _codes(call: Call, pool_name: str, _: Answers) -> str:
    call.services.people.forget_codes(pool_name, call.person.staff.actor)
    return "codes"


def _password(call: Call, pool_name: str, _: Answers) -> str:
    call.services.people.send_password(pool_name, call.person.staff.actor)
    return "password"


def _give(call: Call, pool_name: str, answers: Answers) -> str:
    """Give the tickets of the page to a colleague; those of other agencies stay where they are."""
    services, chosen = call.services, call.form.get("colleague")
    to = next((p for p in services.directory.colleagues() if p.pool_name == chosen), None)
    if to is None:
        answers.problems["colleague"] = say("problem.choice")
        return ""
    for ticket in _tickets(call, pool_name).items:
        if to.serves(ticket.agency_code):
            _assign(call, ticket, to.sub)
    return "given"


def _assign(call: Call, ticket: Ticket, to: str) -> None:
    actor = call.person.staff.actor
    try:
        call.services.desk.assign(ticket.ticket_id, actor, to, version=ticket.version)
    except (InvalidRequest, StaleTicket):
        return  # it stays in the list, where it is seen


_CHANGES: Mapping[str, Callable[[Call, str, Answers], str]] = {
    "rights": _rights,
    "name": _name,
    "away": _away,
    "back": _back,
    "end": _end,
    "again": _again,
    "codes": _codes,
    "password": _password,
    "give": _give,
}


def _tickets(call: Call, pool_name: str) -> Page[Ticket]:
    """A page of the open tickets of somebody, soonest due first, that are this administrator's business."""
    services, staff = call.services, call.person.staff
    if not staff.may(Act.WORK_TICKETS):
        return Page(())
    member = services.directory.members().get(pool_name)
    assignee = member.staff.sub if member else pool_name
    return services.store.queue(QueueQuery(agency_codes=staff.scope, assignee=assignee), SIZE)


def _show(
    call: Call, pool_name: str, *, done: str = "", problems: Mapping[str, str] | None = None
) -> Response:
    services = call.services
    account = services.people.pool.account(pool_name)
    member = services.directory.members().get(account.pool_name)
    rights, form = rights_of(account), call.form
    tickets = _tickets(call, account.pool_name)
    now = services.clock.now()
    context: dict[str, Any] = {
        "account": account,
        "member": member,
        "chosen": (form.all("roles"), form.all("agencies")) if problems else _all(rights),
        "typed": {name: form.get(name) for name in ("name", "from", "until", "substitute")},
        "roles": roles(),
        "agencies": agencies(services),
        "others": _others(services, account.pool_name),
        "absence": _absence(services, account.pool_name, now),
        "rows": [make_row(ticket, now) for ticket in tickets.items],
        "has_more": bool(tickets.next_token),
        "done": done,
        "sign_on": services.settings.sign_on_name,
        "problems": dict(problems or {}),
    }
    return show(call, "person", context, status=400 if problems else 200, here="people")


def _all(rights: Any) -> tuple[list[str], list[str]]:
    return list(rights.roles), list(rights.agencies)


def _others(services: Services, pool_name: str) -> list[tuple[str, str]]:
    people = services.directory.colleagues()
    return [(p.pool_name, p.name or p.username) for p in people if p.pool_name != pool_name]


def _absence(services: Services, pool_name: str, now: datetime) -> dict[str, Any] | None:
    """The absence that holds or is to come; its last day is the one before its end."""
    known = services.absences.of(pool_name)
    if known is None or known.ends_at <= now:
        return None
    member = services.directory.members().get(known.substitute)
    name = (member.staff.name or member.staff.username) if member else known.substitute
    last = known.ends_at - timedelta(seconds=1)
    return {"first": known.starts_at, "last": last, "name": name, "holds": known.holds(now)}
