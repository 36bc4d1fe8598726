"""How messages fare is counted as it happens: each message once, where it stands; nothing is searched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.messages import Channel, DeliveryReceipt, ReceiptKind
from chalicelib.tickets.delivery_figures import LONGER, Tally, merged, quantile, step_of
from chalicelib.tickets.model.records import Change, Contact, DeliveryStatus
from tests.faults import fault
from tests.handlers.api.test_broadcasts import TEMPLATE, act, draft, look, run
from tests.harness import Harness

ROWS = (
    "email,phone,street\nbounce@example.org,,Elm\np1@example.org,,Elm\np2@example.org,,Elm\n"
    ",+12025550160,Elm\nquiet@example.org,,Elm\n"
)


@pytest.fixture(scope="module")
def city() -> Iterator[Harness]:
    with Harness.boot(has_receipts=True) as town:
        wish = {"body": TEMPLATE, "version": 0}
        town.http("PUT", "/api/v1/notices/water_off.en", json=wish, user="administrator")
        wish = Contact(key="email:quiet@example.org", purposes={"alerts": "none"})
        town.services.store.save(Change(contacts=[wish]))
        name = draft(town, ROWS).json()["id"]
        act(town, name, "approve")
        run(town, 3)
        assert look(town, name)["stage"] == "done"
        yield town


def statistics(town: Harness, user: str = "supervisor", days: str = "7") -> dict[str, Any]:
    answer = town.http("GET", f"/api/v1/statistics/messages?days={days}", user=user)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_each_message_is_counted_once_where_it_stands_now(city: Harness) -> None:
    lines = {(line["channel"], line["template"]): line for line in statistics(city)["lines"]}
    mails, texts = lines["email", "water_off"], lines["sms", "water_off"]
    assert mails["statuses"] == {"bounced": 1, "delivered": 2, "suppressed": 1}
    assert (mails["total"], texts["statuses"]) == (4, {"accepted": 1})
    stored = [n for n in city.dump()["notifications"] if n["template"] == "water_off"]
    assert mails["total"] + texts["total"] == len(stored)


def test_a_receipt_that_comes_again_or_late_counts_no_second_time(city: Harness) -> None:
    before = statistics(city)["lines"]
    (sent,) = [n for n in city.dump()["notifications"] if "p1@example.org" in str(n)]
    for kind in (ReceiptKind.DELIVERED, ReceiptKind.DELAYED, ReceiptKind.DELIVERED):
        receipt = DeliveryReceipt(
            kind=kind,
            channel=Channel.EMAIL,
            at=city.now,
            ticket_id=sent["ticket_id"],
            notification_id=sent["notification_id"],
        )
        city.services.notifier.record(receipt)
    assert statistics(city)["lines"] == before


def test_times_and_cost_are_told(city: Harness) -> None:
    found = statistics(city)
    assert found["seconds"] == {"median": 1, "p95": 1, "p99": 1}
    assert found["spending"]["today"]["segments"] == 1
    assert found["spending"]["month"] == {"segments": 1, "price": "0.01"}
    assert [day["segments"] for day in found["spending"]["days"]] == [1]


def test_nothing_is_scanned_and_a_day_is_one_query(city: Harness) -> None:
    city.clear_calls()
    statistics(city, days="1")
    assert not any("Scan" in name for name in city.calls), city.calls
    shards = city.services.settings.index_shards
    assert city.calls["dynamodb.Query"] <= 2 + 6 * shards, "two places for each lane"


@pytest.mark.parametrize("days", ["0", "32", "x"])
def test_days_have_bounds(city: Harness, days: str) -> None:
    answer = city.http("GET", f"/api/v1/statistics/messages?days={days}", user="supervisor")
    assert (answer.status, list(answer.json()["error"]["fields"])) == (422, ["days"])


@pytest.mark.parametrize("path", ["statistics/messages", "contacts/suppressed"])
def test_who_may_see_it(city: Harness, path: str) -> None:
    may = {
        user: city.http("GET", f"/api/v1/{path}", user=user).status
        for user in ("agent", "supervisor", "administrator", "auditor")
    }
    assert may == {"agent": 403, "supervisor": 200, "administrator": 200, "auditor": 200}


def test_a_message_that_should_have_left_is_stuck_until_it_leaves(city: Harness) -> None:
    city.text("A pothole in Elm Street 7", sender="+12025550161")
    with fault("sqs.SendMessage", times=10):
        city.drain()
    city._town.clock.move_to(city.now + timedelta(minutes=16))
    (stuck,) = statistics(city)["stuck"]
    assert (stuck["channel"], stuck["status"], stuck["notice"]) == (
        "sms",
        "queued",
        "ticket_received",
    )
    run(city)
    assert statistics(city)["stuck"] == []


def test_suppressed_contacts_are_listed_released_and_audited(city: Harness) -> None:
    stopped = Contact(key="tel:+12025550162", suppressed={Channel.SMS: "opted_out"})
    city.services.store.save(Change(contacts=[stopped]))
    listed = city.http("GET", "/api/v1/contacts/suppressed?size=1", user="supervisor").json()
    assert len(listed["contacts"]) == 1
    rest = city.http(
        "GET", f"/api/v1/contacts/suppressed?token={listed['next_token']}", user="supervisor"
    ).json()
    found = {c["address"]: c for c in [*listed["contacts"], *rest["contacts"]]}
    assert found["bounce@example.org"]["may_be_released"] == ["email"]
    assert found["+12025550162"]["may_be_released"] == []
    wish = {"address": "bounce@example.org"}
    assert city.http("POST", "/api/v1/contacts/release", json=wish, user="supervisor").status == 200
    listed = city.http("GET", "/api/v1/contacts/suppressed", user="supervisor").json()
    assert [c["address"] for c in listed["contacts"]] == ["+12025550162"]
    assert "contact_released" in {record["action"] for record in city.dump()["audit"]}


def test_steps_hold_their_upper_ends() -> None:
    assert [step_of(s) for s in (0, 1, 1.01, 10, 14400, 14401)] == [
        "1", "1", "2", "10", "14400", LONGER
    ]  # fmt: skip


def test_a_quantile_is_the_upper_end_of_its_step() -> None:
    waits = {"1": 94, "10": 4, "60": 1, LONGER: 1}
    assert [quantile(waits, share) for share in (0.5, 0.95, 0.98, 0.99, 1.0)] == [
        1,
        10,
        10,
        60,
        None,
    ]
    assert quantile({}, 0.5) is None


def test_shards_of_one_template_become_one_line() -> None:
    parts = [Tally(channel=Channel.SMS, template="x") for _ in range(3)]
    for part in parts:
        part.statuses["delivered"] = 2
    (line,) = merged(parts)
    assert (line.total, line.rate(DeliveryStatus.DELIVERED)) == (6, 1.0)
