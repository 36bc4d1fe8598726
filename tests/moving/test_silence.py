"""What comes in writes to nobody: not now, and not when the next run looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib.bootstrap import Services
from chalicelib.tickets.dynamodb.items.callbacks import callback_item, callback_key
from chalicelib.tickets.dynamodb.items.codec import Item
from chalicelib.tickets.dynamodb.items.notifications import notification_item
from chalicelib.tickets.dynamodb.items.tickets import ticket_item
from chalicelib.tickets.dynamodb.stores.broadcasts import DynamoBroadcasts
from chalicelib.tickets.model.records import Callback, DeliveryStatus
from chalicelib.tickets.model.ticket import ClockEvent, Status, Ticket
from chalicelib.tickets.people.broadcasts import Broadcast, Stage
from tests.examples import a_notification, a_ticket
from tests.moving.cities import AGENT, ARRIVAL, NOW, all_items, keys_of, move_in, move_out, put_all

LATE = NOW - timedelta(days=30)


def a_late_ticket(services: Services) -> Ticket:
    """Open for a month, and nobody did anything."""
    ticket = a_ticket(
        ticket_id="SR-0000-0000-0", agency_code="public-works", requested_at=LATE, updated_at=LATE
    )
    ticket.mark(ClockEvent.STARTED, ticket.new_entries[0])
    ticket.next_action_at = LATE + timedelta(days=1)
    return ticket


def rows(services: Services, ticket: Ticket) -> Iterator[Item]:
    yield ticket_item(keys_of(services), ticket, "test")


def test_messages_that_had_not_left_do_not_leave(
    here: Services, there: Services, tmp_path: Path
) -> None:
    queued = a_notification("SR-0000-0000-0")
    claimed = a_notification("SR-0000-0000-0")
    keys = keys_of(here)
    sent = notification_item(keys, claimed, "t") | {"status": {"S": "claimed"}}
    put_all(here, iter([notification_item(keys, queued, "t"), sent]))
    move_out(here, tmp_path / "out")
    move_in(there, tmp_path / "out")
    assert list(there.store.due_notifications(ARRIVAL + timedelta(days=30))) == []
    found = {n.notification_id: n for n in there.store.under("SR-0000-0000-0")}
    assert found[queued.notification_id].status is DeliveryStatus.CANCELLED
    assert found[claimed.notification_id].status is DeliveryStatus.UNKNOWN
    assert {n.reason for n in found.values()} == {"moved"}


def test_other_systems_are_not_called(here: Services, there: Services, tmp_path: Path) -> None:
    callback = Callback(event_id="e1", key_id="k1", at=NOW, status="delivered")
    put_all(here, iter([callback_item(keys_of(here), callback, "t")]))
    move_out(here, tmp_path / "out")
    move_in(there, tmp_path / "out")
    place = callback_key(keys_of(there), "e1")["pk"]["S"]
    assert "due_queue" not in all_items(there)[place, "CALLBACK"]


@pytest.mark.parametrize(
    ("stage", "after"), [(Stage.APPROVED, Stage.PAUSED), (Stage.DONE, Stage.DONE)]
)
def test_a_broadcast_that_was_running_stands_still(
    here: Services, there: Services, tmp_path: Path, stage: Stage, after: Stage
) -> None:
    broadcast = Broadcast(
        broadcast_id="b1",
        name="Floods",
        template="flood",
        locale="en",
        purpose="news",
        digest="d",
        author="clerk",
        created_at=NOW,
        stage=stage,
    )
    broadcasts(here).save(broadcast)
    move_out(here, tmp_path / "out")
    move_in(there, tmp_path / "out")
    assert broadcasts(there).get("b1").stage is after


def broadcasts(services: Services) -> DynamoBroadcasts:
    settings = services.settings
    return DynamoBroadcasts(
        services.client("dynamodb"),
        table_name=settings.table_name,
        jurisdiction_id=settings.jurisdiction_id,
    )


def test_steps_whose_moment_has_passed_are_done(
    here: Services, there: Services, tmp_path: Path
) -> None:
    put_all(here, rows(here, a_late_ticket(here)))
    move_out(here, tmp_path / "out")
    move_in(there, tmp_path / "out")
    ticket = there.store.get("SR-0000-0000-0")
    assert ticket.fired
    assert set(ticket.fired.values()) == {ARRIVAL}
    assert list(there.store.due_tickets(ARRIVAL)) == []
    assert ticket.updated_at == LATE
    assert ticket.version == 1


def test_what_should_be_closed_by_now_is_closed_on_its_day(
    here: Services, there: Services, tmp_path: Path
) -> None:
    ticket = a_late_ticket(here)
    ticket.change_status(Status.RESOLVED, LATE, AGENT)
    put_all(here, rows(here, ticket))
    move_out(here, tmp_path / "out")
    move_in(there, tmp_path / "out")
    found = there.store.get("SR-0000-0000-0")
    assert found.status is Status.CLOSED
    assert found.closed_at == LATE + timedelta(days=14)
    assert found.next_action_at is None
    assert [entry.at for entry in there.store.recent(found)] == [LATE + timedelta(days=14)]
    assert list(there.store.notices(found.ticket_id)) == []
