"""What a run costs follows what is due, never what is open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.items.tickets import ticket_item
from chalicelib.tickets.model.references import new_ticket_id
from infra.local import stack
from tests.examples import a_ticket
from tests.harness import Harness
from tests.tables import put_items

DUE = 3


def run_with(open_tickets: int) -> dict[str, int]:
    """The calls of one run with `DUE` tickets due among many open ones."""
    with Harness.boot() as town:
        for number in range(DUE):
            town.mail(
                f"From: a{number}@example.org\r\nSubject: Pothole\r\n\r\nPothole {number}.\r\n".encode(),
                to=town.services.settings.intake_addresses[0],
            )
        town.drain()
        town.tick(town.now)  # the new town's catalogue is noted as the one that tickets follow
        town.drain()
        due = max(ticket.next_action_at for ticket in tickets_with_steps(town))
        fill(town, open_tickets)
        town.clear_calls()
        town.tick(due + timedelta(minutes=1))
        return dict(town.calls)


def tickets_with_steps(town: Harness) -> list[Any]:
    store = town.services.store
    ids = [row["ticket_id"] for row in town.dump()["tickets"] if row.get("next_action_at")]
    found = [store.get(ticket_id) for ticket_id in ids]
    return [ticket for ticket in found if ticket.next_action_at]


def fill(town: Harness, count: int) -> None:
    """Open tickets whose next step is far away, written as the store writes them."""
    settings = town.services.settings
    keys = Keys(settings.jurisdiction_id, settings.index_shards)
    far = town.now + timedelta(days=300)
    items = (
        ticket_item(
            keys,
            a_ticket(
                ticket_id=new_ticket_id(),
                jurisdiction_id=settings.jurisdiction_id,
                requested_at=town.now,
                updated_at=town.now,
                due_at=far,
                next_action_at=far,
                entries=False,
            ),
            "filled",
        )
        for _ in range(count)
    )
    put_items(stack.client("dynamodb"), settings.table_name, items)


@pytest.mark.slow
def test_a_run_costs_the_same_at_a_hundred_and_at_ten_thousand_open_tickets() -> None:
    few, many = run_with(100), run_with(10_000)
    assert few == many
    assert not any("Scan" in operation for operation in many)
