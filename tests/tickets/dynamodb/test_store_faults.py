"""The store against a table that is busy, slow to answer or lying."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import DuplicateMessage, StaleTicket, StoreBusy, TicketNotFound
from chalicelib.messages import Channel, ReceiptKind
from chalicelib.tickets.dynamodb import DynamoCatalogStore, DynamoStore
from chalicelib.tickets.model.records import Allowance, Change, Contact, DeliveryStatus
from chalicelib.tickets.model.ticket import Status
from chalicelib.tickets.ports import CatalogItem, NotificationKey, QueueQuery
from tests.examples import (
    ANNA,
    CLERK,
    DAY,
    MINUTE,
    NOW,
    a_message,
    a_notification,
    a_receipt,
    a_ticket,
    an_audit_record,
)
from tests.faults import answer, cancelled, fault, refusal
from tests.tables import make_table, moto_client
from tests.tickets.conftest import SIGNER, TABLE, Pauses, dynamo_store

THROTTLED = refusal("ProvisionedThroughputExceededException")
TRANSACT, UPDATE = "dynamodb.TransactWriteItems", "dynamodb.UpdateItem"
LEASE = 2 * MINUTE


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with moto_client() as client:
        make_table(client, TABLE)
        yield client


@pytest.fixture
def store(moto: Any, city: str, pauses: Pauses) -> DynamoStore:
    return dynamo_store(moto, city, pauses)


def everything() -> Change:
    """A change with every kind of item."""
    ticket = a_ticket()
    limit = {"key": "email:else@example.org", "channel": Channel.EMAIL, "bucket": "b", "limit": 3}
    return Change(
        ticket=ticket,
        linked=[a_ticket()],
        notifications=[a_notification(ticket.ticket_id)],
        message=a_message(ticket_id=ticket.ticket_id, content_digest=ticket.ticket_id),
        contacts=[Contact(key=ANNA.key)],
        allowances=[Allowance(expires_at=NOW + DAY, **limit)],
        audit=[an_audit_record()],
    )


def sent_and_claimed(store: DynamoStore) -> tuple[Any, NotificationKey]:
    ticket = a_ticket()
    notification = a_notification(ticket.ticket_id)
    store.save(Change(ticket=ticket, notifications=[notification]))
    key = NotificationKey(ticket.ticket_id, notification.notification_id)
    return store.claim(key, NOW, LEASE), key


@pytest.mark.parametrize("reply", [THROTTLED, cancelled("None", "ThrottlingError")])
def test_a_write_throttled_twice_succeeds_once(store: DynamoStore, reply: Any) -> None:
    change = everything()
    with fault(TRANSACT, times=4, reply=reply):
        store.save(change)
    casefile = store.read(change.ticket.ticket_id)  # type: ignore[union-attr]
    assert (casefile.ticket.version, len(casefile.entries)) == (1, 1)
    assert len(store.audit().items) == 1


def test_conflicts_are_waited_out_with_growing_pauses(store: DynamoStore, pauses: Pauses) -> None:
    with fault(TRANSACT, times=3, reply=cancelled("TransactionConflict", "None")) as seen:
        store.save(everything())
    assert (seen.calls, len(pauses)) == (4, 3)
    assert all(0 <= pause <= 0.04 * 2**n for n, pause in enumerate(pauses))


def test_a_table_that_stays_busy_is_named_and_nothing_is_written(store: DynamoStore) -> None:
    change = everything()
    with fault(TRANSACT, times=1000, reply=THROTTLED), pytest.raises(StoreBusy):
        store.save(change)
    with pytest.raises(TicketNotFound):
        store.get(change.ticket.ticket_id)  # type: ignore[union-attr]
    assert (change.ticket.version, len(change.ticket.new_entries)) == (0, 1)  # type: ignore[union-attr]
    store.save(change)


@pytest.mark.parametrize("times", [1, 3])
def test_a_save_whose_answer_was_lost_is_a_success(store: DynamoStore, times: int) -> None:
    change = everything()
    with fault(TRANSACT, times=times, is_lost=True) as seen:
        store.save(change)
    assert seen.calls == times + 1
    casefile = store.read(change.ticket.ticket_id)  # type: ignore[union-attr]
    assert (casefile.ticket.version, change.ticket.version) == (1, 1)  # type: ignore[union-attr]
    assert len(casefile.entries) == len(casefile.notifications) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda: Change(ticket=a_ticket()),
        lambda: Change(message=a_message()),
        lambda: Change(contacts=[Contact(key="tel:+15550199")]),
        lambda: Change(audit=[an_audit_record()]),
        lambda: Change(notifications=[a_notification()]),
    ],
    ids=["ticket", "message", "contact", "audit", "notification"],
)
def test_each_kind_of_item_recognises_its_own_lost_write(store: DynamoStore, change: Any) -> None:
    with fault(TRANSACT, is_lost=True):
        store.save(change())


def test_a_change_of_a_stored_ticket_survives_a_lost_answer(store: DynamoStore) -> None:
    ticket = a_ticket()
    store.save(Change(ticket=ticket))
    ticket.new_entries = []
    ticket.change_status(Status.RESOLVED, NOW, CLERK)
    with fault(TRANSACT, is_lost=True):
        store.save(Change(ticket=ticket))
    assert (store.get(ticket.ticket_id).version, ticket.version) == (2, 2)
    assert len(store.read(ticket.ticket_id).entries) == 2


def test_a_lost_save_is_known_again_though_others_have_saved_since(store: DynamoStore) -> None:
    ticket = a_ticket()
    store.save(Change(ticket=ticket))
    ticket.new_entries = []
    ticket.record("noted", NOW, CLERK, text="mine")

    def others_save() -> None:
        theirs = store.get(ticket.ticket_id)
        theirs.record("noted", NOW, CLERK, text="theirs")
        store.save(Change(ticket=theirs))

    with fault(TRANSACT, is_lost=True, meanwhile=others_save):
        store.save(Change(ticket=ticket))
    texts = [entry.text for entry in store.read(ticket.ticket_id).entries]
    assert texts[1:] == ["mine", "theirs"]


def test_a_worker_that_lost_its_claim_meanwhile_does_not_get_it_back(store: DynamoStore) -> None:
    claimed, key = sent_and_claimed(store)

    def another_takes_over() -> None:
        assert store.claim(key, NOW + LEASE, LEASE)

    with fault(TRANSACT, meanwhile=another_takes_over):
        assert not store.settle(claimed, DeliveryStatus.ACCEPTED, NOW, provider_message_id="p1")


def test_a_real_duplicate_is_still_told_when_answers_get_lost(store: DynamoStore) -> None:
    message = a_message()
    store.save(Change(ticket=a_ticket(), message=message))
    with fault(TRANSACT, is_lost=True), pytest.raises(DuplicateMessage):
        store.save(Change(ticket=a_ticket(), message=message))


@pytest.mark.parametrize("fails", [{"reply": THROTTLED}, {"is_lost": True}], ids=["busy", "lost"])
def test_each_step_of_a_delivery_survives_a_bad_line(store: DynamoStore, fails: Any) -> None:
    ticket = a_ticket()
    one, other = a_notification(ticket.ticket_id), a_notification(ticket.ticket_id)
    store.save(Change(ticket=ticket, notifications=[one, other]))
    keys = [NotificationKey(ticket.ticket_id, n.notification_id) for n in (one, other)]
    with fault(UPDATE, times=2, **fails):
        claimed = store.claim(keys[0], NOW, LEASE)
    assert claimed
    assert (claimed.lease, claimed.attempts, claimed.is_repeat) == (1, 1, False)
    with fault(TRANSACT, times=2, **fails):
        assert store.settle(claimed, DeliveryStatus.ACCEPTED, NOW, provider_message_id="p1")
    with fault(TRANSACT, times=2, **fails):
        recorded = store.record(
            a_receipt(ReceiptKind.DELIVERED, one, provider_message_id="p1"), NOW
        )
    assert recorded
    assert recorded.status is DeliveryStatus.DELIVERED
    with fault(UPDATE, times=2, **fails):
        assert store.cancel(keys[1], NOW, "not wanted")


def test_publishing_survives_a_lost_answer(moto: Any, city: str, pauses: Pauses) -> None:
    catalogue = DynamoCatalogStore(moto, table_name=TABLE, jurisdiction_id=city, pause=pauses)
    item = CatalogItem(kind="policy", code="policy", version=0, body={})
    with fault(TRANSACT, is_lost=True):
        published = catalogue.put(item, CLERK, NOW)
    with fault(TRANSACT, is_lost=True):
        catalogue.put(replace(published, note="again"), CLERK, NOW)
    assert [version.version for version in catalogue.history("policy", "policy")] == [2, 1]


def test_a_refusal_that_waiting_cannot_mend_comes_through(store: DynamoStore) -> None:
    with (
        fault(TRANSACT, reply=refusal("AccessDeniedException")) as seen,
        pytest.raises(ClientError),
    ):
        store.save(everything())
    assert seen.calls == 1
    with (
        fault("dynamodb.GetItem", reply=refusal("ResourceNotFoundException")),
        pytest.raises(ClientError),
    ):
        store.get("SR-NONE-NONE-0")


def test_a_condition_that_failed_beside_a_conflict_is_told_at_once(store: DynamoStore) -> None:
    ticket = a_ticket()
    store.save(Change(ticket=ticket))
    stale = a_ticket(ticket_id=ticket.ticket_id)
    mixed = cancelled("ConditionalCheckFailed", "TransactionConflict")
    with fault(TRANSACT, reply=mixed) as seen, pytest.raises(StaleTicket):
        store.save(Change(ticket=stale))
    assert seen.calls == 1


def test_indexes_that_lag_do_not_make_a_second_ticket(store: DynamoStore) -> None:
    ticket = a_ticket()
    message = a_message(ticket_id=ticket.ticket_id)
    nothing = answer({"Items": [], "Count": 0, "ScannedCount": 0})
    with fault("dynamodb.Query", times=1000, reply=nothing):
        store.save(Change(ticket=ticket, message=message))
        with pytest.raises(DuplicateMessage):
            store.save(Change(ticket=a_ticket(), message=message))
        assert store.get(ticket.ticket_id).version == 1


def test_empty_pages_are_not_the_end_of_what_is_due(moto: Any, city: str) -> None:
    store = DynamoStore(
        moto, table_name=TABLE, jurisdiction_id=city, signer=lambda: SIGNER, shards=1
    )
    ticket = a_ticket(next_action_at=NOW)
    store.save(Change(ticket=ticket))
    key = {
        "pk": {"S": f"{city}#TICKET#SR-0"},
        "sk": {"S": "TICKET"},
        "due_queue": {"S": f"{city}#escalation#0"},
        "next_action_at": {"S": "2000-01-01T00:00:00.000000Z"},
    }
    empty = answer({"Items": [], "Count": 0, "ScannedCount": 9, "LastEvaluatedKey": key})
    with fault("dynamodb.Query", times=1, reply=empty):
        assert list(store.due_tickets(NOW)) == [ticket.ticket_id]


def test_a_ticket_that_has_left_a_list_is_not_shown_though_the_index_lags(
    store: DynamoStore, city: str
) -> None:
    ticket = a_ticket(status=Status.CLOSED)
    store.save(Change(ticket=ticket))
    row = {
        "pk": {"S": f"{city}#TICKET#{ticket.ticket_id}"},
        "sk": {"S": "TICKET"},
        "queue_at": {"S": "2026-03-02T09:00:00.000000Z#x"},
    }
    with fault("dynamodb.Query", times=1, reply=answer({"Items": [row], "Count": 1})):
        assert store.queue(QueueQuery(agency_codes=("roads",))).items == []


def test_keys_that_were_left_over_are_asked_for_again(store: DynamoStore, pauses: Pauses) -> None:
    tickets = [a_ticket() for _ in range(6)]
    for ticket in tickets:
        store.save(Change(ticket=ticket))

    def half(request: Any) -> Any:

        asked = json.loads(request.body)["RequestItems"][TABLE]
        left = {TABLE: {**asked, "Keys": asked["Keys"]}}
        return answer({"Responses": {}, "UnprocessedKeys": left})(request)

    with fault("dynamodb.BatchGetItem", times=2, reply=half):
        page = store.queue(QueueQuery(agency_codes=("roads",)))
    assert len(page.items) == 6
    assert len(pauses) == 2


def test_due_tickets_are_read_page_by_page(store: DynamoStore) -> None:
    for _ in range(3):
        store.save(Change(ticket=a_ticket(next_action_at=NOW)))
    with fault("dynamodb.Query", nth=1000) as seen:
        due = store.due_tickets(NOW)
        assert seen.calls == 0
        assert len(list(due)) == 3
        assert seen.calls == 4
