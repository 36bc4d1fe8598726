"""All of it, however much: the whole words of one line, and everything the city holds, part by part."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from chalice.app import Response

from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.following.second_proof import code_page
from chalicelib.handlers.citizen.following.tracking import locale_for, open_tracked
from chalicelib.handlers.citizen.known_browsers import may_see
from chalicelib.handlers.http import LOCALES, Call, api, json_answer, page
from chalicelib.handlers.whole_words import number_in, part_of
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.people.export import data_export


@api(routes, "/t/{ticket_id}/{secret}/entries/{number}", public=True)
def show_words(call: Call, ticket_id: str, secret: str, number: str) -> Response:
    """All words of one line of the history, a part at a time."""
    ticket = open_tracked(call, ticket_id, secret)
    entry = call.services.desk.words(ticket, number_in(number), "requester")
    path = call.url(f"/t/{ticket.ticket_id}/{quote(secret)}")
    locale = locale_for(call, ticket)
    context = {
        "reference": ticket.ticket_id,
        "at": entry.at,
        "part": part_of(call, entry.text),
        "here": f"{path}/entries/{entry.number}",
        "back": path,
        "lang_urls": {code: f"{path}/entries/{entry.number}?lang={code}" for code in LOCALES},
    }
    return page(call, "citizen/words", context, locale=locale)


@api(routes, "/t/{ticket_id}/{secret}/holdings", public=True)
def show_holdings(call: Call, ticket_id: str, secret: str) -> Response:
    """All that the city holds about the requester by this report, as a file to keep.

    What is too much for one file comes in several, each with the address of the next one.
    """
    ticket = open_tracked(call, ticket_id, secret)
    if not may_see(call, ticket):
        return code_page(call, ticket, secret)
    kept = call.services.store.pieces(ticket, call.arg("page"))
    path = call.url(f"/t/{ticket.ticket_id}/{quote(secret)}")
    is_whole = not kept.next_token and not call.arg("page")
    if not is_whole and not call.arg("save"):
        return _parts(call, ticket, path, kept.next_token)
    is_theirs = ticket.is_confirmed and bool(ticket.requester.key)
    contact = call.services.store.contact(ticket.requester.key) if is_theirs else None
    held = data_export(ticket, kept.items, contact, call.services.clock.now())
    if kept.next_token:
        site = call.site(call.services.settings.public_url)
        held["next_part"] = f"{site}{path[len(call.base) :]}{_query(kept.next_token, save='yes')}"
    disposition = f'attachment; filename="{ticket.ticket_id}.json"'
    return json_answer(held, headers={"Content-Disposition": disposition})


def _parts(call: Call, ticket: Ticket, path: str, token: str) -> Response:
    """One part to save, and the way to the next."""
    context = {
        "reference": ticket.ticket_id,
        "back": path,
        "save_url": f"{path}{_query(call.arg('page'), save='yes')}",
        "next_url": f"{path}{_query(token)}" if token else "",
        "lang_urls": {code: f"{path}{_query(call.arg('page'), lang=code)}" for code in LOCALES},
    }
    return page(call, "citizen/holdings", context, locale=locale_for(call, ticket))


def _query(token: str, **more: str) -> str:
    return f"/holdings?{urlencode({**({'page': token} if token else {}), **more})}"
