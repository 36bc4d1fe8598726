"""Duplicates: open public reports of the same matter, shown before a new one is sent."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.questions import read_place
from chalicelib.errors import TicketNotFound
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.reporting.uploads import carried_fields
from chalicelib.handlers.http import Call, Form, api, form_token, json_answer, page
from chalicelib.messages import InboundMessage
from chalicelib.templates.formats import long_day
from chalicelib.templates.pages import translator
from chalicelib.tickets.intake.duplicates import Spot
from chalicelib.tickets.intake.emergencies import danger_in
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.references import normalise_ticket_id
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.publishing.public_words import public_words


@api(routes, "/report/nearby", public=True)
def list_nearby(call: Call) -> Response:
    """Those that a half-written report may mean, for the page's script; public ones alone."""
    locale = call.locale(call.services.settings.default_locale)
    lat, long, _ = read_place(call.arg("lat"), call.arg("long"))
    spot = Spot(
        service_code=call.arg("service"),
        address=call.arg("address")[: bounds.PLACE],
        lat=lat,
        long=long,
    )
    call.services.duplicates.prepare(spot.service_code)
    return json_answer([_row(call, each, locale) for each in call.services.duplicates.shown(spot)])


def ask_first(call: Call, message: InboundMessage, locale: str) -> Response | None:
    """The page that asks, or None when there is nothing to ask or it was answered.

    A matter of danger is never held up, and what the page's own script has shown is not asked again.
    """
    if call.form.get("follow") or not message.service_code:
        return None
    if danger_in(message.text, message.service_code, call.services.catalog.load()):
        return None
    spot = Spot(
        service_code=message.service_code,
        address=message.address,
        lat=message.lat,
        long=message.long,
    )
    seen = set(call.form.get("seen").split())
    found = [t for t in call.services.duplicates.shown(spot) if t.ticket_id not in seen]
    return _ask(call, message.service_code, found, locale) if found else None


def _ask(call: Call, service_code: str, found: Sequence[Ticket], locale: str) -> Response:
    token, headers = form_token(call)
    context = {
        "service_code": service_code,
        "rows": [_row(call, each, locale) for each in found],
        "fields": carried_fields(call, without=("follow", "seen")),
        "form_token": token,
    }
    return page(call, "citizen/nearby", context, locale=locale, headers=headers)


def _row(call: Call, ticket: Ticket, locale: str) -> dict[str, Any]:
    exactness = call.services.catalog.load().exactness(ticket.service_code)
    shown, t = public_words(ticket, exactness), translator(locale, "citizen")
    timezone = call.services.settings.timezone
    return {
        "id": ticket.ticket_id,
        "url": call.url(f"/tickets/{ticket.ticket_id}"),
        "address": shown.address,
        "words": shown.description[:200],
        "day": long_day(ticket.requested_at, timezone, locale),
        "status": str(t(f"status.{ticket.status}")),
        "others": str(t("nearby.me_too", count=ticket.me_too)) if ticket.me_too else "",
    }


def joining(call: Call, form: Form, values: MutableMapping[str, Any]) -> dict[str, str]:
    """The public report that somebody came from to say "me too"; its place is filled in for them."""
    wanted = normalise_ticket_id(call.arg("follow") or form.get("follow"))
    if not wanted:
        return {"follow": ""}
    if not form.fields:
        try:
            ticket = call.services.desk.public_ticket(wanted)
        except TicketNotFound:
            return {"follow": ""}
        values["address"] = call.services.desk.view(Casefile(ticket), "en", "public").address
    return {"follow": wanted}
