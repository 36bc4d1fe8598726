"""Storms, robots, floods: who is answered how often; everything is kept (catalogue L, X12, X13)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from infra.local.outbox import Sent
from tests.citizens import (
    ANA,
    DESK,
    a_mail,
    act,
    answer_to,
    kinds,
    reported_by_mail,
    submit_report,
    ticket_of,
    to,
    tracking_path,
)
from tests.harness import Harness

ROBOT = "robot@example.org"
VICTIM = "victim@example.net"
SIZE = {"attribute[size]": "plate"}


def _stored(town: Harness) -> int:
    dump = town.dump()
    return len(dump["messages"]) + len(dump["dead_letters"])


def test_l01_a_robots_answer_to_a_closed_ticket_changes_nothing(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "status", status="resolved", reason="Filled.")
    act(town, ticket_id, "status", status="closed", reason="Done.")
    town.drain()
    before, left = ticket_of(town, ticket_id), len(town.outbox)
    town.mail(answer_to(to(town, ANA)[-1], "I am away.", Auto_Submitted="auto-replied"))
    town.drain()
    after = ticket_of(town, ticket_id)
    assert [after.get(n) for n in ("status", "due_at")] == ["closed", before.get("due_at")]
    assert len(town.dump()["tickets"]) == 1
    assert len(town.outbox) == left


MARKS = {
    "generated with a parameter": {"auto-SUBMITTED": "Auto-Generated; x=y"},
    "notified": {"Auto-submitted": "AUTO-NOTIFIED"},
    "suppress": {"x-AUTO-response-suppress": "ALL"},
    "bulk": {"PRECEDENCE": "Bulk"},
    "list": {"list-ID": "<News.Example.org>"},
    "autoreply": {"X-AutoReply": "YES"},
    "no path": {"Return-PATH": "<>"},
    "daemon": {"From": "MAILER-Daemon@example.org"},
    "postmaster": {"From": "PostMaster@example.org"},
}


@pytest.mark.parametrize("headers", MARKS.values(), ids=MARKS)
def test_l02_no_mark_of_a_machine_is_answered(town: Harness, headers: dict[str, str]) -> None:
    head = {"From": ROBOT, "To": DESK, "Subject": "hello", **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    town.mail(f"{lines}\r\nThere is a pothole.\r\n".encode(), to=DESK)
    town.drain()
    assert town.outbox == []
    assert _stored(town) == 1


@pytest.mark.parametrize("subject", ["Automatic reply: hello", "hello", "Re: hello"])
def test_l04_a_polite_robot_is_dead_within_five_messages(town: Harness, subject: str) -> None:
    """It answers whatever it gets, with fresh ids, for two days, each hour something new."""
    town.mail(a_mail(sender=ROBOT, subject=subject))
    town.drain()
    answered = 0
    for number in range(12):
        mails = to(town, ROBOT)
        for sent in mails[answered:]:
            raw = answer_to(sent, f"Thank you, number {number}.", sender=ROBOT)
            town.mail(raw.replace(b"Subject: Re: ", f"Subject: {subject} ".encode()))
        answered = len(mails)
        town.drain()
        town.tick(town.now + timedelta(hours=4))
        town.drain()
    automatic = [sent for sent in to(town, ROBOT) if sent.headers.get("Auto-Submitted")]
    assert len(automatic) <= 5


def test_l05_two_cities_end_after_one_answer_each(town: Harness) -> None:
    """What the other city's desk sends is what ours would: an automatic answer."""
    town.mail(a_mail(sender="help@report.shelbyville.example"))
    town.drain()
    [first] = to(town, "help@report.shelbyville.example")
    their_answer = answer_to(
        first, "We received your message.", Auto_Submitted="auto-generated", Precedence="bulk"
    )
    for _ in range(5):
        town.mail(their_answer)
        town.drain()
    assert len(to(town, "help@report.shelbyville.example")) == 1


def _calls_of_one_mail(town: Harness, sender: str) -> Counter[str]:
    town.clear_calls()
    town.mail(a_mail("The light is dark.", subject="Light", sender=sender))
    town.drain()
    return Counter(town.calls)


def test_l06_a_storm_of_mails_is_all_kept_marked_and_hardly_answered(
    town: Harness, many: int = 14
) -> None:
    """`python -m bench.flood` does the same with 500."""
    town.mail(a_mail("The first.", sender="first@example.org"))
    town.drain()
    alone = _calls_of_one_mail(town, "bo@example.org")
    for number in range(many):
        town.mail(a_mail(f"Hole number {number} on Elm Street.", subject=f"Hole {number}"))
    town.drain(5_000)
    stored = town.dump()
    assert len(stored["tickets"]) == many + 2
    assert stored["dead_letters"] == []
    marked = [t for t in stored["tickets"] if "many-messages" in t["tags"]]
    assert len(marked) == many - 10
    assert {t["requester"]["email"] for t in marked} == {ANA}
    assert len(to(town, ANA)) <= 5
    assert _calls_of_one_mail(town, "cy@example.org") == alone
    assert len(to(town, "cy@example.org")) == 1
    page = town.http("GET", f"/console/tickets/{marked[0]['ticket_id']}", user="agent").text
    assert "very many reports" in page
    assert "One of very many" in town.http("GET", "/console", user="agent").text


INSULT = "You-are-a-fool"


def _everything(sent: Sent) -> str:
    return f"{sent.subject}\n{sent.text}\n{sent.html}\n{sent.headers}"


def test_l07_a_form_sends_a_victim_one_fixed_text_a_day(town: Harness) -> None:
    for number in range(25):
        words = {"description": f"{INSULT} {number}", "address": INSULT, "name": INSULT}
        submit_report(town, email=VICTIM, **words, **SIZE)
    town.drain()
    assert len(town.dump()["tickets"]) == 25
    mails = to(town, VICTIM)
    assert len(mails) == 1
    assert INSULT not in _everything(mails[0])
    assert not any(t["is_confirmed"] for t in town.dump()["tickets"])
    town.tick(town.now + timedelta(days=1, hours=1))
    submit_report(town, email=VICTIM, description=f"{INSULT} again", **SIZE)
    town.drain()
    assert len(to(town, VICTIM)) == 2


def test_l07_mail_without_proof_is_answered_once_a_day(town: Harness) -> None:
    for number in range(10):
        town.mail(
            a_mail(f"{INSULT} {number}", sender=VICTIM, subject=INSULT), verdicts={"dmarc": "GRAY"}
        )
    town.drain()
    assert len(town.dump()["tickets"]) == 10
    assert len(to(town, VICTIM)) <= 1
    assert all(INSULT not in _everything(sent) for sent in to(town, VICTIM))


def test_l08_an_address_that_bounced_gets_nothing_more(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    [sent] = to(town, ANA)
    town.receipt(_bounce(sent))
    town.drain()
    act(town, ticket_id, "status", status="resolved", reason="Filled.")
    town.mail(a_mail("Another hole.", subject="Another"))
    town.drain()
    assert len(to(town, ANA)) == 1
    assert len(town.dump()["tickets"]) == 2


def _bounce(sent: Sent) -> dict[str, Any]:
    return {
        "eventType": "Bounce",
        "mail": {
            "messageId": sent.message_id,
            "timestamp": "2026-03-02T15:00:01Z",
            "destination": [sent.to],
            "tags": {name: [value] for name, value in sent.tags.items()},
        },
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "timestamp": "2026-03-02T15:00:02Z",
            "bouncedRecipients": [{"emailAddress": sent.to}],
        },
    }


def test_l09_an_agency_cannot_have_the_intakes_address(town: Harness) -> None:
    path = f"/api/v1/agencies/{next(iter(town.services.catalog.load().agencies))}"
    item = town.http("GET", path, user="administrator").json()
    body = {**item["body"], "email": DESK}
    change = {"body": body, "version": item["version"]}
    answer = town.http("PUT", path, user="administrator", json=change)
    assert answer.status == 422
    assert "email" in answer.text


def test_l10_an_absence_that_quotes_everything_stops_no_waiting(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "status", status="pending", reason="Which side?")
    town.drain()
    left = len(town.outbox)
    away = answer_to(to(town, ANA)[-1], "I am away until Monday.")
    town.mail(away.replace(b"Subject: Re: ", b"Subject: Out of office: Re: "))
    town.drain()
    assert ticket_of(town, ticket_id)["status"] == "pending"
    assert kinds(town, ticket_id)[-1] == "filed"
    assert len(town.outbox) == left


def test_l11_absences_after_a_broadcast_are_counted_and_open_nothing(town: Harness) -> None:
    for number in range(60):
        away = a_mail(
            "I am away.",
            sender=f"reader{number}@example.org",
            subject="Out of office: Snow route news",
            Auto_Submitted="auto-replied",
        )
        town.mail(away)
    town.drain()
    assert town.dump()["tickets"] == [] and town.outbox == []
    assert _stored(town) == 60


BREAKS = {
    "name": {"name": "A\r\nBcc: e@x.example"},
    "email": {"email": "a@x.example\nBcc: e@x.example"},
    "two": {"email": "a@x.example,b@y.example"},
    "list": {"email": "a@x.example;b@y.example"},
    "quoted": {"email": '"q"@x.example'},
    "literal": {"email": "a@[127.0.0.1]"},
    "local": {"email": "a@localhost"},
    "long": {"email": "a" * 65 + "@x.example"},
    "angle": {"email": "A <a@x.example>"},
}


@pytest.mark.parametrize("given", BREAKS.values(), ids=BREAKS)
def test_x12_x13_what_could_become_two_is_refused(town: Harness, given: dict[str, str]) -> None:
    answer = submit_report(town, **given, **SIZE)
    town.drain()
    assert answer.status == 400
    assert town.dump()["tickets"] == [] and town.outbox == []


def test_x13_a_foreign_domain_is_one_address(town: Harness) -> None:
    submit_report(town, email="ana@bücher.example", **SIZE)
    town.drain()
    assert [sent.to for sent in town.outbox] == ["ana@xn--bcher-kva.example"]


EVIL = '"><img src=x onerror=alert(1)>'


def test_x02_markup_stays_words_everywhere(town: Harness) -> None:
    submit_report(town, description=EVIL, address=EVIL, name=EVIL, **SIZE)
    town.mail(a_mail(EVIL, subject=EVIL, files={f"{EVIL}.png": b"\x89PNG\r\n\x1a\n"}))
    town.drain()
    pages = ["/console", "/console/view/mine", f"/report?q={EVIL}", "/"]
    pages += [f"/console/tickets/{t['ticket_id']}" for t in town.dump()["tickets"]]
    pages += [tracking_path(sent.text) for sent in to(town, ANA)]
    for path in pages:
        user = "agent" if "console" in path else None
        assert "<img src=x" not in town.http("GET", path, user=user).text, path
    assert all("<img src=x" not in sent.html for sent in town.outbox)
