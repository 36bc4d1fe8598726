"""A new broadcast: a list or a part of the public, checked before anything goes; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from chalice.app import Response

from chalicelib.errors import InvalidRequest
from chalicelib.handlers.console.broadcasts.pages import LIST
from chalicelib.handlers.console.door.form_values import Answers
from chalicelib.handlers.console.door.visit import in_words, named, room, say, show
from chalicelib.handlers.http import Call, Form, Services, redirect
from chalicelib.identity.accounts import Act
from chalicelib.notifications.broadcasts.lifecycle import Draft
from chalicelib.templates.locales import notice_names
from chalicelib.templates.pages import LANGUAGES
from chalicelib.tickets.people.broadcasts import Broadcast
from chalicelib.tickets.people.segments import CONSENTED, WHO, Segment

if TYPE_CHECKING:
    from chalicelib.notifications.broadcasts.lifecycle import Draft

NEW = LIST + "/new"
BLANK = {"audience": "list", "who": "everybody", "purpose": "alerts", "locale": "en"}
AUDIENCES = ("list", "segment")
Choices = Sequence[tuple[str, str]]
# What the check calls a field, and where it is typed.
TYPED_AT = {"area_codes": "areas", "service_codes": "services", "email": "rows", "": "rows"}


@room(NEW, Act.SEND_BROADCASTS, methods=["GET", "POST"])
def new_broadcast(call: Call) -> Response:
    """The form; once the draft is made, its own page with everything that is wrong in the list."""
    if call.method != "POST":
        return _form(call, Form({name: [value] for name, value in BLANK.items()}), {})
    answers = Answers(call.form)
    offered = _offered(call.services)
    draft = _draft(answers, offered)
    segment = _segment(answers, offered)
    rows = _rows(call)
    if answers.one("audience", AUDIENCES) == "list" and not rows.strip():
        answers.problems["rows"] = say("broadcasts.no_rows")
    if answers.problems:
        return _form(call, call.form, answers.problems)
    try:
        made = _made(call, draft, segment, rows)
    except InvalidRequest as error:
        return _form(call, call.form, _placed(error.fields))
    return redirect(call, f"{LIST}/{made.broadcast_id}")


def _made(call: Call, draft: Draft, segment: Segment, rows: bytes) -> Broadcast:
    desk, actor = call.services.broadcasts, call.person.staff.actor
    if call.form.get("audience") == "segment":
        return desk.draft_segment(draft, segment, actor)
    return desk.draft(draft, rows, actor)


def _rows(call: Call) -> bytes:
    """The file that was chosen, else what was pasted."""
    files = call.form.files.get("file", ())
    if files and files[0].content:
        return files[0].content
    return call.form.get("rows").encode()


def _draft(answers: Answers, offered: Mapping[str, Choices]) -> Draft:
    pairs = [line.partition("=") for line in answers.text("values", most=10_000).splitlines()]
    templates = _codes(offered["templates"]) or [""]
    return Draft(
        name=answers.text("name", most=100, is_required=True),
        template=answers.one("template", templates),
        locale=answers.one("locale", _codes(offered["languages"])),
        purpose=answers.one("purpose", CONSENTED),
        values={name.strip(): value.strip() for name, _, value in pairs if name.strip()},
    )


def _segment(answers: Answers, offered: Mapping[str, Choices]) -> Segment:
    return Segment(
        area_codes=answers.several("areas", _codes(offered["areas"])),
        service_codes=answers.several("services", _codes(offered["services"])),
        locales=answers.several("locales", _codes(offered["languages"])),
        who=answers.one("who", WHO),
    )


def _codes(choices: Choices) -> list[str]:
    return [code for code, _ in choices]


def _offered(services: Services) -> dict[str, Choices]:
    catalog, shipped = services.catalog.load(), set(notice_names())
    templates = sorted({notice.name for notice in catalog.notices.values()} - shipped)
    return {
        "templates": [(name, name) for name in templates],
        "languages": list(LANGUAGES.items()),
        "areas": [(area.area_code, in_words(area.name)) for area in catalog.areas.values()],
        "services": [
            (service.service_code, in_words(service.service_name))
            for service in catalog.services.values()
        ],
    }


def _placed(problems: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by the form's own fields."""
    fields = ("name", "template", "locale", "purpose", "values", "rows", "areas", "services", "who")
    found: dict[str, list[str]] = {}
    for path, text in problems.items():
        name = path.partition(".")[0].partition("[")[0]
        name = TYPED_AT.get(name, name)
        said = text if name in fields else f"{path} {text}"
        found.setdefault(name if name in fields else "rows", []).append(said)
    return {name: "; ".join(texts) for name, texts in found.items()}


def _form(call: Call, form: Form, problems: Mapping[str, str]) -> Response:
    context = {
        "form": form,
        "offered": _offered(call.services),
        "purposes": named("broadcasts.purpose", CONSENTED),
        "audiences": named("broadcasts.audience", AUDIENCES),
        "whos": named("broadcasts.who", WHO),
        "problems": dict(problems),
    }
    status = 400 if problems else 200
    return show(call, "broadcast_new", context, status=status, here="broadcasts")
