"""The page of a report for whoever holds its tracking link; knows no store."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from chalice.app import Response

from chalicelib.channels.web import holder_token, parse_addition
from chalicelib.errors import (
    AllowanceUsedUp,
    InvalidRequest,
    LinkEnded,
    TicketNotFound,
    TooManyRequests,
)
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.error_summary import problems
from chalicelib.handlers.citizen.following.links import ended_page
from chalicelib.handlers.citizen.following.second_proof import code_context, code_page
from chalicelib.handlers.citizen.following.ticket_lines import (
    CITYS,
    answers,
    events,
    is_late,
    turning,
)
from chalicelib.handlers.citizen.known_browsers import may_see
from chalicelib.handlers.citizen.reporting.form import desk_of_form, store_files, tracking_path
from chalicelib.handlers.citizen.reporting.kept_words import keep_words
from chalicelib.handlers.citizen.reporting.maps import form_headers
from chalicelib.handlers.citizen.reporting.uploads import check_files, sent_files
from chalicelib.handlers.downloads import deliver_file
from chalicelib.handlers.http import (
    LOCALES,
    Call,
    api,
    check_form,
    form_token,
    origin_of,
    page,
    redirect,
)
from chalicelib.handlers.whole_words import counted
from chalicelib.messages import Channel
from chalicelib.templates.pages import translator
from chalicelib.tickets.catalog.allowances import leave
from chalicelib.tickets.catalog.borders import options
from chalicelib.tickets.model.references import normalise_ticket_id
from chalicelib.tickets.model.ticket import Actor, Ticket
from chalicelib.tickets.publishing.public_words import public_words
from chalicelib.tickets.publishing.publication import is_published

_ENOUGH = "Very much was added from here already; send it again later, or call."
_SENT = frozenset(
    {
        "message",
        "preferences",
        "side",
        "linked",
        "public",
        "confirmed",
        "asked",
        "claimed",
        "renewed",
        "code",
        "proven",
    }
)
_NOT_SENT = frozenset({"wrong", "no_contact", "not_now"})
_WRONG_CODES = frozenset(
    {"wrong_code", "code_expired", "too_many_tries", "tried_enough", "tried_today", "wrong_claim"}
)


@api(routes, "/t/{ticket_id}/{secret}", public=True)
def show_tracking(call: Call, ticket_id: str, secret: str) -> Response:
    """Everything that the requester may see, and what they can do."""
    try:
        ticket = open_tracked(call, ticket_id, secret)
    except LinkEnded:
        return ended_page(call, ticket_id, secret)
    return tracked_page(call, ticket, secret)


@api(
    routes,
    "/t/{ticket_id}/{secret}/messages",
    methods=("POST",),
    public=True,
    failure=keep_words,
)
def add_message(call: Call, ticket_id: str, secret: str) -> Response:
    """Words and photos that the requester adds; on a resolved report they open it again."""
    ticket = open_tracked(call, ticket_id, secret)
    check_form(call)
    locale = locale_for(call, ticket)
    bare = translator(locale, "citizen")("tracking.still_wrong_default")
    try:
        message = parse_addition(
            call.form.fields,
            sent_files(call),
            holder_token(ticket.ticket_id, ticket.requester.key),
            desk_of_form(call.services, locale),
            default_words=str(bare) if call.form.get("not_fixed") else "",
        )
        check_files(call)
        message = replace(message, origin=origin_of(call))
    except InvalidRequest as error:
        return tracked_page(call, ticket, secret, error.fields)
    if call.form.get("not_fixed"):
        message = replace(message, intent="appeal")
    try:
        outcome = call.services.desk.receive(store_files(call.services, message))
    except AllowanceUsedUp as error:
        raise TooManyRequests(_ENOUGH, 3_600) from error
    return _after(call, ticket, secret, outcome.ticket_id or ticket.ticket_id)


def _after(call: Call, ticket: Ticket, secret: str, ticket_id: str) -> Response:
    """Back to the page; to the new report when the old one was closed for good."""
    if ticket_id == ticket.ticket_id:
        return redirect(call, f"/t/{ticket_id}/{quote(secret)}?sent=message")
    new = call.services.store.get(ticket_id)
    return redirect(call, f"{tracking_path(call.services, new)}?sent=linked")


@api(routes, "/t/{ticket_id}/{secret}/preferences", methods=("POST",), public=True)
def change_preferences(call: Call, ticket_id: str, secret: str) -> Response:
    """In which language and by which way the requester is written to."""
    ticket_id = normalise_ticket_id(ticket_id) or ""
    ticket = open_tracked(call, ticket_id, secret)
    check_form(call)
    if not may_see(call, ticket):
        return code_page(call, ticket, secret)
    wish = call.form.get("channel")
    if wish and wish not in ("email", "sms"):
        raise InvalidRequest("There is no such way to write to you.", {"channel": "not_listed"})
    ticket = call.services.desk.change_preferences(
        ticket_id,
        secret,
        locale=call.form.get("locale") or None,
        channel=Channel(wish) if wish else None,
    )
    return redirect(call, f"/t/{ticket_id}/{quote(secret)}?sent=preferences&lang={ticket.locale}")


@api(routes, "/t/{ticket_id}/{secret}/side", methods=("POST",), public=True)
def choose_side(call: Call, ticket_id: str, secret: str) -> Response:
    """On which side of a border it is; what was settled meanwhile stays."""
    ticket = open_tracked(call, ticket_id, secret)
    check_form(call)
    if call.form.get("side") in ticket.asked_sides:
        holder = Actor("requester", ticket.requester.key)
        call.services.border_answers.decide(ticket.ticket_id, holder, call.form.get("side"))
    return redirect(call, f"/t/{ticket.ticket_id}/{quote(secret)}?sent=side")


@api(routes, "/t/{ticket_id}/{secret}/files/{digest}", public=True)
def show_file(call: Call, ticket_id: str, secret: str, digest: str) -> Response:
    """One file of the report, to be saved, never shown in place."""
    ticket = open_tracked(call, ticket_id, secret)
    number = counted(call, "entry")
    if not may_see(call, ticket) and not _is_citys(call, ticket, digest, number):
        return code_page(call, ticket, secret)
    filename = call.services.desk.file_name(ticket, digest, "requester", number)
    if not filename:
        raise TicketNotFound("There is no such file.")
    holder = Actor("requester", ticket.requester.key)
    return deliver_file(call.services, digest, filename, ticket.ticket_id, holder)


def _is_citys(call: Call, ticket: Ticket, digest: str, number: int) -> bool:
    """Whether the city sent the file with entry `number`: that identifies nobody."""
    if not number:
        return False
    entry = call.services.desk.words(ticket, number, "requester")
    return entry.actor.kind in CITYS and digest in {file.digest for file in entry.attachments}


def open_tracked(call: Call, ticket_id: str, secret: str) -> Ticket:
    """The ticket that a tracking link opens.

    Raises `TicketNotFound`, and `TooManyRequests` for whoever tries many; the right link always opens.
    """
    wanted = normalise_ticket_id(ticket_id) or ""
    try:
        return call.services.desk.held(wanted, secret)
    except TicketNotFound:
        _count_wrong(call, wanted)
        raise


def _count_wrong(call: Call, ticket_id: str) -> None:
    """Wrong secrets are counted for a network and a reference, whether there is a ticket or not."""
    now, take = call.services.clock.now(), call.services.clients.take
    policy, ofs = call.services.catalog.load().policy, (origin_of(call), ticket_id)
    rows = [leave("wrong_links_a_minute", policy, now, of) for of in ofs if of]
    if not all(take(row.key, row.bucket, row.limit, row.expires_at) for row in rows):
        raise TooManyRequests("That was tried too often; try again in a minute.", 60 - now.second)


def locale_for(call: Call, ticket: Ticket) -> str:
    """Chosen by hand, else the language that the report is answered in."""
    return call.wanted_locale or ticket.locale or call.browser_locale


def tracked_page(
    call: Call, ticket: Ticket, secret: str, wrong: Mapping[str, str] | None = None
) -> Response:
    """The tracking page; with what was wrong, as it was typed."""
    locale, catalog = locale_for(call, ticket), call.services.catalog.load()
    casefile = call.services.desk.story(ticket, "requester", call.arg("page"))
    view = call.services.desk.view(casefile, locale, "requester")
    token, headers = form_token(call)
    path = call.url(f"/t/{ticket.ticket_id}/{quote(secret)}")
    owed = code_context(call, ticket, path)
    context = {
        "view": view,
        "events": events(view, locale, path, with_files=not owed["owes"]),
        **owed,
        **turning(path, call, casefile),
        "answers": answers(view, catalog, locale),
        "shown": _public_words(ticket, call),
        "public_url": f"{path}/public",
        "is_late": is_late(view, call.services.clock.now()),
        "reopen_days": catalog.policy.reopen_days,
        "form_token": token,
        "submission": secrets.token_urlsafe(18),
        "messages_url": f"{path}/messages",
        "preferences_url": f"{path}/preferences",
        "sides": options(ticket, catalog, locale),
        "sides_url": f"{path}/side",
        "lang_urls": {code: f"{path}?lang={code}" for code in LOCALES},
        **_typed(call, locale, wrong or {}),
        **_reach(ticket, call, path, locale, owed["owes"]),
    }
    status, headers = 400 if wrong else 200, headers | form_headers(call.services)
    return page(call, "citizen/tracking", context, locale=locale, status=status, headers=headers)


def _typed(call: Call, locale: str, wrong: Mapping[str, str]) -> dict[str, Any]:
    """What was just sent, or what was typed and what is wrong with it."""
    t, sent = translator(locale, "citizen"), call.arg("sent")
    labels = {
        "text": ("text", str(t("tracking.words"))),
        "photos": ("photos", str(t("report.photos"))),
        "public": ("public", str(t("tracking.public_words"))),
    }
    return {
        "sent": sent if sent in _SENT and not wrong else "",
        "values": defaultdict(str, {"text": call.form.get("text")} if wrong else {}),
        "wrong": defaultdict(str, wrong),
        "problems": problems(wrong, labels),
    }


def _reach(ticket: Ticket, call: Call, path: str, locale: str, owes: str) -> dict[str, Any]:
    """What is said of the requester's address, and where its forms go."""
    sent, wrong_code = call.arg("sent"), call.arg("code")
    t = translator(locale, "citizen")
    ways = [way for way in (Channel.EMAIL, Channel.SMS) if ticket.requester.address(way)]
    return {
        "channels": [(str(way), str(t(f"channel.{way}"))) for way in ways],
        "channel": str(ticket.preferred_channel),
        "not_sent": sent if sent in _NOT_SENT else "",
        "wrong_code": wrong_code if wrong_code in _WRONG_CODES else "",
        "follows": ticket.follows,
        "is_unconfirmed": bool(ticket.requester.key) and not ticket.is_confirmed,
        "is_anonymous": not ticket.requester.key and ticket.is_open and not owes,
        "asked_by": str(ticket.preferred_channel),
        "confirmation_url": f"{path}/confirmation",
        "contact_url": f"{path}/contact",
        "holdings_url": f"{path}/holdings",
        "link_url": f"{path}/link",
    }


def _public_words(ticket: Ticket, call: Call) -> str | None:
    """What everybody may read, or what was typed in its place; None for a private report."""
    catalog = call.services.catalog.load()
    if not is_published(ticket, catalog):
        return None
    exactness = catalog.exactness(ticket.service_code)
    return call.form.get("public") or public_words(ticket, exactness).description
