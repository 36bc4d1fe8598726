"""The one thing that programs may write: a request."""

from __future__ import annotations

from dataclasses import replace

from chalice.app import Response

from chalicelib.bootstrap import services
from chalicelib.channels.open311 import Problem, Refused, parse_post
from chalicelib.channels.open311.posts import PostContext
from chalicelib.channels.open311.records import Record, service_type
from chalicelib.errors import AccessDenied, MessageConflict
from chalicelib.handlers.http import Call
from chalicelib.handlers.open311.answering import send
from chalicelib.handlers.open311.keys import ApiKeys, SignedKeys
from chalicelib.handlers.open311.reading import FORMS, find_service, locale_of, make_token
from chalicelib.messages import InboundMessage
from chalicelib.tickets.catalog import Service, words


def create_request(call: Call) -> Response:
    """Take a request: its id now, its token, or only a word of thanks, as the service's type says."""
    locale = locale_of(call)
    _check_type(call)
    code = call.form.get("service_code").strip()
    client = _client(call, code)
    if not code:
        raise Refused([Problem("400.service_code")])
    service = find_service(code)
    message = _read(call, service, client, locale)
    ticket_id = _take(message)
    record, headers = _record(call, service, ticket_id, locale)
    return send(call, locale, "service_requests", [record], headers=headers)


def _check_type(call: Call) -> None:
    kind = call.header("content-type").partition(";")[0].strip().lower()
    if kind not in FORMS:
        raise Refused([Problem("400.type")])


def _client(call: Call, service_code: str) -> str:
    """Whose key the call carries: in the form, the query or a header."""
    key = call.form.get("api_key") or call.arg("api_key") or call.header("x-api-key")
    try:
        return api_keys().client_of(key.strip(), service_code)
    except AccessDenied as error:
        raise Refused([Problem("403.api_key")]) from error


def api_keys() -> ApiKeys:
    """Who may post here."""
    return SignedKeys(services().signer, services().settings.jurisdiction_id)


def _read(call: Call, service: Service, client: str, locale: str) -> InboundMessage:
    settings = services().settings
    context = PostContext(
        now=services().clock.now(),
        locale=locale,
        jurisdiction_id=settings.jurisdiction_id,
        client=client,
        idempotency_key=call.header("idempotency-key")[:400],
        own_addresses=(
            settings.sender_address,
            f"@{settings.receiving_domain}",
            *settings.intake_addresses,
        ),
        region=settings.sms_countries[0],
    )
    files = (*call.form.files.get("media[]", ()), *call.form.files.get("media", ()))
    return parse_post(call.form.fields, files, service, context)


def _take(message: InboundMessage) -> str:
    """The ticket; an idempotency key that comes again leads to the same one, with other words to none."""
    kept = tuple(services().files.put(each) for each in message.attachments)
    try:
        outcome = services().desk.receive(replace(message, attachments=kept))
    except MessageConflict as error:
        raise Refused([Problem("400.idempotency_key")]) from error
    if not outcome.ticket_id:
        raise Refused([Problem("400.general")])
    return outcome.ticket_id


def _record(
    call: Call, service: Service, ticket_id: str, locale: str
) -> tuple[Record, dict[str, str | list[str]]]:
    notice = words(service.service_notice, locale) or None
    shared: Record = {"service_notice": notice, "account_id": None}
    kind = service_type(service)
    if kind == "blackbox":
        return shared, {}
    if kind == "batch":
        return {"token": make_token(ticket_id), **shared}, {}
    location = call.url(f"/open311/v2/requests/{ticket_id}.{call.path.rpartition('.')[2]}")
    return {"service_request_id": ticket_id, **shared}, {"Location": location}
