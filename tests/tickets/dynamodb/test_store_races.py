"""Many at once on one table: somebody wins, nobody is lost, nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from chalicelib.errors import DuplicateMessage, StaleTicket
from chalicelib.tickets.dynamodb import DynamoStore
from chalicelib.tickets.dynamodb.items.codec import text
from chalicelib.tickets.dynamodb.items.keys import moment
from chalicelib.tickets.dynamodb.items.notifications import notification_key
from chalicelib.tickets.model.records import Allowance, Change
from chalicelib.tickets.model.ticket import Priority, Status
from chalicelib.tickets.ports import NotificationKey
from tests.examples import ANNA, CLERK, DAY, MINUTE, NOW, a_message, a_notification, a_ticket
from tests.examples import an_audit_record as audited
from tests.tickets.conftest import SIGNER, TABLE

CROWD = 8


@pytest.fixture
def real_store(client: Any, city: str) -> DynamoStore:
    """A store that really waits while the table is busy."""
    return DynamoStore(client, table_name=TABLE, jurisdiction_id=city, signer=lambda: SIGNER)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each of `works` returned or raised, all begun together."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return work()
        except (StaleTicket, DuplicateMessage) as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_one_message_that_arrives_often_at_once_opens_one_ticket(real_store: Any) -> None:
    message = a_message(content_digest="words")
    tickets = [a_ticket() for _ in range(CROWD)]
    results = at_once(
        *(lambda t=t: real_store.save(Change(ticket=t, message=message)) for t in tickets)
    )
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, DuplicateMessage) for result in results) == CROWD - 1
    assert len(real_store.tickets_of(ANNA.key, 50)) == 1


def test_two_agents_saving_one_version_leave_one_change_and_one_audit_entry(
    real_store: Any,
) -> None:
    ticket = a_ticket()
    real_store.save(Change(ticket=ticket))

    def cancel() -> None:
        mine = real_store.get(ticket.ticket_id)
        both_have_read.wait()
        mine.change_status(Status.CANCELLED, NOW, CLERK)
        real_store.save(Change(ticket=mine, audit=[audited()]))

    both_have_read = Barrier(2)
    results = at_once(cancel, cancel)
    assert sum(isinstance(result, StaleTicket) for result in results) == 1
    assert len(real_store.read(ticket.ticket_id).entries) == 2
    assert len(real_store.audit().items) == 1


def test_assigning_escalating_and_replying_at_once_all_take_effect(real_store: Any) -> None:
    ticket = a_ticket()
    real_store.save(Change(ticket=ticket))

    def changing(kind: str, change: Callable[[Any], None]) -> Callable[[], None]:
        def work() -> None:
            for _ in range(5):
                _until_saved(real_store, ticket.ticket_id, kind, change)

        return work

    at_once(
        changing("assigned", lambda t: setattr(t, "assignee", "clerk")),
        changing("escalated", lambda t: setattr(t, "priority", Priority.P1)),
        changing("appended", lambda t: None),
    )
    casefile = real_store.read(ticket.ticket_id)
    assert (casefile.ticket.assignee, casefile.ticket.priority) == ("clerk", Priority.P1)
    assert [entry.number for entry in casefile.entries] == list(range(1, 17))
    assert casefile.ticket.version == 16


def _until_saved(store: Any, ticket_id: str, kind: str, change: Callable[[Any], None]) -> None:
    while True:
        ticket = store.get(ticket_id)
        change(ticket)
        ticket.record(kind, NOW, CLERK)
        try:
            store.save(Change(ticket=ticket))
        except StaleTicket:
            continue
        return


def test_a_ticket_resolved_in_the_same_second_does_not_escalate(real_store: Any) -> None:
    ticket = a_ticket(next_action_at=NOW)
    real_store.save(Change(ticket=ticket))
    [due] = real_store.due_tickets(NOW)
    escalating, resolving = real_store.get(due), real_store.get(due)
    resolving.change_status(Status.RESOLVED, NOW, CLERK)
    resolving.next_action_at = None
    real_store.save(Change(ticket=resolving))
    escalating.record("escalated", NOW, CLERK)
    [result] = at_once(lambda: real_store.save(Change(ticket=escalating)))
    assert isinstance(result, StaleTicket)
    assert list(real_store.due_tickets(NOW + DAY)) == []


def test_many_workers_at_one_notification_send_it_once(real_store: Any) -> None:
    ticket = a_ticket()
    notification = a_notification(ticket.ticket_id)
    real_store.save(Change(ticket=ticket, notifications=[notification]))
    key = NotificationKey(ticket.ticket_id, notification.notification_id)
    claims = at_once(*[lambda: real_store.claim(key, NOW, MINUTE)] * CROWD)
    assert sum(claim is not None for claim in claims) == 1


def test_a_share_of_answers_holds_against_a_crowd(real_store: Any) -> None:
    allowance = Allowance(
        key=ANNA.key, channel=a_notification().channel, bucket="b", limit=3, expires_at=NOW + DAY
    )

    def save() -> str:
        try:
            real_store.save(Change(ticket=a_ticket(), allowances=[allowance]))
        except Exception as error:
            return type(error).__name__
        return "saved"

    results = at_once(*[save] * CROWD)
    assert results.count("saved") == 3
    assert results.count("AllowanceUsedUp") == CROWD - 3


def test_a_change_may_have_a_hundred_items(real_store: Any) -> None:
    ticket = a_ticket(entries=False)
    for number in range(99):
        ticket.record("noted", NOW, CLERK, text=str(number))
    real_store.save(Change(ticket=ticket))
    assert len([*real_store.recent(ticket)]) == 99


def test_no_worker_takes_what_one_of_the_release_before_has_taken(
    real_store: Any, client: Any
) -> None:
    ticket = a_ticket()
    message = a_notification(ticket.ticket_id)
    real_store.save(Change(ticket=ticket, notifications=[message]))
    key = NotificationKey(ticket.ticket_id, message.notification_id)
    ends = NOW + 15 * MINUTE
    client.update_item(  # as that release claims: it moves the place in the index, and knows no more
        TableName=TABLE,
        Key=notification_key(real_store._keys, key.ticket_id, key.notification_id),
        UpdateExpression="SET claimed_from = #s, #s = :claimed, next_action_at = :until",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":claimed": text("claimed"), ":until": text(moment(ends))},
    )
    assert real_store.claim(key, NOW, MINUTE) is None
    assert real_store.claim(key, ends - MINUTE, MINUTE) is None
    assert real_store.claim(key, ends, MINUTE).is_repeat
