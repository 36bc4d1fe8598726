"""The pages of API keys: what there is, a new one, renewing, withdrawing; decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalice.app import Response

from chalicelib.errors import InvalidRequest, NotFound, StaleTicket
from chalicelib.handlers.console.door.form_values import Answers
from chalicelib.handlers.console.door.visit import in_words, named, room, say, show
from chalicelib.handlers.http import Call, Form, Services, redirect
from chalicelib.identity.accounts import Act
from chalicelib.tickets.administration.keys import Issued, KeyWish
from chalicelib.tickets.partners.keys import ApiKey, KeyKind

LIST = "/console/keys"
ONE = LIST + "/{key_id}"
SCOPES = ("channels", "templates", "jurisdictions", "services")
BLANK = {"kind": "test", "days": "365", "rate_per_minute": "300", "daily_limit": "10000"}
Choices = Sequence[tuple[str, str]]


@room(LIST, Act.WRITE_CATALOG)
def show_keys(call: Call) -> Response:
    """Every key there ever was, newest first."""
    now = call.services.clock.now()
    rows = [(key, _state(key, now)) for key in call.services.key_desk.all()]
    return show(call, "keys", {"rows": rows}, here="keys")


def _state(key: ApiKey, now: Any) -> str:
    if key.is_revoked:
        return "revoked"
    return "good" if now < key.expires_at else "ended"


@room(LIST + "/new", Act.WRITE_CATALOG, methods=["GET", "POST"])
def new_key(call: Call) -> Response:
    """A key that is not made yet; once it is, the page that shows its secret, this once."""
    if call.method != "POST":
        return _form(call, Form({name: [value] for name, value in BLANK.items()}))
    answers = Answers(call.form)
    wish = _wish(call.services, answers)
    if answers.problems:
        return _form(call, call.form, answers.problems)
    try:
        return _told(call, call.services.key_desk.make(wish, call.person.staff.actor))
    except InvalidRequest as error:
        return _form(call, call.form, error.fields)


def _wish(services: Services, answers: Answers) -> KeyWish:
    offered = {name: [code for code, _ in each] for name, each in _offered(services).items()}
    scopes = {name: answers.several(name, offered[name]) for name in SCOPES}
    agencies = ["", *(code for code, _ in _agencies(services))]
    return KeyWish(
        name=answers.text("name", most=100, is_required=True),
        kind=KeyKind(answers.one("kind", list(KeyKind))),
        agency_code=answers.one("agency_code", agencies),
        days=answers.whole("days", 1, 730),
        rate_per_minute=answers.whole("rate_per_minute", 1, 3_000),
        daily_limit=answers.whole("daily_limit", 1, 250_000),
        callback_url=answers.address("callback_url"),
        **scopes,
    )


def _offered(services: Services) -> dict[str, Choices]:
    """What a key can be limited to, as (code, name)."""
    catalog = services.catalog.load()
    templates = sorted({notice.name for notice in catalog.notices.values()})
    here = services.settings.jurisdiction_id
    return {
        "channels": named("channel", ("email", "sms")),
        "templates": [(name, name) for name in templates],
        "jurisdictions": [(here, here)],
        "services": [(s.service_code, in_words(s.service_name)) for s in _services(catalog)],
    }


def _agencies(services: Services) -> Choices:
    catalog = services.catalog.load()
    return [(a.agency_code, in_words(a.agency_name)) for a in catalog.agencies.values()]


def _services(catalog: Any) -> list[Any]:
    return sorted(catalog.services.values(), key=lambda each: in_words(each.service_name))


@room(ONE, Act.WRITE_CATALOG)
def show_key(call: Call, key_id: str) -> Response:
    """What one key may do, and the ways to renew or withdraw it."""
    return _one(call, key_id, BLANK | {"overlap_hours": "24"})


@room(ONE, Act.WRITE_CATALOG, methods=["POST"])
def change_key(call: Call, key_id: str) -> Response:
    """Renew or withdraw."""
    typed = {name: call.form.get(name) for name in ("days", "overlap_hours")}
    try:
        if call.form.get("do") == "rotate":
            return _rotate(call, key_id, typed)
        if call.form.get("do") == "revoke":
            return _revoke(call, key_id, typed)
    except (InvalidRequest, StaleTicket) as error:
        return _one(call, key_id, typed, message=str(error), status=409)
    raise NotFound("There is no such act.")


def _rotate(call: Call, key_id: str, typed: Mapping[str, str]) -> Response:
    answers = Answers(call.form)
    days = answers.whole("days", 1, 730)
    overlap = answers.whole("overlap_hours", 0, 720)
    if answers.problems:
        return _one(call, key_id, typed, problems=answers.problems, status=400)
    desk, actor = call.services.key_desk, call.person.staff.actor
    return _told(call, desk.rotate(key_id, actor, days=days, overlap_hours=overlap))


def _revoke(call: Call, key_id: str, typed: Mapping[str, str]) -> Response:
    if call.form.get("sure") != "yes":
        blank = BLANK | {"overlap_hours": "24"} | {k: v for k, v in typed.items() if v}
        return _one(call, key_id, blank, problems={"sure": say("keys.not_sure")}, status=400)
    call.services.key_desk.revoke(key_id, call.person.staff.actor)
    return redirect(call, LIST)


def _told(call: Call, issued: Issued) -> Response:
    context = {
        "key": issued.key,
        "secret": issued.secret,
        "callback_secret": issued.callback_secret if issued.key.callback_url else "",
        "now": _now(call.services),
    }
    return show(call, "key_issued", context, here="keys")


def _now(services: Services) -> Any:
    return services.clock.now()


def _one(
    call: Call,
    key_id: str,
    typed: Mapping[str, str],
    *,
    problems: Mapping[str, str] | None = None,
    message: str = "",
    status: int = 200,
) -> Response:
    key = call.services.key_desk.get(key_id)
    names = {name: dict(choices) for name, choices in _offered(call.services).items()}
    scopes = [(n, [names[n].get(code, code) for code in getattr(key, n)]) for n in SCOPES]
    context = {
        "key": key,
        "state": _state(key, _now(call.services)),
        "scopes": scopes,
        "agency": dict(_agencies(call.services)).get(key.agency_code, key.agency_code),
        "typed": typed,
        "problems": dict(problems or {}),
        "message": message,
        "now": _now(call.services),
    }
    return show(call, "key", context, status=status, here="keys")


def _form(call: Call, form: Form, problems: Mapping[str, str] | None = None) -> Response:
    context = {
        "form": form,
        "kinds": named("keys.kind", KeyKind),
        "offered": _offered(call.services),
        "agencies": _agencies(call.services),
        "problems": dict(problems or {}),
    }
    return show(call, "key_new", context, status=400 if problems else 200, here="keys")
