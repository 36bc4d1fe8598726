"""The town as people use it: SMTP in, pages, clock, outbox."""

from __future__ import annotations

import io
import json
import re
import smtplib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client

from chalicelib.templates.locales import available_locales, notice_names
from infra.local.demo_mail import compose
from infra.local.pages import TownPages
from infra.local.ports import free_port
from infra.local.receipts import reports
from infra.local.reception import Reception, read_headers
from infra.local.seed import seed
from infra.local.site import Site
from infra.local.smtp import SmtpDoor, read_verdicts
from infra.local.stack import client
from infra.local.town import Town
from tests.citizens import ANA, DESK, a_mail, answer_to, reported_by_mail, to
from tests.harness import START, Harness

FACTS = {
    "city": "Springfield",
    "password": "secret",
    "logins": "agent@city.example",
    "number": "+15550100311",
    "intake": DESK,
    "smtp": "localhost:2525",
    "api_key": "demo.key",
}


def _inside(town: Harness) -> Town:
    return town._town


@pytest.fixture
def pages(town: Harness) -> Client:
    return Client(TownPages(_inside(town), FACTS))


@pytest.fixture
def smtp(town: Harness) -> Iterator[smtplib.SMTP]:
    inside = _inside(town)
    domain = inside.environment["RECEIVING_DOMAIN"]
    door = SmtpDoor(inside.post, domain, "127.0.0.1", free_port("127.0.0.1"))
    door.open()
    with smtplib.SMTP("127.0.0.1", door.port, timeout=10) as client:
        yield client
    door.close()


def test_a_mail_by_smtp_travels_the_real_path(town: Harness, smtp: smtplib.SMTP) -> None:
    smtp.send_message(compose(ANA, DESK))
    town.drain()
    [ticket] = town.dump()["tickets"]
    assert ticket["requester"]["email"] == ANA
    assert to(town, ANA)


def test_mail_for_other_domains_is_refused(smtp: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        smtp.sendmail(ANA, ["somebody@elsewhere.example"], a_mail())


def test_the_smtp_user_name_chooses_the_verdicts(town: Harness, smtp: smtplib.SMTP) -> None:
    smtp.login("spam=FAIL", "x")
    smtp.sendmail(ANA, [DESK], a_mail())
    town.drain()
    assert [held["outcome"] for held in town.dump()["quarantine"]] == ["quarantined"]


@pytest.mark.parametrize("login", ["dmarc", "dmarc=MAYBE", "colour=PASS", "root"])
def test_a_user_name_that_is_no_verdict_is_none(login: str) -> None:
    assert read_verdicts(login) is None


def test_an_unknown_verdict_is_named(town: Harness) -> None:
    with pytest.raises(ValueError, match="colour"):
        town.mail(a_mail(), verdicts={"colour": "FAIL"})


ROBOT = "robot@example.org"
# What a program that answers every mail sets, from the polite one to the one that hides what it is.
MANNERS: dict[str, dict[str, str]] = {
    "says that it is one": {"Auto_Submitted": "auto-replied", "Precedence": "bulk"},
    "says nothing": {},
}


@pytest.mark.parametrize("is_reply", [True, False], ids=["on the thread", "a new mail each time"])
@pytest.mark.parametrize("marks", MANNERS.values(), ids=MANNERS)
def test_two_robots_that_answer_each_other_by_smtp_fall_silent_within_five_messages(
    town: Harness, smtp: smtplib.SMTP, marks: dict[str, str], is_reply: bool
) -> None:
    smtp.sendmail(ROBOT, [DESK], a_mail(sender=ROBOT))
    town.drain()
    answered = 0
    while fresh := to(town, ROBOT)[answered:]:
        for sent in fresh:
            answered += 1
            assert answered <= 5, [each.subject for each in to(town, ROBOT)]
            words = f"Thank you for your message {answered}. Our office will answer you."
            raw = answer_to(sent, words, sender=ROBOT, **marks)
            again = a_mail(words, sender=ROBOT, subject=f"Received {answered}", **marks)
            where = sent.reply_to if is_reply else DESK
            lines = (raw if is_reply else again).splitlines()
            smtp.sendmail(ROBOT, [parseaddr(where)[1]], b"\r\n".join([*lines, b""]))
        town.drain()
    assert answered
    stored = town.dump()
    assert len(stored["messages"]) == answered + 1  # all of it is kept
    assert stored["dead_letters"] == []


@pytest.mark.parametrize("raw", [b"", b"\x00\xff", b":::", b"Subject\r\n\r\nx", b"\r\n" * 9])
def test_any_bytes_can_be_received(raw: bytes) -> None:
    mail = Reception.of(raw, at=START, recipients=(DESK,))
    told = mail.notification(bucket="b", prefix="inbound/", topic_arn="arn")
    assert json.loads(json.dumps(told))["receipt"]["action"]["objectKey"].startswith("inbound/")


@pytest.mark.parametrize("name", ["From", "To", "Return-Path"])
def test_an_address_of_very_many_brackets_is_none(town: Harness, name: str) -> None:
    head = {"From": ANA, "To": DESK, "Subject": "Lamp"} | {name: "(" * 3_000}
    raw = "".join(f"{key}: {value}\r\n" for key, value in head.items()).encode() + b"\r\nlamp"
    town.mail(raw, to=DESK)
    town.drain()
    assert len(town.dump()["messages"]) == 1


def test_headers_are_unfolded_and_kept_in_order() -> None:
    raw = b"To: a@x\r\nSubject: one\r\n two\r\nTo: b@x\r\n\r\nSubject: not a header"
    assert read_headers(raw) == [("To", "a@x"), ("Subject", "one two"), ("To", "b@x")]


@pytest.mark.parametrize(
    ("address", "kinds"),
    [
        ("ana@example.org", ["Delivery"]),
        ("bounce@example.org", ["Bounce"]),
        ("complaint@example.org", ["Delivery", "Complaint"]),
    ],
)
def test_an_address_decides_what_becomes_of_its_mail(
    town: Harness, address: str, kinds: list[str]
) -> None:
    reported_by_mail(town)
    sent = replace(town.outbox[0], to=address)
    assert [event["eventType"] for event in reports(sent)] == kinds


def test_the_outbox_shows_what_left_newest_first(town: Harness, pages: Client) -> None:
    reported_by_mail(town)
    reported_by_mail(town, sender="bo@example.org", subject="Another")
    shown = pages.get("/_town/outbox").text
    assert shown.index("bo@example.org</a>") < shown.index(f"{ANA}</a>")
    only = pages.get(f"/_town/outbox?to={ANA}").text
    assert "bo@example.org</a>" not in only
    data = json.loads(pages.get("/_town/outbox.json").text)
    assert [message["number"] for message in data] == [1, 0]
    assert {"channel", "to", "subject", "text", "html", "headers", "raw", "at"} <= set(data[0])


def test_a_mails_html_is_shown_without_its_powers(town: Harness, pages: Client) -> None:
    reported_by_mail(town)
    frame = pages.get("/_town/outbox/0/html")
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert 'sandbox="' in pages.get("/_town/outbox/0").text
    assert pages.get("/_town/outbox/9").status_code == 404


def test_a_reply_written_in_the_outbox_lands_on_the_ticket(town: Harness, pages: Client) -> None:
    reported_by_mail(town)
    answer = pages.post("/_town/outbox/0/answer", data={"text": "It got bigger."})
    town.drain()
    assert answer.status_code == 303
    assert town.dump()["entries"][-1]["text"] == "It got bigger."


def test_the_phone_texts_the_city_and_shows_its_answers(town: Harness, pages: Client) -> None:
    _inside(town).post.text("Streetlight out at 12 Main Street", sender="+15550109911")
    town.drain()
    shown = pages.get("/_town/phone?" + urlencode({"number": "+1 555 010 9911"})).text
    assert "Streetlight out" in shown
    assert town.dump()["tickets"][0]["ticket_id"] in shown


def test_the_mail_page_sends_a_citizens_mail(town: Harness, pages: Client) -> None:
    form = {"name": "Ana", "from": ANA, "to": DESK, "subject": "Hole", "text": "A pothole."}
    assert pages.post("/_town/mail", data=form).status_code == 303
    town.drain()
    assert town.dump()["tickets"][0]["requester"]["name"] == "Ana"


def test_the_clock_moves_forward_and_says_what_happened(town: Harness, pages: Client) -> None:
    reported_by_mail(town)
    shown = pages.post("/_town/clock", data={"amount": "7", "unit": "days"}).text
    assert town.now == START + timedelta(days=7)
    assert "What happened on the way" in shown
    assert to(town, "public-works@city.example")
    assert "forward only" in pages.post("/_town/clock", data={"moment": "2020-01-01T00:00"}).text


def test_every_notice_is_shown_in_every_language(pages: Client) -> None:
    shown = pages.get("/_town/notices").text
    assert all(f'href="/_town/notices/{name}"' in shown for name in notice_names())
    one = pages.get("/_town/notices/ticket_received").text
    assert all(f'lang="{locale}"' in one for locale in available_locales())
    mail = pages.get("/_town/notices/ticket_received/fa")
    assert 'dir="rtl"' in mail.text and "sandbox" in mail.headers["Content-Security-Policy"]
    assert pages.get("/_town/notices/nothing").status_code == 404
    assert pages.get("/_town/notices/ticket_received/xx").status_code == 404


def test_other_sites_cannot_move_the_clock(pages: Client) -> None:
    answer = pages.post(
        "/_town/clock", data={"seconds": "60"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_a_page_of_the_town_posts_photos_to_the_town_and_never_to_the_world(town: Harness) -> None:
    bucket = _inside(town).environment["FILES_BUCKET"]
    site = Client(Site(_inside(town).gateway, TownPages(_inside(town), FACTS), bucket))
    page = site.get("/report?service=graffiti").text
    token = re.search(r'name="form_token" value="([^"]+)"', page)[1]
    wish = {"form_token": token, "type": "image/png", "name": "a.png"}
    invited = site.post("/report/uploads", data=wish)
    assert invited.status_code == 200
    assert "amazonaws" not in invited.text
    given = invited.get_json()
    assert given["url"] == "/_town/store"
    fields = {**given["fields"], "file": (io.BytesIO(b"picture"), "a.png")}
    assert site.post(given["url"], data=fields).status_code == 204
    kept = client("s3").get_object(Bucket=bucket, Key=given["fields"]["key"])
    assert kept["Body"].read() == b"picture"
    forged = {**given["fields"], "key": "files/x", "file": (io.BytesIO(b"picture"), "a.png")}
    assert site.post(given["url"], data=forged).status_code == 403


def test_the_town_starts_with_a_believable_past(town: Harness) -> None:
    inside = _inside(town)
    assert seed(inside.table, town.now) >= 36
    stored = town.dump()
    statuses = {ticket["status"] for ticket in stored["tickets"]}
    assert statuses == {
        "new", "acknowledged", "in_progress", "pending", "resolved", "closed", "cancelled",
    }  # fmt: skip
    assert len({ticket["service_code"] for ticket in stored["tickets"]}) >= 12
    assert all(entry["at"] <= town.now.isoformat() for entry in stored["entries"])
    town.tick(town.now)
    assert town.outbox == []  # nothing of the past happens again
