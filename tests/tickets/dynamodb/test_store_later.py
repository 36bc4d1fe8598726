"""The stores beside what a later release wrote; one row that cannot be read in the middle of each list."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import UnreadableTicket
from chalicelib.geography import Box
from chalicelib.messages import Channel, DeliveryReceipt, ReceiptKind
from chalicelib.tickets.dynamodb import DynamoCatalogStore, DynamoStore
from chalicelib.tickets.dynamodb.stores.broadcasts import DynamoBroadcasts, DynamoMembers
from chalicelib.tickets.dynamodb.stores.service_keys import DynamoServiceKeys
from chalicelib.tickets.model.public_copy import PublicWords
from chalicelib.tickets.model.records import (
    UNREADABLE,
    AuditRecord,
    Callback,
    Change,
    Contact,
    Membership,
    Notification,
)
from chalicelib.tickets.model.ticket import Priority, Status, Ticket, Visibility
from chalicelib.tickets.partners.keys import ApiKey, KeyKind
from chalicelib.tickets.people.broadcasts import Broadcast, Stage
from chalicelib.tickets.people.segments import Segment
from chalicelib.tickets.ports import CatalogItem, NotificationKey, PublicQuery, QueueQuery
from tests.examples import ANNA, CLERK, DAY, MINUTE, NOW, a_message, a_notification, a_ticket
from tests.tickets.conftest import TABLE

ALWAYS = PublicQuery(start=NOW - 400 * DAY, end=NOW + 400 * DAY)
BOX = Box(south=0.0, west=0.0, north=3.0, east=3.0)
Item = dict[str, Any]
DAMAGE: dict[str, Any] = {
    "no body": {"facts": None, "rest": None},
    "no rest": {"rest": None},
    "no status": {"status": None},
    "a status of another kind": {"status": {"N": "5"}},
    "a body that is no structure": {"facts": {"S": "[1, 2"}},
    "a body of another kind": {"facts": {"N": "5"}},
    "a number that is words": {"facts": {"S": '{"channel":"email","entry_count":"many"}'}},
    "a place that is words": {"facts": {"S": '{"channel":"email","lat":"here"}'}},
    "a list that is none": {"rest": {"S": '{"ledger":5}'}},
    "a later schema": {"facts": {"S": "{}"}, "schema": {"N": "99"}},
}


class Rows:
    """The stored items themselves."""

    def __init__(self, client: Any, city: str) -> None:
        self._client, self._city = client, city

    def key(self, ticket_id: str, sort: str = "TICKET") -> Item:
        return {"pk": {"S": f"{self._city}#TICKET#{ticket_id}"}, "sk": {"S": sort}}

    def get(self, key: Item) -> Item:
        item: Item = self._client.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"]
        return item

    def change(self, key: Item, **attributes: Any) -> None:
        """Give an item other attributes; None takes one away."""
        whole = {n: v for n, v in (self.get(key) | attributes).items() if v is not None}
        self._client.put_item(TableName=TABLE, Item=whole)

    def change_body(self, key: Item, name: str = "body", **facts: Any) -> None:
        body = json.loads(self.get(key)[name]["S"]) | facts
        self.change(key, **{name: {"S": json.dumps(body)}})

    def body(self, key: Item, name: str = "body") -> Any:
        return json.loads(self.get(key)[name]["S"])


@pytest.fixture
def rows(client: Any, city: str) -> Rows:
    return Rows(client, city)


def keep_three(store: DynamoStore, **facts: Any) -> list[Ticket]:
    """Three tickets of Anna's, public, near one another, each due a minute after the one before."""
    kept = []
    for number in range(3):
        at = NOW + number * MINUTE
        ticket = a_ticket(
            requested_at=at,
            updated_at=at,
            due_at=at,
            next_action_at=NOW,
            assignee="cleo",
            is_public=True,
            lat=1.0 + number / 1000,
            long=1.0,
            public_words=PublicWords(description="A hole."),
            **facts,
        )
        store.save(Change(ticket=ticket))
        ticket.new_entries = []
        kept.append(ticket)
    return kept


def lists_of(store: DynamoStore, kept: list[Ticket]) -> dict[str, list[str]]:
    """The tickets of every list, sorted."""
    found = {
        "queue": store.queue(QueueQuery(agency_codes=("roads",))).items,
        "own": store.queue(QueueQuery(assignee="cleo")).items,
        "several": store.several([each.ticket_id for each in kept]),
        "of a party": store.tickets_of(ANNA.key),
        "public": store.public(ALWAYS).items,
        "public by change": store.public(replace(ALWAYS, order="updated")).items,
        "open": store.public(replace(ALWAYS, is_open=True)).items,
        "in a box": store.public(replace(ALWAYS, box=BOX)).items,
        "in a box by change": store.public(replace(ALWAYS, box=BOX, order="updated")).items,
        "nearby": store.nearby("pothole", BOX, NOW - DAY),
    }
    return {name: sorted(t.ticket_id for t in tickets) for name, tickets in found.items()}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_ticket_that_cannot_be_read_is_parked_and_the_others_are_listed(
    real_store: DynamoStore, rows: Rows, damage: str
) -> None:
    kept = keep_three(real_store)
    ill = kept[1].ticket_id
    rows.change(rows.key(ill), **DAMAGE[damage])
    well = sorted([kept[0].ticket_id, kept[2].ticket_id])
    without_rest = {"no rest", "a list that is none"}  # which public lists never read
    for name, found in lists_of(real_store, kept).items():
        is_public = name.startswith(("public", "open", "in a box")) and damage in without_rest
        assert [each for each in found if each != ill] == well, name
        assert (ill in found) == is_public, name
    for ask in (real_store.get, real_store.read):
        with pytest.raises(UnreadableTicket):
            ask(ill)
    [parked] = real_store.parked()
    assert parked.ticket_id == ill
    assert parked.is_newer == (damage == "a later schema")
    assert parked.at is not None
    assert "hole" not in parked.what
    assert ill in list(real_store.due_tickets(NOW)), "nothing of it was touched"


def test_a_parked_ticket_that_is_well_again_is_back_where_it_was(
    real_store: DynamoStore, rows: Rows
) -> None:
    kept = keep_three(real_store)
    ill, before = kept[1].ticket_id, lists_of(real_store, kept)
    good = rows.get(rows.key(ill))
    rows.change(rows.key(ill), rest=None)
    lists_of(real_store, kept)
    assert real_store.retry_parked() == []
    assert [each.ticket_id for each in real_store.parked()] == [ill]
    rows.change(rows.key(ill), **good)
    assert real_store.retry_parked() == [ill]
    assert real_store.parked() == []
    assert lists_of(real_store, kept) == before
    rows.change(rows.key(ill), rest=None)
    lists_of(real_store, kept)
    assert [each.ticket_id for each in real_store.parked()] == [ill], "it is noted anew"


def test_words_that_only_a_later_release_knows_are_in_every_list(
    real_store: DynamoStore, rows: Rows
) -> None:
    kept = keep_three(real_store)
    rows.change(rows.key(kept[1].ticket_id), status={"S": "on_hold"}, priority={"S": "p0"})
    rows.change_body(rows.key(kept[1].ticket_id), "facts", channel="pigeon")
    ids = sorted(each.ticket_id for each in kept)
    found = lists_of(real_store, kept)
    assert {name: found[name] for name in found if name != "open"} == dict.fromkeys(
        found.keys() - {"open"}, ids
    )
    assert real_store.parked() == []
    back = real_store.get(kept[1].ticket_id)
    assert (back.status, back.priority, back.channel) == ("on_hold", "p0", "pigeon")


def test_a_list_of_open_tickets_holds_those_whose_state_only_a_later_release_knows(
    real_store: DynamoStore, rows: Rows
) -> None:
    kept = keep_three(real_store)
    rows.change(rows.key(kept[1].ticket_id), status={"S": "on_hold"})
    for is_open, count in ((True, 3), (False, 0)):
        for box in (None, BOX):
            query = replace(ALWAYS, is_open=is_open, box=box)
            assert len(real_store.public(query).items) == count, query


def test_an_entry_that_cannot_be_read_stands_in_its_place_for_staff(
    real_store: DynamoStore, rows: Rows
) -> None:
    ticket = a_ticket()
    for words in ("one", "two"):
        ticket.record("appended", NOW, CLERK, text=words)
    real_store.save(Change(ticket=ticket))
    rows.change(rows.key(ticket.ticket_id, "ENTRY#000002"), body=None)
    rows.change_body(
        rows.key(ticket.ticket_id, "ENTRY#000003"), visibility="neighbours", kind="sung"
    )
    for entries in (
        real_store.read(ticket.ticket_id).entries,
        real_store.timelines([ticket])[ticket.ticket_id],
    ):
        assert [entry.kind for entry in entries] == ["opened", UNREADABLE, "sung"]
        assert {entry.visibility for entry in entries[1:]} == {Visibility.STAFF}


def keep_notification(store: DynamoStore, **facts: Any) -> tuple[Notification, NotificationKey]:
    kept = a_notification(due_at=NOW, **facts)
    store.save(Change(notifications=[kept]))
    return kept, NotificationKey(kept.ticket_id, kept.notification_id)


def test_a_notification_of_an_unknown_way_is_shown_and_left_for_a_later_release(
    real_store: DynamoStore, rows: Rows
) -> None:
    kept, key = keep_notification(real_store)
    place = rows.key(kept.ticket_id, f"NOTIFICATION#{kept.notification_id}")
    rows.change_body(place, channel="pigeon")
    found = real_store.claim(key, NOW, MINUTE)
    assert found and (found.channel, found.is_beyond_us, found.notice) == (
        "pigeon",
        True,
        kept.notice,
    )


@pytest.mark.parametrize(("schema", "is_beyond_us"), [("99", True), ("1", False)])
def test_what_cannot_be_read_is_left_where_a_later_release_wrote_it(
    real_store: DynamoStore, rows: Rows, schema: str, is_beyond_us: bool
) -> None:
    kept, key = keep_notification(real_store)
    place = rows.key(kept.ticket_id, f"NOTIFICATION#{kept.notification_id}")
    rows.change(place, body=None, schema={"N": schema})
    found = real_store.claim(key, NOW, MINUTE)
    assert found and (found.notice, found.is_beyond_us) == (UNREADABLE, is_beyond_us)


def test_a_notification_in_an_unknown_state_stops_no_page_and_no_receipt(
    real_store: DynamoStore, rows: Rows
) -> None:
    kept, key = keep_notification(real_store)
    place = rows.key(kept.ticket_id, f"NOTIFICATION#{kept.notification_id}")
    rows.change(place, status={"S": "posted"})
    rows.change(place, body=None)
    (found,) = real_store.under(kept.ticket_id)
    assert (found.status, found.notice) == ("posted", UNREADABLE)
    assert real_store.claim(key, NOW + DAY, MINUTE) is None
    assert real_store.lapse(key, NOW + DAY, timedelta()) is None
    receipt = DeliveryReceipt(
        kind=ReceiptKind.DELIVERED,
        channel=Channel.EMAIL,
        at=NOW,
        ticket_id=kept.ticket_id,
        notification_id=kept.notification_id,
    )
    after = real_store.record(receipt, NOW)
    assert after and after.status == "posted"


def test_a_message_and_an_audit_line_that_cannot_be_read_stop_no_list(
    real_store: DynamoStore, client: Any, city: str, rows: Rows
) -> None:
    for number in range(3):
        message = a_message(message_id=f"m{number}", outcome="quarantined")
        record = AuditRecord(
            audit_id=f"a{number}", at=NOW, actor=CLERK, action="looked", subject=f"s{number}"
        )
        real_store.save(Change(message=message, audit=[record]))
    rows.change({"pk": {"S": f"{city}#MESSAGE#email#m1"}, "sk": {"S": "MESSAGE"}}, body=None)
    held = [each.message_id for each in real_store.quarantine().items]
    assert sorted(held) == ["m0", "m2"]
    audit = {"pk": {"S": f"{city}#AUDIT"}}
    line = next(
        item
        for item in client.scan(TableName=TABLE)["Items"]
        if item["pk"] == audit["pk"] and item["sk"]["S"].endswith("#a1")
    )
    rows.change({"pk": line["pk"], "sk": line["sk"]}, body=None)
    assert sorted(each.audit_id for each in real_store.audit().items) == ["a0", "a2"]


def test_whose_wishes_cannot_be_read_is_not_written_to(
    real_store: DynamoStore, city: str, rows: Rows
) -> None:
    keys = [f"email:{name}@example.org" for name in "abc"]
    real_store.save(Change(contacts=[Contact(key=key, locale="fa") for key in keys]))
    rows.change({"pk": {"S": f"{city}#PARTY#{keys[1]}"}, "sk": {"S": "CONTACT"}}, body=None)
    found = real_store.contacts(keys)
    assert {key: bool(found[key].suppressed) for key in keys} == {
        keys[0]: False,
        keys[1]: True,
        keys[2]: False,
    }


def test_a_member_keeps_what_a_later_release_wrote_beside(
    real_store: DynamoStore, client: Any, city: str, rows: Rows
) -> None:
    members = DynamoMembers(client, table_name=TABLE, jurisdiction_id=city)
    for name in "abc":
        real_store.save(Change(members=[Membership(party_key=name, purpose="alerts")]))
    places = {
        item["sk"]["S"]: {"pk": item["pk"], "sk": item["sk"]}
        for item in client.scan(TableName=TABLE)["Items"]
        if item["pk"]["S"].startswith(f"{city}#MEMBERS")
    }
    rows.change(places["a"], district={"S": "north"})
    rows.change_body(places["a"], street="Main Street")
    rows.change(places["b"], body=None)
    listed, _ = members.page("alerts", "", 10)
    assert sorted(each.party_key for each in listed) == ["a", "c"]
    member = Membership(party_key="a", purpose="alerts", locale="fa")
    real_store.save(Change(members=[replace(member, ended_at=NOW)]))
    assert "body" not in rows.get(places["a"])
    real_store.save(Change(members=[member]))
    back = rows.get(places["a"])
    assert back["district"] == {"S": "north"}
    assert not {"ended_at", "expires_at"} & back.keys()


def a_key(**facts: Any) -> ApiKey:
    given: dict[str, Any] = {"name": "Library", "kind": KeyKind.LIVE, "digest": "d"}
    return ApiKey(key_id="k1", expires_at=NOW + DAY, **given | facts)


def test_a_key_with_more_than_we_know_works_and_keeps_it(
    client: Any, city: str, rows: Rows
) -> None:
    clients = DynamoServiceKeys(client, table_name=TABLE, jurisdiction_id=city)
    for key_id in ("k1", "k2", "k3"):
        clients.put_key(replace(a_key(), key_id=key_id), _audit(key_id))
    place = {"pk": {"S": f"{city}#API_KEYS"}, "sk": {"S": "k1"}}
    rows.change_body(place, networks=["10.0.0.0/8"], kind="guest")
    rows.change(place, colour={"S": "red"}, schema={"N": "7"})
    rows.change({**place, "sk": {"S": "k2"}}, body=None)
    found = clients.key("k1")
    assert found and found.kind == "guest"
    assert [each.key_id for each in clients.all_keys()] == ["k1", "k3"]
    clients.put_key(replace(found, name="Museum"), _audit("again"))
    back = rows.get(place)
    assert (back["colour"], back["schema"]) == ({"S": "red"}, {"N": "7"})
    assert rows.body(place)["networks"] == ["10.0.0.0/8"]
    assert rows.body(place)["name"] == "Museum"


def _audit(name: str) -> AuditRecord:
    return AuditRecord(audit_id=name, at=NOW, actor=CLERK, action="made", subject="api_key")


def test_a_callback_that_cannot_be_read_is_left_and_the_others_are_told(
    client: Any, city: str, rows: Rows
) -> None:
    clients = DynamoServiceKeys(client, table_name=TABLE, jurisdiction_id=city)
    for name in ("e1", "e2", "e3"):
        clients.add_callback(Callback(event_id=name, key_id="k1", at=NOW))
    rows.change({"pk": {"S": f"{city}#CALLBACK#e2"}, "sk": {"S": "CALLBACK"}}, body=None)
    place = {"pk": {"S": f"{city}#CALLBACK#e1"}, "sk": {"S": "CALLBACK"}}
    rows.change_body(place, retries="gently")
    assert sorted(c.event_id for c in clients.due_callbacks(NOW)) == ["e1", "e3"]
    (first,) = (c for c in clients.due_callbacks(NOW) if c.event_id == "e1")
    clients.postpone(first, NOW + DAY)
    assert rows.body(place)["retries"] == "gently"


def a_broadcast(name: str, **facts: Any) -> Broadcast:
    given: dict[str, Any] = {"template": "t", "locale": "en", "purpose": "alerts", "digest": ""}
    return Broadcast(broadcast_id=name, name=name, author="a", created_at=NOW, **given | facts)


def test_a_broadcast_of_a_later_release_is_listed_left_and_kept_whole(
    client: Any, city: str, rows: Rows
) -> None:
    store = DynamoBroadcasts(client, table_name=TABLE, jurisdiction_id=city)
    segment = Segment(area_codes=("north",))
    for name in ("b1", "b2", "b3", "b4"):
        store.save(a_broadcast(name, segment=segment))
    at = lambda name: {"pk": {"S": f"{city}#BROADCASTS"}, "sk": {"S": name}}  # noqa: E731
    rows.change_body(at("b1"), segment={"area_codes": ["north"], "ages": ["18-25"]})
    rows.change_body(at("b2"), stage="rehearsed", music="loud")
    rows.change(at("b3"), body=None)
    found = {each.broadcast_id: each for each in store.all()}
    assert {name: each.is_beyond_us for name, each in found.items()} == {
        "b4": False,
        "b2": True,
        "b1": True,
    }
    assert found["b2"].stage == "rehearsed"
    for each in found.values():
        store.save(replace(each, name="renamed"))
    assert rows.body(at("b1"))["segment"]["ages"] == ["18-25"]
    assert (rows.body(at("b2"))["stage"], rows.body(at("b2"))["music"]) == ("rehearsed", "loud")
    assert store.get("b4") == replace(found["b4"], name="renamed", version=2)
    assert store.get("b4").stage is Stage.DRAFT


def test_what_is_published_keeps_its_other_attributes(
    real_catalogue: DynamoCatalogStore, city: str, rows: Rows
) -> None:
    item = CatalogItem(kind="note", code="n1", version=0, body={"a": 1}, note="first")
    published = real_catalogue.put(item, CLERK, NOW)
    place = {"pk": {"S": f"{city}#CATALOG"}, "sk": {"S": "note#n1"}}
    rows.change(place, reviewed_by={"S": "Cleo"})
    real_catalogue.put(replace(published, body={"a": 2}, note=""), CLERK, NOW)
    back = rows.get(place)
    assert back["reviewed_by"] == {"S": "Cleo"}
    assert "note" not in back
    assert rows.body(place) == {"a": 2}


def test_priorities_and_states_that_we_know_stay_members() -> None:
    assert Priority("p1") is Priority.P1
    with pytest.raises(ValueError, match="on_hold"):
        Status("on_hold")
