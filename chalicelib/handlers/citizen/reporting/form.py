"""Choosing a service, the report form, and what follows it; knows no store."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.questions import Service
from chalicelib.channels.web import Desk, parse_report, read_fields
from chalicelib.errors import AccessDenied, AllowanceUsedUp, InvalidRequest, UnknownService
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.error_summary import problems
from chalicelib.handlers.citizen.known_browsers import may_see, remember
from chalicelib.handlers.citizen.reporting.danger import show_number
from chalicelib.handlers.citizen.reporting.duplicates import ask_first, joining
from chalicelib.handlers.citizen.reporting.kept_words import keep_words
from chalicelib.handlers.citizen.reporting.maps import form_headers, shown_map
from chalicelib.handlers.citizen.reporting.questions import ShownQuestion, shown_questions
from chalicelib.handlers.citizen.reporting.rate_limits import ask_for_work, has_worked
from chalicelib.handlers.citizen.reporting.services import (
    OTHER,
    AnyService,
    Offer,
    grouped,
    offer_of,
    offers,
    search,
)
from chalicelib.handlers.citizen.reporting.uploads import carried_values, check_files, sent_files
from chalicelib.handlers.http import (
    Call,
    Form,
    Services,
    api,
    form_token,
    is_genuine,
    origin_of,
    page,
)
from chalicelib.messages import Attachment, InboundMessage
from chalicelib.templates.pages import translator
from chalicelib.tickets.intake.claims import claim_code
from chalicelib.tickets.intake.emergencies import CLEARED, EMERGENCY, danger_in
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.references import normalise_ticket_id
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.people.links import tracking_secret

FIELDS = ("description", "photos", "address", "lat", "long", "contact", "name", "email", "phone")


@api(routes, "/report", public=True)
def show_form(call: Call) -> Response:
    """The services to choose from or, once one is chosen, its form."""
    locale = call.locale(call.services.settings.default_locale)
    code = call.arg("service")
    try:
        if code:
            return _begin(call, _offer(call.services, code, locale), locale)
    except UnknownService:
        pass  # a service that was taken off the list: choose anew
    return _services(call, locale)


def _begin(call: Call, offer: Offer, locale: str) -> Response:
    """The empty form; before it whom to call, for a service that is not for this desk."""
    if offer.emergency_number and not call.arg(CLEARED):
        return show_number(call, offer.code, locale)
    call.services.duplicates.prepare("" if offer.code == OTHER else offer.code)
    return _form(call, offer, locale, Form())


def _services(call: Call, locale: str) -> Response:
    """All services, or those that the words of a search fit, and a form for what fits none."""
    query, all_offers = call.arg("q")[: bounds.SEARCH], offers(call.services.catalog.load(), locale)
    found = search(all_offers, query)
    context, headers = _form_context(call, _offer(call.services, OTHER, locale), locale, Form(), {})
    context |= {"query": query, "groups": grouped(found), "count": len(found)}
    context["service_choices"] = all_offers
    return page(call, "citizen/services", context, locale=locale, headers=headers)


@api(routes, "/report", methods=("POST",), public=True, failure=keep_words)
def submit_form(call: Call) -> Response:
    """Take a report: the confirmation, or the form again with what is wrong."""
    locale = call.locale(call.services.settings.default_locale)
    if call.is_too_large:
        return _too_large(call, locale)
    code = call.arg("service") or call.form.get("service_code") or OTHER
    offer = _offer(call.services, code, locale)
    if not is_genuine(call):
        if call.header("sec-fetch-site") == "cross-site":
            raise AccessDenied("A report can be sent from our own page only.")
        return _form(call, offer, locale, call.form, status=403)
    if ticket_id := call.form.get("kept"):
        ticket = call.services.desk.withdraw_emergency(ticket_id, call.form.get("secret"))
        return _confirm(call, ticket, locale)
    try:
        message = _read(call, code, locale)
    except InvalidRequest as error:
        return _form(call, offer, locale, call.form, error.fields, status=400)
    return ask_first(call, message, locale) or _receive(call, message, code, locale)


def _too_large(call: Call, locale: str) -> Response:
    """The form again with the words that came, and by how much its photos were too large."""
    sent = call.words
    offer = _offer(call.services, call.arg("service") or sent.get("service_code") or OTHER, locale)
    context, headers = _form_context(call, offer, locale, sent, {"photos": "too_large"})
    context["notice"] = False
    return page(call, "citizen/report", context, locale=locale, status=413, headers=headers)


def _receive(call: Call, message: InboundMessage, code: str, locale: str) -> Response:
    """Open the report, and show what comes of it."""
    try:
        ticket, is_untold = _take(call.services, message)
    except AllowanceUsedUp:
        return ask_for_work(call, code, locale)
    if EMERGENCY in ticket.tags:
        return remember(call, ticket, show_number(call, code, locale, ticket))
    return remember(call, ticket, _confirm(call, ticket, locale, is_untold=is_untold, is_new=True))


def _offer(services: Services, code: str, locale: str) -> Offer:
    if code == OTHER:
        t = translator(locale, "citizen")
        return Offer(OTHER, str(t("service.other")), str(t("service.other_hint")))
    return offer_of(services.catalog.load(), code, locale)


def _service(services: Services, code: str) -> Service:
    return AnyService() if code == OTHER else services.catalog.load().service(code)


def _read(call: Call, code: str, locale: str) -> InboundMessage:
    files = sent_files(call)
    message = parse_report(
        call.form.fields, files, _service(call.services, code), desk_of_form(call.services, locale)
    )
    if not danger_in(message.text, code, call.services.catalog.load()):
        check_files(call)
    return replace(
        message,
        intent=CLEARED if call.form.get(CLEARED) else "",
        follows=normalise_ticket_id(call.form.get("follow")) or "",
        origin=origin_of(call),
        has_worked=has_worked(call),
    )


def desk_of_form(services: Services, locale: str) -> Desk:
    """What a form must know of the city."""
    settings = services.settings
    return Desk(
        now=services.clock.now(),
        locale=locale,
        jurisdiction_id=settings.jurisdiction_id,
        own_addresses=(
            settings.sender_address,
            f"@{settings.receiving_domain}",
            *settings.intake_addresses,
        ),
        region=settings.sms_countries[0],
        countries=settings.sms_countries,
    )


def _take(services: Services, message: InboundMessage) -> tuple[Ticket, bool]:
    """The ticket that the message opened, the same one when it is sent twice; and whether its answer
    was kept back because very many were asked for."""
    outcome = services.desk.receive(store_files(services, message))
    if outcome.ticket is not None:
        return outcome.ticket, outcome.is_untold
    if not outcome.ticket_id:
        raise InvalidRequest("The report could not be taken.", {"description": "required"})
    return services.store.get(outcome.ticket_id), False


def store_files(services: Services, message: InboundMessage) -> InboundMessage:
    """The message with its files in the store, before anything points at them."""
    kept: list[Attachment] = [services.files.put(each) for each in message.attachments]
    return replace(message, attachments=tuple(kept)) if kept else message


def _confirm(
    call: Call, ticket: Ticket, locale: str, *, is_untold: bool = False, is_new: bool = False
) -> Response:
    """That it was taken. The claim code is for who made the report: an old link alone proves nobody."""
    is_claimed = not ticket.requester.key and (is_new or may_see(call, ticket))
    told = "later" if is_untold else str(ticket.preferred_channel)
    path = tracking_path(call.services, ticket)
    context = {
        "view": call.services.desk.view(Casefile(ticket), locale, "requester"),
        "service_code": ticket.service_code,
        "claim_code": claim_code(call.services.signer, ticket) if is_claimed else "",
        "told": told if ticket.requester.key else "nobody",
        "tracking_path": path,
        "tracking_url": f"{call.site(call.services.settings.public_url)}{path}",
    }
    return page(call, "citizen/confirmed", context, locale=locale)


def tracking_path(services: Services, ticket: Ticket) -> str:
    """The path of a ticket's tracking page."""
    return f"/t/{ticket.ticket_id}/{tracking_secret(services.signer, ticket)}"


def _form(
    call: Call,
    offer: Offer,
    locale: str,
    form: Form,
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    context, headers = _form_context(call, offer, locale, form, wrong or {})
    context["notice"] = status == 403
    return page(call, "citizen/report", context, locale=locale, status=status, headers=headers)


def _form_context(
    call: Call, offer: Offer, locale: str, form: Form, wrong: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str | list[str]]]:
    """What the form's template needs, and the headers that its token needs."""
    token, headers = form_token(call)
    headers |= form_headers(call.services)
    questions = shown_questions(
        _service(call.services, offer.code).attributes, locale, read_fields(form.fields), wrong
    )
    values = _values(form.fields)
    context = {
        "service": offer,
        "service_choices": (),
        "questions": questions,
        "values": values,
        "wrong": defaultdict(str, wrong),
        "problems": problems(wrong, _labels(questions, locale)),
        "uploads": carried_values(call) if wrong and "photos" not in wrong else [],
        "has_lost_photos": bool(form.files) and not wrong,
        "map": shown_map(call),
        "is_cleared": bool(call.arg(CLEARED) or form.get(CLEARED)),
        "form_token": token,
        "submission": form.get("submission") or secrets.token_urlsafe(18),
    }
    return context | joining(call, form, values), headers


def _labels(questions: Sequence[ShownQuestion], locale: str) -> dict[str, tuple[str, str]]:
    """Anchor and label of every field, in the order of the page."""
    t = translator(locale, "citizen")
    plain = {name: (name, str(t(f"report.{name}"))) for name in FIELDS}
    own = {f"attribute[{each.code}]": (each.anchor, each.label) for each in questions}
    before = {name: plain[name] for name in FIELDS[:5]}
    return {**before, **own, **plain}


def _values(fields: Mapping[str, Sequence[str]]) -> defaultdict[str, Any]:
    return defaultdict(str, {name: values[-1] for name, values in fields.items() if values})
