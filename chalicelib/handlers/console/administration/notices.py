"""The editor of what the city says: each notice in each language, tried while typing; decides nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.errors import InvalidRequest, NotFound, StaleTicket
from chalicelib.handlers.console.administration.rule_pages import version_of
from chalicelib.handlers.console.desk.mail_frames import framing
from chalicelib.handlers.console.door.visit import fault_said, room, say, show
from chalicelib.handlers.http import Call, Services, json_answer, redirect
from chalicelib.handlers.http.answers import HTML, answer
from chalicelib.handlers.notice_drafts import Preview, try_draft
from chalicelib.identity.accounts import Act
from chalicelib.templates.drafts import first_draft
from chalicelib.templates.locales import available_locales, locale_for_notice, notice_names
from chalicelib.templates.locales import words as about
from chalicelib.templates.placeholders import PLACEHOLDERS
from chalicelib.tickets.catalog import NoticeWords

LIST = "/console/notices"
PARTS = ("subject", "body", "sms")
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
FRAMED = {"Content-Security-Policy": MAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"}


@room(LIST, Act.READ_CATALOG)
def show_notices(call: Call) -> Response:
    """Every notice beside every language: shipped, own words, or a hole."""
    items = {item.code: item for item in call.services.catalog_desk.items("notice")}
    own = {code.rpartition(".")[0] for code in items}
    names = [*notice_names(), *sorted(own - set(notice_names()))]
    rows = [(name, _in_each_language(name, items)) for name in names]
    return show(call, "notices", {"locales": available_locales(), "rows": rows}, here="notices")


def _in_each_language(name: str, items: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_cell(name, locale, items) for locale in available_locales()]


def _cell(name: str, locale: str, items: Mapping[str, Any]) -> dict[str, Any]:
    """Whether a notice has own words in a language, the shipped ones, or none."""
    item = items.get(f"{name}.{locale}")
    is_shipped = locale_for_notice(name, locale, locale) == locale
    return {
        "code": f"{name}.{locale}",
        "locale": locale,
        "state": "own" if item else "shipped" if is_shipped else "hole",
        "version": item.version if item else 0,
    }


@room(LIST + "/{code}", Act.READ_CATALOG)
def show_notice(call: Call, code: str) -> Response:
    """The words in the editor, with their preview and history."""
    words, version = _published(call.services, code)
    return _editor(call, words, version)


@room(LIST + "/{code}", Act.WRITE_CATALOG, methods=["POST"])
def save_notice(call: Call, code: str) -> Response:
    """Publish, go back to the shipped words, or only look; what was typed is never lost."""
    words, version, note = (
        _typed(call, code),
        version_of(call),
        shortened(call.form.get("note"), bounds.NOTE),
    )
    desk, actor = call.services.catalog_desk, call.person.staff.actor
    try:
        if call.form.get("do") == "delete":
            desk.delete("notice", code, actor, version=version, note=note)
        elif call.form.get("do") == "save":
            desk.put("notice", _body(words), actor, version=version, note=note)
        else:
            return _editor(call, words, version, note=note)
    except InvalidRequest as error:
        return _editor(call, words, version, note=note, problems=error.fields, status=400)
    except StaleTicket as error:
        return _editor(call, words, version, note=note, message=str(error), status=409)
    return redirect(call, f"{LIST}/{code}")


@room(LIST + "/{code}/preview", Act.READ_CATALOG, methods=["POST"])
def preview_notice(call: Call, code: str) -> Response:
    """The preview of what is in the form, for the script that shows it while somebody types."""
    return json_answer(_tried(call.services, _typed(call, code)).as_json())


@room(LIST + "/{code}/mail", Act.READ_CATALOG, methods=["POST"])
def preview_mail(call: Call, code: str) -> Response:
    """The mail itself, as a page of its own that may run nothing and load nothing."""
    html = _tried(call.services, _typed(call, code)).html or f"<p>{say('notices.mistakes')}</p>"
    return answer(html, HTML, headers=FRAMED)


def _tried(services: Services, words: NoticeWords) -> Preview:
    """The words with example values; what is wrong in them, in the reader's language."""
    found = try_draft(services, words)
    said = tuple((part, line, fault_said(text)) for part, line, text in found.problems)
    return replace(found, problems=said)


def _published(services: Services, code: str) -> tuple[NoticeWords, int]:
    """The administrators' own words, else the shipped ones to begin from. Raises `NotFound`."""
    found = services.catalog.fresh().notices.get(code)
    if found:
        return found, found.version
    name, locale = _known(code)
    begin = first_draft(name, locale) if name in notice_names(locale) else dict.fromkeys(PARTS, "")
    subject, body, sms = (begin[part] for part in PARTS)
    return NoticeWords(notice_id=code, subject=subject, body=body, sms=sms), 0


def _known(code: str) -> tuple[str, str]:
    """A notice's name and language. Raises `NotFound` for what has no name or none of our languages."""
    name, _, locale = code.rpartition(".")
    if not name or locale not in available_locales():
        raise NotFound("There is no such notice; the list shows those there are.")
    return name, locale


def _typed(call: Call, code: str) -> NoticeWords:
    _known(code)
    form = call.form
    names = [line.partition("=") for line in form.get("placeholders").splitlines() if line.strip()]
    own = {name.strip(): example.strip() for name, _, example in names}
    subject, body, sms = (form.get(part).replace("\r\n", "\n") for part in PARTS)
    return NoticeWords(notice_id=code, subject=subject, body=body, sms=sms, placeholders=own)


def _body(words: NoticeWords) -> dict[str, Any]:
    return {
        "notice_id": words.notice_id,
        **{part: getattr(words, part) for part in PARTS},
        "placeholders": dict(words.placeholders),
    }


def _editor(
    call: Call, words: NoticeWords, version: int, *, status: int = 200, **more: Any
) -> Response:
    context = {
        "code": words.notice_id,
        "words": words,
        "version": version,
        "own_names": "\n".join(f"{name} = {text}" for name, text in words.placeholders.items()),
        "is_shipped": words.name in notice_names(),
        "direction": about(words.locale)["direction"],
        "beside": _in_each_language(words.name, call.services.catalog.fresh().notices),
        "names": [(name, p.meaning, _example(p.example)) for name, p in PLACEHOLDERS.items()],
        "preview": _tried(call.services, words)
        if any(getattr(words, part) for part in PARTS)
        else None,
        "history_items": call.services.catalog_desk.history("notice", words.notice_id)[:20],
        "note": "",
        "message": "",
        **more,
    }
    return framing(show(call, "notice", context, status=status, here="notices"))


def _example(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:80]
