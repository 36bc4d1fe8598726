"""The one thing that programs may write: a request."""

from __future__ import annotations

from dataclasses import replace

from chalice.app import Response

from chalicelib.channels.open311 import Problem, Refused, parse_post
from chalicelib.channels.open311.posts import PostContext
from chalicelib.channels.open311.records import Record, service_type
from chalicelib.errors import AllowanceUsedUp, MessageConflict, TooManyRequests
from chalicelib.handlers.http import Call, Services
from chalicelib.handlers.open311.answering import send
from chalicelib.handlers.open311.keys import (
    FLOODED,
    RETRY_AFTER,
    admitted,
    check_scope,
    origin_with,
)
from chalicelib.handlers.open311.reading import FORMS, find_service, locale_of, make_token
from chalicelib.messages import InboundMessage
from chalicelib.templates.pages import translator
from chalicelib.tickets.catalog import Service, words
from chalicelib.tickets.intake.duplicates import Spot
from chalicelib.tickets.model.references import normalise_ticket_id
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.partners.keys import KeyKind


def create_request(call: Call) -> Response:
    """Take a request: its id now, its token, or only a word of thanks, as the service's type says."""
    locale = locale_of(call)
    check_type(call)
    key = admitted(call)
    code = call.form.get("service_code").strip()
    if not code:
        raise Refused([Problem("400.service_code")])
    service = find_service(call.services, code)
    check_scope(call.services, key, code)
    message = replace(_read(call, service, key.key_id, locale), origin=origin_with(call, key))
    if key.kind is KeyKind.TEST:
        return send(call, locale, "service_requests", [_tried(locale)])
    ticket = _take(
        call.services, replace(message, follows=normalise_ticket_id(call.form.get("follow")) or "")
    )
    record, headers = _record(call, service, ticket, locale)
    return send(call, locale, "service_requests", [record], headers=headers)


def check_type(call: Call) -> None:
    kind = call.header("content-type").partition(";")[0].strip().lower()
    if kind not in FORMS:
        raise Refused([Problem("400.type")])


def _tried(locale: str) -> Record:
    """The answer to a test key: all was well, and nothing was stored."""
    notice = str(translator(locale, "open311")("test_key"))
    return {"service_notice": notice, "account_id": None}


def _read(call: Call, service: Service, client: str, locale: str) -> InboundMessage:
    settings = call.services.settings
    context = PostContext(
        now=call.services.clock.now(),
        locale=locale,
        jurisdiction_id=settings.jurisdiction_id,
        client=client,
        idempotency_key=call.header("idempotency-key"),
        own_addresses=(
            settings.sender_address,
            f"@{settings.receiving_domain}",
            *settings.intake_addresses,
        ),
        region=settings.sms_countries[0],
    )
    files = (*call.form.files.get("media[]", ()), *call.form.files.get("media", ()))
    return parse_post(call.form.fields, files, service, context)


def _take(services: Services, message: InboundMessage) -> Ticket:
    """The ticket; an idempotency key that comes again leads to the same one, with other words to none."""
    try:
        services.desk.count_files(message.origin, len(message.attachments))
        kept = tuple(services.files.put(each) for each in message.attachments)
        outcome = services.desk.receive(replace(message, attachments=kept))
    except AllowanceUsedUp as error:
        raise TooManyRequests(FLOODED, RETRY_AFTER) from error
    except MessageConflict as error:
        raise Refused([Problem("409.idempotency_key")]) from error
    if not outcome.ticket_id:
        raise Refused([Problem("400.general")])
    return outcome.ticket or services.store.get(outcome.ticket_id)


def _record(
    call: Call, service: Service, ticket: Ticket, locale: str
) -> tuple[Record, dict[str, str | list[str]]]:
    ticket_id, kind = ticket.ticket_id, service_type(service)
    notices = (words(service.service_notice, locale), _same_matter(call.services, ticket, locale))
    shared: Record = {"service_notice": " ".join(filter(None, notices)) or None, "account_id": None}
    if kind == "blackbox":
        return shared, {}
    if kind == "batch":
        return {"token": make_token(call.services, ticket_id), **shared}, {}
    location = call.url(f"/open311/v2/requests/{ticket_id}.{call.path.rpartition('.')[2]}")
    return {"service_request_id": ticket_id, **shared}, {"Location": location}


def _same_matter(services: Services, ticket: Ticket, locale: str) -> str:
    """Which public report this one was joined to, or may be the same as; nothing is refused for it."""
    t = translator(locale, "open311")
    if ticket.follows:
        return str(t("joined", main=ticket.follows))
    spot = Spot(
        service_code=ticket.service_code, address=ticket.address, lat=ticket.lat, long=ticket.long
    )
    found = services.duplicates.shown(spot)
    older = [each.ticket_id for each in found if each.requested_at < ticket.requested_at]
    return str(t("similar", found=", ".join(older))) if older else ""
