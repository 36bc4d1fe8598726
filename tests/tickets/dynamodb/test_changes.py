"""Of all that the table's stream tells, tickets alone, in order, each once."""

from __future__ import annotations

from typing import Any

from chalicelib.tickets.dynamodb.changes import changed_tickets
from chalicelib.tickets.dynamodb.items.keys import TICKET, Keys

CITY = Keys("springfield.example", shards=4)


def record(pk: str, sk: str = TICKET, event: str = "MODIFY") -> dict[str, Any]:
    keys = {"pk": {"S": pk}, "sk": {"S": sk}}
    return {"eventName": event, "dynamodb": {"Keys": keys, "SequenceNumber": "1"}}


def test_each_ticket_is_told_once_in_the_order_of_the_stream() -> None:
    written = [CITY.ticket(name) for name in ("SR-B", "SR-A", "SR-B", "SR-C")]
    told = changed_tickets(map(record, written), CITY.jurisdiction_id)
    assert told == ["SR-B", "SR-A", "SR-C"]


def test_a_ticket_is_told_when_it_is_made_changed_and_removed() -> None:
    for event in ("INSERT", "MODIFY", "REMOVE"):
        told = changed_tickets([record(CITY.ticket("SR-A"), event=event)], CITY.jurisdiction_id)
        assert told == ["SR-A"]


def test_what_is_below_a_ticket_or_beside_it_is_left_out() -> None:
    records = [
        record(CITY.ticket("SR-A"), "ENTRY#000001"),
        record(CITY.ticket("SR-A"), "NOTIFICATION#n"),
        record(CITY.party("ana@example.org"), "CONTACT"),
        record(CITY.of("TICKETS", "SR-A")),
    ]
    assert changed_tickets(records, CITY.jurisdiction_id) == []


def test_tickets_of_another_city_in_the_same_table_are_left_out() -> None:
    others = Keys("shelbyville.example", shards=4)
    longer = Keys("springfield.example.org", shards=4)
    records = [record(others.ticket("SR-A")), record(longer.ticket("SR-A"))]
    assert changed_tickets(records, CITY.jurisdiction_id) == []
