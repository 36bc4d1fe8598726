"""Tickets as items and back; knows keys and codecs, no client.

A ticket is two packed attributes: `facts` is what a public list may need and is copied into the
public indexes, `rest` is everything else. So neither the requester nor their own words are in a
public index: of the words only the public copy is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, fields, replace
from itertools import zip_longest
from typing import Any

from chalicelib.errors import UNREADABLE
from chalicelib.messages import Channel
from chalicelib.tickets.dynamodb.items.cells import encode
from chalicelib.tickets.dynamodb.items.codec import (
    Body,
    Item,
    Value,
    at,
    carrying,
    integer,
    longer,
    maybe,
    moments,
    number,
    pack_attachments,
    pack_party,
    string,
    text,
    unpack,
    unpack_attachments,
    unpack_party,
    when,
)
from chalicelib.tickets.dynamodb.items.damage import OPTIONAL, check, unreadable
from chalicelib.tickets.dynamodb.items.keys import TICKET, Keys, moment, quarter_of, queue_position
from chalicelib.tickets.model.later import Carried, spoken
from chalicelib.tickets.model.public_copy import PublicWords
from chalicelib.tickets.model.ticket import ClockEvent, ClockMark, Priority, Status, Ticket
from chalicelib.tickets.model.timeline import Settled

DONE = "#done#"
_WORDS = frozenset({"description", "status_notes", "address", "attributes", "media_urls"})


def ticket_item(keys: Keys, ticket: Ticket, write_id: str) -> Item:
    """The ticket as the next version will be stored."""
    item: Item = {
        "pk": text(keys.ticket(ticket.ticket_id)),
        "sk": text(TICKET),
        "version": number(ticket.version + 1),
        "write_id": text(write_id),
        "status": text(ticket.status),
        "priority": text(ticket.priority),
        "agency_code": text(ticket.agency_code),
        "service_code": text(ticket.service_code),
        "requested_at": text(f"{moment(ticket.requested_at)}#{ticket.ticket_id}"),
        "updated_at": text(f"{moment(ticket.updated_at)}#{ticket.ticket_id}"),
    }
    bodies = {"facts": _facts(ticket), "rest": _rest(ticket)}
    whole = carrying(ticket.carried, item, bodies, OPTIONAL)
    whole.update((name, text(value)) for name, value in _index_keys(keys, ticket))
    return whole


def _index_keys(keys: Keys, ticket: Ticket) -> Iterator[tuple[str, str]]:
    shard = keys.shard(ticket.ticket_id)
    yield "queue_key", keys.queue(ticket.agency_code, ticket.is_open, shard)
    yield "queue_at", queue_position(ticket)
    if ticket.assignee:
        yield "assignee", ticket.assignee
        yield "assignee_key", keys.assignee(ticket.assignee, ticket.is_open)
    if ticket.next_action_at:
        yield "due_queue", keys.escalations(shard)
        yield "next_action_at", moment(ticket.next_action_at)
    if ticket.requester.key:
        yield "party_key", keys.party(ticket.requester.key)
        yield "party_at", moment(ticket.requested_at)
    if ticket.is_listed:
        yield "public_key", keys.public(ticket.ticket_id)
    yield from _place_keys(keys, ticket)


def _place_keys(keys: Keys, ticket: Ticket) -> Iterator[tuple[str, str]]:
    """Where it is; of private ones only what is open, which is all that staff look for near a place."""
    is_sought = ticket.is_listed or ticket.is_open
    if ticket.lat is None or ticket.long is None or not is_sought:
        return
    done = keys.done_places(quarter_of(ticket.updated_at))
    yield "place_key", keys.open_places(ticket.is_listed) if ticket.is_open else done
    code = encode(ticket.lat, ticket.long)
    yield "place_at", f"{code}#{moment(ticket.requested_at)}#{ticket.ticket_id}"


def _facts(ticket: Ticket) -> Body:
    before = ticket.carried.bodies.get("facts", {})
    return {
        "channel": ticket.channel,
        "is_public": ticket.is_public,
        "service_name": ticket.service_name,
        "public": longer(astuple(ticket.public_words), before.get("public"))
        if ticket.public_words
        else (),
        "locale": ticket.locale,
        "lat": ticket.lat,
        "long": ticket.long,
        "service_notice": ticket.service_notice,
        "merged_into": ticket.merged_into,
        "me_too": _unless(0, ticket.me_too),
        "due_at": maybe(ticket.due_at),
        "first_responded_at": maybe(ticket.first_responded_at),
        "resolved_at": maybe(ticket.resolved_at),
        "closed_at": maybe(ticket.closed_at),
        "entry_count": _unless(0, ticket.entry_count),
        "reopened": _unless(0, ticket.reopened),
    }


def _rest(ticket: Ticket) -> Body:
    before = ticket.carried.bodies.get("rest", {})
    return {
        "requester": longer(pack_party(ticket.requester), before.get("requester")),
        "description": ticket.description,
        "status_notes": ticket.status_notes,
        "address": ticket.address,
        "attributes": ticket.attributes,
        "media_urls": ticket.media_urls,
        "subject": ticket.subject,
        "preferred_channel": _unless(Channel.EMAIL, ticket.preferred_channel),
        "is_unconfirmed": not ticket.is_confirmed,
        "attachments": pack_attachments(ticket.attachments, before.get("attachments", ())),
        "tags": ticket.tags,
        "tracking_version": _unless(1, ticket.tracking_version),
        "link_made_at": maybe(ticket.link_made_at),
        "reply_turns": ticket.reply_turns,
        "linked_to": ticket.linked_to,
        "part_of": ticket.part_of,
        "asked_sides": ticket.asked_sides,
        "side": ticket.side,
        "follows": ticket.follows,
        "followed": ticket.followed,
        "confirm_by": maybe(ticket.confirm_by),
        "confirm_tries": _unless(0, ticket.confirm_tries),
        "escalation_level": _unless(0, ticket.escalation_level),
        "offered_from": ticket.offered_from,
        "hops": _unless(0, ticket.hops),
        "resolved_by": ticket.resolved_by,
        "appealed_against": ticket.appealed_against,
        "last_staff_action_at": maybe(ticket.last_staff_action_at),
        "first_response_due_at": maybe(ticket.first_response_due_at),
        "promised_at": maybe(ticket.promised_at),
        "ledger": [*_pack_ledger(ticket.ledger, before.get("ledger", ()))],
        "fired": moments(ticket.fired),
        "settled": longer(astuple(ticket.settled), before.get("settled")),
        "last_provider_message_ids": ticket.last_provider_message_ids,
    }


def _unless(usual: object, value: object) -> object:
    """Nothing for what a reader takes for granted: bytes are paid for at every save of a ticket."""
    return None if value == usual else value


def _pack_ledger(
    ledger: Sequence[ClockMark], before: Sequence[Sequence[Any]]
) -> Iterator[list[Any]]:
    for mark, row in zip_longest(ledger, before[: len(ledger)]):
        yield longer((mark.event, moment(mark.at), mark.entry), row)


def read_ticket(keys: Keys, item: Mapping[str, Value]) -> Ticket:
    """The ticket in `item`; one from a public index comes without what is not public.

    Raises `UnreadableTicket` where nothing can be made of it.
    """
    try:
        return _read(keys, item)
    except UNREADABLE as error:
        raise unreadable(keys, item, error) from error


def _read(keys: Keys, item: Mapping[str, Value]) -> Ticket:
    facts, rest = unpack(item, "facts"), unpack(item, "rest")
    if "write_id" in item and not rest:
        raise KeyError("rest")
    moved = facts.keys() & _WORDS
    ticket = Ticket(
        ticket_id=keys.ticket_id(item["pk"]["S"]),
        jurisdiction_id=keys.jurisdiction_id,
        service_code=string(item, "service_code"),
        agency_code=string(item, "agency_code"),
        requested_at=at(item["requested_at"]["S"]),
        updated_at=at(item["updated_at"]["S"]),
        status=spoken(Status, item["status"]["S"]),
        priority=spoken(Priority, item["priority"]["S"]),
        assignee=string(item, "assignee"),
        is_public=bool(facts.get("is_public")),
        next_action_at=when(string(item, "next_action_at")),
        version=integer(item, "version"),
        is_owed=DONE not in string(item, "queue_key"),
        carried=Carried(item, {"facts": {n: facts[n] for n in facts.keys() - moved}, "rest": rest}),
        **_read_facts(facts),
        **_read_words(facts | rest),
        **_read_rest(rest),
    )
    check(ticket)
    return ticket


def _read_facts(facts: Body) -> dict[str, Any]:
    return {
        "channel": spoken(Channel, facts["channel"]),
        "service_name": facts.get("service_name", ""),
        "public_words": _read_public(facts["public"]) if "public" in facts else None,
        "locale": facts.get("locale", ""),
        "lat": facts.get("lat"),
        "long": facts.get("long"),
        "service_notice": facts.get("service_notice", ""),
        "merged_into": facts.get("merged_into", ""),
        "me_too": facts.get("me_too", 0),
        "due_at": when(facts.get("due_at")),
        "first_responded_at": when(facts.get("first_responded_at")),
        "resolved_at": when(facts.get("resolved_at")),
        "closed_at": when(facts.get("closed_at")),
        "entry_count": facts.get("entry_count", 0),
        "reopened": facts.get("reopened", 0),
    }


def _read_words(body: Body) -> dict[str, Any]:
    """The requester's own words; tickets of before there were public copies hold them in `facts`."""
    return {
        "description": body.get("description", ""),
        "status_notes": body.get("status_notes", ""),
        "address": body.get("address", ""),
        "attributes": body.get("attributes", {}),
        "media_urls": tuple(body.get("media_urls", ())),
    }


def _read_rest(rest: Body) -> dict[str, Any]:
    return {
        "requester": unpack_party(rest.get("requester")),
        "subject": rest.get("subject", ""),
        "preferred_channel": spoken(Channel, rest.get("preferred_channel", Channel.EMAIL)),
        "is_confirmed": not rest.get("is_unconfirmed"),
        "attachments": unpack_attachments(rest.get("attachments")),
        "tags": tuple(rest.get("tags", ())),
        "tracking_version": rest.get("tracking_version", 1),
        "link_made_at": when(rest.get("link_made_at")),
        "reply_turns": rest.get("reply_turns", {}),
        "linked_to": tuple(rest.get("linked_to", ())),
        "part_of": rest.get("part_of", ""),
        "asked_sides": tuple(rest.get("asked_sides", ())),
        "side": rest.get("side", ""),
        "follows": rest.get("follows", ""),
        "followed": rest.get("followed", 0),
        "confirm_by": when(rest.get("confirm_by")),
        "confirm_tries": rest.get("confirm_tries", 0),
        "escalation_level": rest.get("escalation_level", 0),
        "offered_from": rest.get("offered_from", ""),
        "hops": rest.get("hops", 0),
        "resolved_by": rest.get("resolved_by", ""),
        "appealed_against": rest.get("appealed_against", ""),
        "last_staff_action_at": when(rest.get("last_staff_action_at")),
        "first_response_due_at": when(rest.get("first_response_due_at")),
        "promised_at": when(rest.get("promised_at")),
        "ledger": tuple(
            ClockMark(spoken(ClockEvent, event), at(moment_), entry)
            for event, moment_, entry, *_ in rest.get("ledger", ())
        ),
        "fired": {step: at(value) for step, value in rest.get("fired", {}).items()},
        "last_provider_message_ids": tuple(rest.get("last_provider_message_ids", ())),
        "settled": _read_settled(rest.get("settled", ())),
    }


def _read_settled(values: Sequence[Any]) -> Settled:
    moved, accepted, upto = values[:3] if values else ((), (), 0)
    return Settled(tuple(moved), tuple(accepted), int(upto))


def _read_public(values: Sequence[Any]) -> PublicWords:
    found = PublicWords(*values[: len(fields(PublicWords))])
    return replace(found, photos=tuple(found.photos))
