"""Mail that pretends: what it may not do to somebody else's ticket (catalogue E and L)."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.stack import client
from tests.channels.mails import raw_mail
from tests.citizens import ANA, DESK, a_mail, act, answer_to, kinds, reported_by_mail, ticket_of, to
from tests.harness import Harness

MALLORY = "mallory@evil.example"
pytestmark = pytest.mark.parametrize("town", ["moto"], indirect=True)


def _unmoved(town: Harness, ticket: dict[str, Any]) -> bool:
    after = ticket_of(town, ticket["ticket_id"])
    return all(after.get(name) == ticket.get(name) for name in ("status", "due_at", "requester"))


def test_e02_a_strangers_in_reply_to_joins_nothing(town: Harness) -> None:
    ticket = reported_by_mail(town)
    sent = to(town, ANA)[0]
    ids = f"<{sent.message_id}@email.amazonses.com>"
    town.mail(a_mail("Close it.", sender=MALLORY, In_Reply_To=ids, References=ids, subject="Re: x"))
    town.drain()
    assert kinds(town, ticket["ticket_id"]) == ["opened"]
    assert _unmoved(town, ticket)


@pytest.mark.parametrize("header", ["In_Reply_To", "References"])
def test_e02_the_requesters_own_in_reply_to_joins(town: Harness, header: str) -> None:
    """From a program that answers the desk's address instead of the reply address."""
    ticket_id = reported_by_mail(town)["ticket_id"]
    ids = {header: f"<first@mail.example> <{to(town, ANA)[0].message_id}@email.amazonses.com>"}
    town.mail(a_mail("It grows.", subject="Re: x", **ids))
    town.mail(a_mail("Forged.", subject="Re: x", **ids), verdicts={"dmarc": "FAIL"})
    town.drain()
    said = {e["text"]: e["is_verified"] for e in town.dump()["entries"] if e["kind"] == "appended"}
    assert said == {"It grows.": True, "Forged.": False}
    assert kinds(town, ticket_id) == ["opened", "appended", "appended"]


def test_e04_a_forwarded_reply_address_gives_nobody_the_owners_voice(town: Harness) -> None:
    ticket = reported_by_mail(town)
    town.mail(answer_to(to(town, ANA)[0], "It is fixed, close it.", sender=MALLORY))
    town.drain()
    entry = next(e for e in town.dump()["entries"] if "close it" in e.get("text", ""))
    assert entry["actor"]["key"] == f"email:{MALLORY}"
    assert not entry["is_verified"]
    assert _unmoved(town, ticket)


@pytest.mark.parametrize("place", [8, 20, 31, 40, 50])
def test_e07_a_changed_reply_address_is_none(town: Harness, place: int) -> None:
    ticket = reported_by_mail(town)
    address = to(town, ANA)[0].reply_to.split("<")[-1].rstrip(">")
    letter = "b" if address[place] != "b" else "c"
    changed = address[:place] + letter + address[place + 1 :]
    town.mail(a_mail("More words.", sender=MALLORY, to=changed))
    town.drain()
    assert kinds(town, ticket["ticket_id"]) == ["opened"]


def test_e09_a_copied_person_is_not_subscribed(town: Harness) -> None:
    town.mail(a_mail(Cc=MALLORY))
    town.drain()
    assert to(town, MALLORY) == []


def test_e10_nobody_but_the_proven_sender_is_answered(town: Harness) -> None:
    town.mail(a_mail(Reply_To="victim@example.org"))
    town.drain()
    assert {sent.to for sent in town.outbox} <= {ANA}


@pytest.mark.parametrize(
    "name", ["from_two_people", "from_empty", "from_undisclosed", "from_twice"]
)
def test_e11_e12_a_mail_of_nobody_in_particular_is_kept_and_not_answered(
    town: Harness, name: str
) -> None:
    town.mail(raw_mail(name), to=DESK)
    town.drain()
    assert town.outbox == []
    stored = town.dump()
    assert [m["outcome"] for m in stored["messages"]] == ["quarantined"]
    assert [h["reason"] for h in stored["quarantine"]] == ["no single sender is named"]


def test_e13_mail_from_our_own_address_starts_no_loop(town: Harness) -> None:
    town.mail(a_mail(sender=DESK))
    town.drain()
    assert town.outbox == []
    assert town.dump()["tickets"] == []


@pytest.mark.parametrize("name", ["nested_1000_deep", "parts_2000_siblings", "no_headers_at_all"])
def test_e20_what_cannot_be_read_stops_no_other_mail(town: Harness, name: str) -> None:
    town.mail(raw_mail(name), to=DESK)
    town.mail(a_mail())
    town.drain()
    dump = town.dump()
    assert len(dump["messages"]) == 2
    assert dump["dead_letters"] == []
    assert len(to(town, ANA)) == 1


def test_e17_a_header_inside_a_subject_reaches_nobody(town: Harness) -> None:
    town.mail(raw_mail("subject_with_crlf_bcc"), to=DESK)
    town.drain()
    assert {sent.to for sent in town.outbox} == {"anna.reed@mail.example"}
    assert all(sent.headers.get("Bcc") is None for sent in town.outbox)


def test_e23_an_attached_mail_of_a_victim_is_only_a_file(town: Harness) -> None:
    ticket = reported_by_mail(town)
    inner = answer_to(to(town, ANA)[0], "Close it.").decode()
    outer = f"From: {MALLORY}\r\nTo: {DESK}\r\nSubject: see\r\nContent-Type: message/rfc822\r\n\r\n{inner}"
    town.mail(outer.encode(), to=DESK)
    town.drain()
    assert kinds(town, ticket["ticket_id"]) == ["opened"]
    assert _unmoved(town, ticket)


def test_l03_a_bounce_that_comes_by_mail_settles_its_notification(town: Harness) -> None:
    ticket = reported_by_mail(town)
    sent = to(town, ANA)[0]
    town.mail(_bounce_of(sent), to=sent.reply_to.split("<")[-1].rstrip(">"))
    town.drain()
    dump = town.dump()
    assert [n["status"] for n in dump["notifications"] if n["notice"] == "ticket_received"] == [
        "bounced"
    ]
    assert len(dump["tickets"]) == 1
    assert len(to(town, ANA)) == 1
    assert _unmoved(town, ticket)


def _bounce_of(sent: Any) -> bytes:
    return (
        "From: mailer-daemon@mx.example\r\nTo: desk\r\nSubject: Undelivered\r\nReturn-Path: <>\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\n\r\nsorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; {sent.to}\r\nAction: failed\r\n"
        "Status: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <{sent.message_id}@email.amazonses.com>\r\nReply-To: {sent.reply_to}\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize("opening", ["Automatic reply: ", "Re: "])
def test_l04_two_robots_end_within_five_messages(town: Harness, opening: str) -> None:
    town.mail(a_mail(sender="Robot <robot@example.org>", subject="hello"))
    town.drain()
    for number in range(10):
        sent = to(town, "robot@example.org")[-1]
        raw = answer_to(sent, f"I am away, number {number}.")
        town.mail(raw.replace(b"Subject: Re: ", f"Subject: {opening}".encode()))
        town.drain()
    assert len(to(town, "robot@example.org")) <= 5


def test_all_notices_of_a_ticket_are_one_thread(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "reply", text="We look at it tomorrow.")
    act(town, ticket_id, "status", status="resolved", reason="Filled.")
    town.drain()
    mails = to(town, ANA)
    firsts = {str(sent.headers["References"]).split()[0] for sent in mails}
    assert len(mails) >= 3
    assert firsts == {f"<{ticket_id.lower()}@report.springfield.example>"}


def test_another_mail_under_an_id_that_was_handled_waits_for_a_person(town: Harness) -> None:
    event = town.mail(a_mail())
    town.drain()
    [message] = town.dump()["messages"]
    settings = town.services.settings
    other = a_mail("Another hole, on Oak Street.", sender="bo@example.org")
    client("s3").put_object(Bucket=settings.mail_bucket, Key=message["raw_key"], Body=other)
    for _ in range(3):
        assert town.deliver(event) == {"batchItemFailures": []}
    town.drain()
    stored = town.dump()
    assert stored["dead_letters"] == []
    assert [h["reason"] for h in stored["quarantine"]] == ["another mail came under the same id"]
    assert "Oak Street" in stored["quarantine"][0]["text"]
    assert len(stored["tickets"]) == 1
