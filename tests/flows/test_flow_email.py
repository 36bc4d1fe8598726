"""1. Email in: tickets, replies, strangers, machines."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from tests.citizens import (
    ANA,
    PNG,
    a_mail,
    act,
    answer_to,
    kinds,
    newest_ticket,
    reference_in,
    reported_by_mail,
    ticket_of,
    timeline_of,
    to,
    tracking_path,
)
from tests.harness import Harness


def test_a_mail_opens_a_ticket_with_its_words_files_and_raw_bytes(town: Harness) -> None:
    raw = a_mail("A deep hole.\n\n-- \nAna Ortiz\nSent from my phone", files={"hole.png": PNG})
    town.mail(raw)
    town.drain()
    ticket = newest_ticket(town)
    assert ticket["requester"]["email"] == ANA
    assert ticket["requester"]["name"] == "Ana Ortiz"
    assert ticket["subject"] == "Pothole on Elm Street"
    assert ticket["description"].startswith("A deep hole.")
    assert "Sent from my phone" not in ticket["description"]
    opened = timeline_of(town, ticket["ticket_id"])[0]
    digest = opened["attachments"][0]["digest"]
    assert digest == hashlib.sha256(PNG).hexdigest()
    assert town.services.files.get(digest) == PNG
    message = town.dump()["messages"][0]
    assert message["outcome"] == "opened"
    assert town.services.files.raw(message["raw_key"]) == raw


def test_the_acknowledgement_says_what_happens_next_and_by_when(town: Harness) -> None:
    ticket = reported_by_mail(town)
    [sent] = to(town, ANA)
    assert ticket["ticket_id"] in sent.subject
    assert "What happens next" in sent.text
    assert "March" in sent.text
    assert ticket["ticket_id"] in sent.html
    page = town.http("GET", tracking_path(sent.text))
    assert page.status == 200
    assert ticket["ticket_id"] in page.text


def test_the_acknowledgement_is_safe_to_send(town: Harness) -> None:
    reported_by_mail(town, subject="Re: a secret subject", text="Words of mine")
    [sent] = to(town, ANA)
    assert sent.headers["Auto-Submitted"].startswith("auto-")
    assert "secret subject" not in str(sent.headers)
    assert sent.reply_to.rpartition("@")[2].strip(">") == "report.springfield.example"


def test_a_reply_adds_to_the_ticket(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    town.mail(answer_to(to(town, ANA)[0], "It is getting bigger."))
    town.drain()
    entry = timeline_of(town, ticket_id)[-1]
    assert entry["kind"] == "appended"
    assert entry["text"] == "It is getting bigger."
    assert entry["is_verified"]
    assert len(town.dump()["tickets"]) == 1


def test_a_reply_to_a_resolved_ticket_within_the_window_reopens_it(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "status", status="resolved", reason="The hole is filled.")
    town.drain()
    town.tick(town.now + timedelta(days=3))
    town.mail(answer_to(to(town, ANA)[-1], "It broke open again."))
    town.drain()
    assert ticket_of(town, ticket_id)["status"] == "in_progress"
    assert "reopened" in kinds(town, ticket_id)


def test_a_reply_to_a_closed_ticket_opens_a_linked_one(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "status", status="resolved", reason="The hole is filled.")
    act(town, ticket_id, "status", status="closed", reason="Done")
    town.drain()
    town.mail(answer_to(to(town, ANA)[-1], "Now the curb is broken as well."))
    town.drain()
    tickets = {t["ticket_id"]: t for t in town.dump()["tickets"]}
    [other] = set(tickets) - {ticket_id}
    assert tickets[other]["linked_to"] == [ticket_id]
    assert tickets[ticket_id]["status"] == "closed"


def test_e01_a_stranger_who_names_a_reference_never_touches_the_ticket(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    before = timeline_of(town, ticket_id)
    stranger = a_mail(
        "Please close this.", sender="Mallory <mallory@evil.example>", subject=f"Re: {ticket_id}"
    )
    town.mail(stranger)
    town.drain()
    assert timeline_of(town, ticket_id) == before
    assert all(ticket_id not in sent.text for sent in to(town, "mallory@evil.example"))


def test_words_without_proof_are_kept_and_change_nothing(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "status", status="resolved", reason="Filled.")
    town.drain()
    sent = len(to(town, ANA))
    forged = answer_to(to(town, ANA)[-1], "Reopen it at once.")
    town.mail(forged, verdicts={"dmarc": "FAIL", "spf": "FAIL"})
    town.drain()
    assert ticket_of(town, ticket_id)["status"] == "resolved"
    unverified = [e for e in timeline_of(town, ticket_id) if not e["is_verified"]]
    assert [e["text"] for e in unverified] == ["Reopen it at once."]
    assert len(to(town, ANA)) == sent


MACHINES = {
    "auto-submitted": {"Auto_Submitted": "auto-replied"},
    "precedence": {"Precedence": "bulk"},
    "list": {"List_Id": "<news.example.org>"},
    "suppress": {"X_Auto_Response_Suppress": "All"},
}


@pytest.mark.parametrize("headers", MACHINES.values(), ids=MACHINES)
def test_machines_are_never_answered(town: Harness, headers: dict[str, str]) -> None:
    town.mail(a_mail("I am out of the office.", subject="Out of office", **headers))
    town.drain()
    assert town.outbox == []
    assert len(town.dump()["messages"]) == 1


def test_an_out_of_office_reply_is_filed_and_moves_nothing(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "status", status="pending", reason="Which side of the street?")
    town.drain()
    left = len(town.outbox)
    town.mail(answer_to(to(town, ANA)[-1], "I am away.", Auto_Submitted="auto-replied"))
    town.drain()
    assert ticket_of(town, ticket_id)["status"] == "pending"
    assert kinds(town, ticket_id)[-1] == "filed"
    assert len(town.outbox) == left
    number = len(kinds(town, ticket_id))
    page = town.http("GET", f"/console/tickets/{ticket_id}/mail/{number}", user="agent")
    assert "I am away." in page.text


@pytest.mark.parametrize("verdict", ["spam", "virus"])
def test_e25_spam_and_viruses_wait_for_a_person(town: Harness, verdict: str) -> None:
    town.mail(a_mail(), verdicts={verdict: "FAIL"})
    town.drain()
    stored = town.dump()
    assert stored["tickets"] == [] and town.outbox == []
    assert [held["outcome"] for held in stored["quarantine"]] == ["quarantined"]


def test_an_unreadable_mail_becomes_a_ticket_for_a_person(town: Harness) -> None:
    raw = b"\xff\xfe\x00\x01 not a mail at all \x80\x81"
    town.mail(raw)
    town.drain()
    stored = town.dump()
    assert stored["dead_letters"] == []
    assert len(stored["messages"]) == 1
    assert town.services.files.raw(stored["messages"][0]["raw_key"]) == raw
    assert stored["tickets"] or stored["quarantine"]


def test_the_reference_in_the_answer_can_be_read_aloud(town: Harness) -> None:
    ticket = reported_by_mail(town)
    assert reference_in(to(town, ANA)[0].subject) == ticket["ticket_id"]
