"""Mail that no queue told of is found in the bucket within a day, and becomes what it would have been."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.channels.email.inbox import NO_MAIL, Stored, announcement
from chalicelib.tickets.mail_search import MailSearch
from infra.local.stack import client
from tests.harness import START, Harness

MAIL = (
    b"From: ana%d@example.org\r\nTo: help@report.springfield.example\r\nSubject: Pothole\r\n"
    b"Message-ID: <%d@example.org>\r\n\r\nA pothole in Elm Street %d.\r\n"
)
DAY = timedelta(days=1)


@pytest.fixture
def town() -> Iterator[Harness]:
    with Harness.boot() as town:
        yield town


def lose(town: Harness, number: int, **received: Any) -> None:
    """A mail that SES stored and whose news was lost."""
    town._town.post.mail(MAIL % (number, number, number), is_told=False, **received)


def search(town: Harness, at: datetime) -> None:
    town.tick(at)
    town.drain()


def descriptions(town: Harness) -> list[str]:
    return sorted(ticket["description"] for ticket in town.dump()["tickets"])


def test_a_mail_that_no_queue_told_of_becomes_a_ticket_and_is_answered_once(
    town: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    town.mail(MAIL % (1, 1, 1))
    town.drain()
    lose(town, 2)
    answered = len(town.outbox)
    for days in (1, 2, 3):
        search(town, START + days * DAY)
    assert descriptions(town) == ["A pothole in Elm Street 1.", "A pothole in Elm Street 2."]
    assert [s.to for s in town.outbox[answered:] if "ana" in s.to][:1] == ["ana2@example.org"]
    told = [r for r in caplog.records if r.getMessage() == HANDED_OVER]
    assert len(told) == 1
    assert "ana2" not in str(vars(told[0]))


HANDED_OVER = "a mail that nobody handled was handed to intake"


def test_what_still_waits_in_a_queue_is_left_to_it_and_told_twice_it_is_handled_once(
    town: Harness,
) -> None:
    town.mail(MAIL % (1, 1, 1))
    waiting = START + timedelta(hours=5)
    assert town.services.mail_search.run(forever) == 0, "it may still come by itself"
    assert town.services.mail_search.run(forever, waiting) == 1, "whoever restored asks for all"
    town.drain()
    assert len(town.dump()["tickets"]) == 1
    assert len([m for m in town.dump()["messages"] if m["outcome"] == "opened"]) == 1
    assert len([s for s in town.outbox if s.to == "ana1@example.org"]) == 1


def forever() -> int:
    return 900_000


def test_a_search_that_was_cut_goes_on_where_it_stood(town: Harness) -> None:
    for number in range(6):
        lose(town, number)
    found = town.services.mail_search
    town.services.clock.move_to(START + DAY)  # type: ignore[attr-defined]
    pages = found.inbox.page
    small = Pages(pages, found.inbox)
    time_left = iter([900_000] * 5 + [0] * 3)
    cut = MailSearch(small, found.store, found.intake, found.clock)
    first = cut.run(lambda: next(time_left))
    assert 0 < first < 6
    assert first + cut.run(forever) >= 6
    assert cut.run(forever) == 0
    town.drain()
    assert len(town.dump()["tickets"]) == 6


class Pages:
    """The bucket in pages of two."""

    def __init__(self, page: Any, inbox: Any) -> None:
        self._page, self.news = page, inbox.news

    def page(self, after: str) -> list[Stored]:
        return self._page(after)[:2]


def test_a_mail_is_brought_back_with_what_ses_thought_of_it(town: Harness) -> None:
    lose(town, 1, verdicts={"dmarc": "FAIL"})
    lose(town, 2, verdicts={"virus": "FAIL"})
    search(town, START + DAY)
    (message,) = town.dump()["quarantine"]
    assert message["reason"] == "carries a virus"
    (ticket,) = town.dump()["tickets"]
    assert ticket["is_confirmed"] is False


def test_verdicts_are_those_of_ses_and_never_the_senders() -> None:
    theirs = (
        b"X-SES-Virus-Verdict: PASS\r\nAuthentication-Results: amazonses.com; dmarc=pass\r\n\r\nHi"
    )
    ours = (
        b"Return-Path: <ana@example.org>\r\nX-SES-Virus-Verdict: FAIL\r\n"
        b"Received: from x by y with SMTP id z\r\n for help+token@report.city.example;\r\n Mon\r\n"
        b"Authentication-Results: amazonses.com;\r\n spf=pass x;\r\n dmarc=fail;\r\nX-SES-RECEIPT: A\r\n"
    )
    mail = Stored("inbound/m1", START)
    told = announcement(mail, "bucket", ours + theirs)
    verdicts = {n: v["status"] for n, v in told["receipt"].items() if n.endswith("Verdict")}
    assert (told["mail"]["source"], told["mail"]["messageId"]) == ("ana@example.org", "m1")
    assert told["receipt"]["recipients"] == ["help+token@report.city.example"]
    assert verdicts == {
        "spamVerdict": "GRAY",
        "virusVerdict": "FAIL",
        "spfVerdict": "PASS",
        "dkimVerdict": "GRAY",
        "dmarcVerdict": "FAIL",
    }
    unknown = announcement(mail, "bucket", theirs)["receipt"]
    assert {v["status"] for n, v in unknown.items() if n.endswith("Verdict")} == {"GRAY"}


def test_what_ses_leaves_when_the_rule_is_made_is_no_mail(town: Harness) -> None:
    bucket = town.services.settings.mail_bucket
    client("s3").put_object(Bucket=bucket, Key=f"inbound/{NO_MAIL}", Body=b"Hello")
    later = datetime.now(UTC) + DAY
    assert town.services.mail_search.run(forever, later) == 0


def test_a_mail_gets_the_same_reference_whenever_it_is_read() -> None:
    """After its ticket was lost, the answer, the link and the reply address of its writer still fit."""
    references = set()
    for _ in range(2):
        with Harness.boot() as town:
            event = town.mail(MAIL % (1, 1, 1))
            (record,) = event["Records"]
            told = json.loads(record["body"])
            news = json.loads(told["Message"])
            rename(town, news, "always-the-same")
            record["body"] = json.dumps(told | {"Message": json.dumps(news)})
            town.deliver(event)
            references.add(town.dump()["tickets"][0]["ticket_id"])
    assert len(references) == 1


def test_a_reference_that_is_another_tickets_is_not_taken_twice(town: Harness) -> None:
    for number in (1, 2):
        lose(town, number)
    opener = town.services.desk.intake.opener
    always = replace(opener, reference=lambda _: "SR-0000-0000-0")
    town.services.desk = replace(
        town.services.desk, intake=replace(town.services.desk.intake, opener=always)
    )
    search(town, START + DAY)
    references = {ticket["ticket_id"] for ticket in town.dump()["tickets"]}
    assert len(references) == 2
    assert "SR-0000-0000-0" in references


def rename(town: Harness, news: dict[str, Any], name: str) -> None:
    """Let a stored mail have an id that is known beforehand."""
    bucket, key = town.services.settings.mail_bucket, f"inbound/{name}"
    place = f"{bucket}/{news['receipt']['action']['objectKey']}"
    client("s3").copy_object(Bucket=bucket, Key=key, CopySource=place)
    news["mail"]["messageId"], news["receipt"]["action"]["objectKey"] = name, key
