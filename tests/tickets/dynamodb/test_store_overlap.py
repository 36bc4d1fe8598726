"""What a release does not know of an item is still there after it wrote the item back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tickets.dynamodb.items.codec import SCHEMA, pack
from chalicelib.tickets.dynamodb.items.damage import OPTIONAL
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.items.records import (
    contact_item,
    message_item,
    read_contact,
    read_message,
)
from chalicelib.tickets.dynamodb.items.tickets import read_ticket, ticket_item
from chalicelib.tickets.model.later import is_known
from chalicelib.tickets.model.records import Contact
from chalicelib.tickets.model.ticket import Actor, Status
from tests.examples import DAY, NOW, a_message, a_ticket

KEYS = Keys("city.example", 4)
Item = dict[str, Any]

FACTS = st.recursive(
    st.text(min_size=1, max_size=5) | st.integers() | st.just(True),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, min_size=1, max_size=3)
    ),
    max_leaves=5,
)
NAMES = st.text("abcdefgh", min_size=1, max_size=6).map(lambda name: f"later_{name}")
BEYOND = st.dictionaries(NAMES, FACTS, max_size=4)


def a_ticket_again(item: Item) -> Item:
    ticket = read_ticket(KEYS, item)
    ticket.record("noted", NOW + DAY, Actor("staff", "cleo"), text="Seen.")
    return ticket_item(KEYS, ticket, "again")


def a_contact_again(item: Item) -> Item:
    return contact_item(KEYS, replace(read_contact(item), locale="fa"), "again")


def a_message_again(item: Item) -> Item:
    return message_item(KEYS, replace(read_message(item), outcome="opened"), "again")


FULL_CONTACT = Contact(key="email:anna@example.org", suppressed={"sms": "opted_out"})
KINDS: Mapping[str, tuple[Item, tuple[str, ...], Callable[[Item], Item]]] = {
    "ticket": (ticket_item(KEYS, a_ticket(), "w"), ("facts", "rest"), a_ticket_again),
    "contact": (contact_item(KEYS, FULL_CONTACT, "w"), ("body",), a_contact_again),
    "message": (message_item(KEYS, a_message(), "w"), ("body",), a_message_again),
}


@pytest.mark.parametrize("kind", KINDS)
@given(attributes=BEYOND, inside=BEYOND, schema=st.integers(SCHEMA, SCHEMA + 5))
def test_an_item_that_is_read_and_written_keeps_what_nobody_here_knows(
    kind: str, attributes: Mapping[str, Any], inside: Mapping[str, Any], schema: int
) -> None:
    written, bodies, again = KINDS[kind]
    item = written | {name: pack({"is": value}) for name, value in attributes.items()}
    item["schema"] = {"N": str(schema)}
    for body in bodies:
        item[body] = pack(json.loads(item[body]["S"]) | inside)
    back = again(item)
    assert {name: back[name] for name in attributes} == {name: item[name] for name in attributes}
    for body in bodies:
        assert inside.items() <= json.loads(back[body]["S"]).items()
    assert back["schema"] == {"N": str(schema)}
    assert again(back).keys() == back.keys()


def test_what_a_ticket_no_longer_says_is_not_carried_along() -> None:
    full = a_ticket(
        assignee="cleo", lat=1.0, long=2.0, is_public=True, next_action_at=NOW, due_at=NOW
    )
    item = ticket_item(KEYS, full, "w")
    ticket = read_ticket(KEYS, item)
    ticket.assignee, ticket.is_public, ticket.lat, ticket.next_action_at = "", False, None, None
    ticket.due_at = None
    ticket.requester = replace(ticket.requester, email=None)
    bare = ticket_item(KEYS, ticket, "again")
    assert item.keys() - bare.keys() == OPTIONAL
    assert "due_at" not in json.loads(bare["facts"]["S"])


def test_a_lifted_suppression_is_lifted() -> None:
    contact = read_contact(contact_item(KEYS, FULL_CONTACT, "w"))
    del contact.suppressed["sms"]
    assert not {"no_sms", "queue_key", "queue_at"} & contact_item(KEYS, contact, "again").keys()


def test_lists_of_fixed_places_keep_what_stands_behind_ours() -> None:
    item = ticket_item(KEYS, a_ticket(ledger=()), "w")
    rest, facts = json.loads(item["rest"]["S"]), json.loads(item["facts"]["S"])
    rest["requester"].append("a pronoun")
    rest["ledger"] = [["started", "2026-03-02T09:00:00.000000Z", 1, "by whom"]]
    rest["attachments"] = [["a.jpg", "image/jpeg", 3, "d" * 64, "", False, "scanned"]]
    facts["public"] = ["words", "", "", "", 0, "exact", [], "in which language"]
    back = a_ticket_again(item | {"rest": pack(rest), "facts": pack(facts)})
    kept = json.loads(back["rest"]["S"])
    assert (kept["requester"][3], kept["ledger"][0][3]) == ("a pronoun", "by whom")
    assert kept["attachments"][0][6] == "scanned"
    assert json.loads(back["facts"]["S"])["public"][7] == "in which language"


def test_words_of_before_there_were_public_copies_leave_the_public_part() -> None:
    item = ticket_item(KEYS, a_ticket(), "w")
    facts = json.loads(item["facts"]["S"]) | {"description": "private words", "address": "at home"}
    back = a_ticket_again(item | {"facts": pack(facts)})
    assert not {"description", "address"} & json.loads(back["facts"]["S"]).keys()


def test_an_unknown_status_is_open_or_done_as_its_own_release_wrote_it() -> None:
    for ticket, is_open in ((a_ticket(), True), (a_ticket(status=Status.CLOSED), False)):
        item = ticket_item(KEYS, ticket, "w") | {"status": {"S": "on_hold"}}
        found = read_ticket(KEYS, item)
        assert (found.status, found.is_open, found.is_beyond_us) == ("on_hold", is_open, True)
        assert not is_known(found.status)
        assert found.next_statuses == frozenset()
        again = a_ticket_again(item)
        assert again["queue_key"] == item["queue_key"]
        assert again["status"] == {"S": "on_hold"}


def test_an_unknown_priority_and_clock_event_come_back_as_they_were() -> None:
    item = ticket_item(KEYS, a_ticket(), "w") | {"priority": {"S": "p0"}}
    rest = json.loads(item["rest"]["S"])
    rest["ledger"] = [["thawed", "2026-03-02T09:00:00.000000Z", 1]]
    back = a_ticket_again(item | {"rest": pack(rest)})
    assert back["priority"] == {"S": "p0"}
    assert json.loads(back["rest"]["S"])["ledger"] == rest["ledger"]
