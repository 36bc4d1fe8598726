"""Receipts and automatic replies through the whole town, on the real store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from infra.local.receipts import log_record, mail_event
from tests.harness import Harness

ANA = "+12025550143"


def _mailed(town: Harness, sender: str = "anna@example.org") -> Any:
    to = town.services.settings.intake_addresses[0]
    raw = f"From: {sender}\r\nTo: {to}\r\nSubject: Hole\r\n\r\nA hole in Elm Street 5."
    town.mail(raw.encode())
    town.drain()
    return town.outbox[-1]


def _only(town: Harness) -> dict[str, Any]:
    (found,) = town.dump()["notifications"]
    return found


def test_what_the_accounts_own_list_stopped_is_suppressed(town: Harness) -> None:
    sent = _mailed(town)
    details = {"bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList"}
    town.receipt(mail_event(sent, "Bounce", details))
    town.drain()
    assert _only(town)["status"] == "suppressed"


def test_an_event_that_names_another_city_is_refused(town: Harness) -> None:
    event = mail_event(_mailed(town), "Bounce")
    event["mail"]["tags"]["jurisdiction_id"] = ["elsewhere.example"]
    town.receipt(event)
    town.drain()
    assert _only(town)["status"] == "accepted"
    assert town.dump()["dead_letters"] == []


def test_a_report_of_a_text_before_our_record_is_offered_again_and_matched(town: Harness) -> None:
    town.text("A pothole in Elm Street 5", sender=ANA)
    town.drain()
    event = log_record(town.outbox[-1], "Message has been delivered to handset")
    unheard = {**event["notification"], "messageId": "not-written-down-yet"}
    raw = town.receipt({**event, "notification": unheard})
    assert town.deliver(raw)["batchItemFailures"] != []
    town.tick(town.now + timedelta(minutes=6))
    assert town.deliver(raw)["batchItemFailures"] == []
    town.receipt(event)
    town.drain()
    assert _only(town)["status"] == "delivered"


def test_what_cannot_be_read_is_dropped(town: Harness) -> None:
    town.receipt({"neither": "a mail", "nor": "a text"})
    town.drain()
    assert town.dump()["dead_letters"] == []


def test_out_of_office_replies_make_no_ticket_and_get_no_answer(town: Harness) -> None:
    to = town.services.settings.intake_addresses[0]
    for number in range(30):
        raw = (
            f"From: p{number}@example.org\r\nTo: {to}\r\nSubject: Automatic reply: Water\r\n"
            "Auto-Submitted: auto-replied\r\n\r\nI am away."
        )
        town.mail(raw.encode())
    town.drain()
    stored = town.dump()
    assert stored["tickets"] == []
    assert town.outbox == []
    assert len(stored["messages"]) == 30
