"""What programs may read: discovery, services, one request, a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from chalice.app import Response

from chalicelib.channels.open311 import (
    Problem,
    Refused,
    answer_records,
    definition_record,
    discovery_record,
    request_record,
    service_record,
)
from chalicelib.channels.open311.records import Record
from chalicelib.errors import TicketNotFound
from chalicelib.handlers.http import Call, Services
from chalicelib.handlers.open311.answering import send, send_cached
from chalicelib.templates.pages import translator
from chalicelib.tickets.catalog import Service, words
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.references import normalise_ticket_id

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def locale_of(call: Call) -> str:
    """The caller's language, else the city's."""
    return call.locale(call.services.settings.default_locale)


def check_jurisdiction(call: Call) -> None:
    """One installation serves one jurisdiction; another's name is unknown here. Raises `Refused`."""
    is_form = call.method == "POST" and call.header("content-type").lower().startswith(FORMS)
    asked = call.arg("jurisdiction_id") or (call.form.get("jurisdiction_id") if is_form else "")
    if asked and asked != call.services.settings.jurisdiction_id:
        raise Refused([Problem("404.jurisdiction")])


def discover(call: Call) -> Response:
    """Where which standard is spoken."""
    settings, locale = call.services.settings, locale_of(call)
    t = translator(locale, "open311")
    record = discovery_record(
        call.site(settings.public_url),
        str(t("discovery.contact", city=settings.city_name)),
        str(t("discovery.key_service", address=settings.sender_address)),
        call.services.catalog.load().changed_at,
        is_test=settings.stage not in ("prod", "production"),
        test_url=settings.open311_test_url,
    )
    return send_cached(call, locale, "discovery", record)


def list_services(call: Call) -> Response:
    """The services that one can ask for."""
    locale = locale_of(call)
    found = [each for each in call.services.catalog.load().services.values() if each.is_active]
    found.sort(
        key=lambda service: (words(service.group, locale), words(service.service_name, locale))
    )
    records = [service_record(service, _chooser(locale), locale) for service in found]
    return send_cached(call, locale, "services", records)


def show_service(call: Call, service_code: str) -> Response:
    """The questions of one service."""
    locale = locale_of(call)
    service = find_service(call.services, service_code)
    return send_cached(
        call, locale, "service_definition", definition_record(service, _chooser(locale))
    )


def find_service(services: Services, service_code: str) -> Service:
    """The active service. Raises `Refused`."""
    found = services.catalog.load().services.get(service_code)
    if found is None or not found.is_active:
        raise Refused([Problem("404.service")])
    return found


def show_request(call: Call, request_id: str) -> Response:
    """One public request; one that was joined to another is told through that."""
    locale, wanted = locale_of(call), normalise_ticket_id(request_id) or ""
    try:
        casefile = call.services.desk.public_case(wanted)
    except TicketNotFound as error:
        raise Refused([Problem("404.request")]) from error
    [record] = records_of(call, [casefile], locale, is_extended=is_extended(call))
    if casefile.ticket.ticket_id != wanted:
        t = translator(locale, "open311")
        record["service_notice"] = str(t("merged", old=wanted, new=casefile.ticket.ticket_id))
    return send(call, locale, "service_requests", [record])


def is_extended(call: Call) -> bool:
    """Whether more is asked for than the standard has."""
    return call.arg("extensions").lower() == "true"


def records_of(
    call: Call, casefiles: Sequence[Casefile], locale: str, *, is_extended: bool = False
) -> list[Record]:
    """Public tickets as everybody may see them."""
    known, found = call.services.catalog.load().services, []
    site = call.site(call.services.settings.public_url)
    for casefile in casefiles:
        ticket = casefile.ticket
        service = known.get(ticket.service_code)
        answers = service and answer_records(service, ticket.attributes, _chooser(locale))
        view = call.services.desk.view(casefile, locale, "public")
        view = replace(view, media_urls=tuple(f"{site}{path}" for path in view.media_urls))
        found.append(request_record(view, (answers or []) if is_extended else None))
    return found


def show_token(call: Call, token: str) -> Response:
    """The request that a token stands for."""
    reference, _, signature = token.partition("-")
    ticket_id = normalise_ticket_id(reference) or ""
    jurisdiction_id = call.services.settings.jurisdiction_id
    if not call.services.signer.verify(signature, "token", jurisdiction_id, ticket_id):
        raise Refused([Problem("404.token")])
    record = {"service_request_id": ticket_id, "token": token}
    return send(call, locale_of(call), "service_requests", [record])


def make_token(services: Services, ticket_id: str) -> str:
    """The token for a ticket: its reference without hyphens, and our signature."""
    signature = services.signer.sign("token", services.settings.jurisdiction_id, ticket_id)
    return f"{ticket_id.replace('-', '')}-{signature}"


def _chooser(locale: str) -> partial[str]:
    return partial(words, locale=locale)
