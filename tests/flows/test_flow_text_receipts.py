"""What becomes of texts is known only as the API that was called tells it, and silence says nothing.

The town once played End User Messaging's events for texts that SNS had sent, so nobody saw that on AWS
no text was ever reported. Here each sender is reported its own way, or not at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.bootstrap import make_client
from chalicelib.channels.sms.end_user_messaging import SERVICE
from infra.local import text_logs
from infra.local.carriers import LATE, Mood
from infra.local.receipts import log_record, text_event
from infra.local.stack import TEXT_LOG, client
from tests.faults import answer, fault
from tests.harness import Harness

NUMBER, SWITCHED_OFF = "+12025550143", "+12025550666"
HOUR = timedelta(hours=1)
EVENTS = {"sms_sender": "end-user-messaging"}
WORDS = "Message has been accepted by phone carrier"


@contextmanager
def texted(
    number: str = NUMBER, *, mood: Mood = Mood.USUAL, has_receipts: bool = True, **settings: Any
) -> Iterator[Harness]:
    """A city that answered a text, before anything was reported of the answer."""
    with Harness.boot(has_receipts=has_receipts, **settings) as town:
        town._town.post.mood = mood
        town.deliver(town.text("A pothole in Elm Street 5", sender=number))
        town.drain(1)
        yield town


def message(town: Harness) -> dict[str, Any]:
    """The answer to the citizen as it is stored."""
    found = town.dump()["notifications"]
    return next(n for n in found if n["notice"] == "ticket_received" and n["channel"] == "sms")


def kinds(town: Harness) -> list[str]:
    return [entry["kind"] for entry in town.dump()["entries"]]


def passes(town: Harness, hours: int) -> None:
    town.tick(town.now + hours * HOUR)
    town.drain(2_000)


def reported(town: Harness) -> list[dict[str, Any]]:
    """What reached the queue of receipts, unwrapped."""
    town._town.post.publish_receipts()
    url = client("sqs").get_queue_url(QueueName=town._variable("RECEIPTS_QUEUE"))["QueueUrl"]
    found = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    bodies = [json.loads(each["Body"]) for each in found.get("Messages", [])]
    return [json.loads(body["Message"]) if "Message" in body else body for body in bodies]


def test_a_text_by_sns_is_reported_in_its_log_and_by_no_event() -> None:
    with texted() as town:
        (record,) = reported(town)
        assert (town.calls["sns.Publish"], town.calls[SEND]) == (1, 0)
    assert set(record) == {"notification", "delivery", "status"}
    assert "context" not in json.dumps(record), "only the provider's id says of which text it is"


SEND = "pinpoint-sms-voice-v2.SendTextMessage"


def test_a_text_by_end_user_messaging_is_reported_by_events_and_in_no_log() -> None:
    with texted(**EVENTS) as town:
        found = reported(town)
        assert (town.calls["sns.Publish"], town.calls[SEND]) == (0, 1)
        names = ("jurisdiction_id", "ticket_id", "notification_id")
        tags = {name: message(town)[name] for name in names}
    assert [each["eventType"] for each in found] == ["TEXT_SUCCESSFUL", "TEXT_DELIVERED"]
    owed_to = {each["context"].pop("correlation_id") for each in found}
    assert len(owed_to) == 1
    assert [each["context"] for each in found] == [tags, tags]


@pytest.mark.parametrize("name", ["DeliveryStatusIAMRole", "DeliveryStatusSuccessSamplingRate"])
def test_sns_reports_nothing_in_an_account_that_did_not_ask_for_it(name: str) -> None:
    with texted() as town:
        client("sns").set_sms_attributes(attributes={name: ""})
        assert reported(town) == []


def test_sns_reports_nothing_to_a_city_that_settles_nothing() -> None:
    with texted(sms_receipts="none") as town:
        assert reported(town) == []


def test_what_the_carrier_took_is_sent_on_and_never_expires() -> None:
    with texted() as town:
        town.drain()
        assert (message(town)["status"], message(town)["reason"]) == ("accepted", WORDS)
        passes(town, 100)
        assert message(town)["status"] == "accepted"
        assert not {"notice_failed", "contact_unreachable"} & set(kinds(town))


def test_what_the_handset_took_is_delivered() -> None:
    with texted(**EVENTS) as town:
        town.drain()
        assert message(town)["status"] == "delivered"


@pytest.mark.parametrize("settings", [{}, EVENTS], ids=["sns", "end-user-messaging"])
def test_a_text_that_failed_makes_room_for_the_next_way_at_once(settings: dict[str, str]) -> None:
    with texted(SWITCHED_OFF, **settings) as town:
        town.drain()
        assert message(town)["status"] == "failed"
        assert "unreachable" in message(town)["reason"], "the provider's words are kept for staff"
        assert {"notice_failed", "contact_unreachable"} <= set(kinds(town))


def test_where_nobody_reports_nothing_follows_from_silence() -> None:
    with texted(sms_receipts="none") as town:
        for hours in (25, 50, 100):
            passes(town, hours)
        assert message(town)["status"] == "accepted"
        assert not {"notice_failed", "contact_unreachable"} & set(kinds(town))


def test_a_text_that_was_looked_after_is_left_alone_once_nobody_reports_any_more() -> None:
    with texted(mood=Mood.SILENT) as town:
        key = (message(town)["ticket_id"], message(town)["notification_id"])
        os.environ["SMS_RECEIPTS"] = "none"  # of the next release
        town.restart()
        passes(town, 73)
        assert message(town)["status"] == "accepted"
        due = town.services.store.due_notifications(town.now)
        assert key not in {(each.ticket_id, each.notification_id) for each in due}


def test_three_days_of_silence_prove_nothing_before_they_are_over() -> None:
    with texted(mood=Mood.SILENT) as town:
        for hours in (25, 46):
            passes(town, hours)
            assert message(town)["status"] == "accepted"
            assert "contact_unreachable" not in kinds(town)
        passes(town, 2)
        assert (message(town)["status"], message(town)["reason"]) == ("expired", "no_receipt")
        assert "contact_unreachable" in kinds(town)


def test_a_late_report_is_in_time() -> None:
    with texted(mood=Mood.LATE) as town:
        passes(town, 29)
        assert message(town)["reason"] == ""
        passes(town, int(LATE / HOUR))
        assert message(town)["reason"] == WORDS
        passes(town, 72)
        assert message(town)["status"] == "accepted"


@pytest.mark.parametrize("settings", [{}, EVENTS], ids=["sns", "end-user-messaging"])
def test_what_is_reported_twice_happens_once(settings: dict[str, str]) -> None:
    with texted(SWITCHED_OFF, mood=Mood.DOUBLED, **settings) as town:
        town.drain()
        assert message(town)["status"] == "failed"
        assert kinds(town).count("contact_unreachable") == 1


@pytest.mark.parametrize("settings", [{}, EVENTS], ids=["sns", "end-user-messaging"])
def test_half_a_report_and_one_about_a_strangers_text_change_nothing(
    settings: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with texted(mood=Mood.WRONG, **settings) as town:
        town._town.post.publish_receipts()
        passes(town, 1)  # what comes at once is offered again, until our own record must be there
        assert (message(town)["status"], message(town)["reason"]) == ("accepted", "")
        assert town.dump()["dead_letters"] == []
    assert NUMBER not in caplog.text


@pytest.mark.parametrize(
    ("owner", "group"),
    [
        ("210987654321", TEXT_LOG),
        ("123456789012", TEXT_LOG.replace("123456789012", "210987654321")),
        ("123456789012", TEXT_LOG.replace("us-east-1", "eu-west-1")),
    ],
)
def test_the_log_of_another_account_or_region_is_refused(owner: str, group: str) -> None:
    with texted(has_receipts=False) as town:
        town.drain()
        record = log_record(town.outbox[0], "Invalid phone number", "FAILURE")
        town._town.logs.hand_over(TEXT_LOG, text_logs.batch([record], group, owner))
        town.drain()
        assert message(town)["status"] == "accepted"


def test_a_log_that_could_not_be_handed_on_waits_with_the_dead_letters_and_is_read_then() -> None:
    with texted(has_receipts=False) as town:
        town.drain()
        refusal = answer({"__type": "AccessDenied", "message": "no"}, 400)
        with fault("sqs.SendMessageBatch", times=text_logs.TRIES, reply=refusal):
            town._town.logs.write(log_record(town.outbox[0]))
        town.drain()
        assert message(town)["reason"] == ""
        assert town.redrive("receipts") == 1
        town.drain()
        assert message(town)["reason"] == WORDS


@pytest.mark.parametrize("order", [("TEXT_UNKNOWN",), ("TEXT_SUCCESSFUL", "TEXT_UNKNOWN")])
def test_what_aws_does_not_know_is_no_failure(order: tuple[str, ...]) -> None:
    with texted(has_receipts=False, **EVENTS) as town:
        town.drain()
        for kind in order:
            town.receipt(text_event(town.outbox[0], kind))
            town.drain()
        assert message(town)["status"] == "accepted"
        assert message(town)["reason"] == f"Message is {order[0].removeprefix('TEXT_').lower()}"
        assert not {"notice_failed", "contact_unreachable"} & set(kinds(town))
        passes(town, 73)
        expected = "expired" if len(order) == 1 else "accepted"
        assert message(town)["status"] == expected, "silence goes on where nobody knows"


def test_a_lost_answer_is_settled_by_a_report_that_carries_our_tags() -> None:
    with Harness.boot(has_receipts=True, **EVENTS) as town:
        town.deliver(town.text("A pothole in Elm Street 5", sender=NUMBER))
        with fault(SEND, is_lost=True):
            town.drain()
        assert message(town)["status"] == "delivered"
        passes(town, 1)
        assert len([sent for sent in town.outbox if sent.channel == "sms"]) == 1


def test_what_end_user_messaging_would_refuse_the_town_refuses() -> None:
    with texted(has_receipts=False, **EVENTS) as town:
        town.drain()
        wish = {"DestinationPhoneNumber": NUMBER, "MessageBody": "Hello", "TimeToLive": "soon"}
        with pytest.raises(ClientError, match="TimeToLive"):
            make_client(SERVICE).send_text_message(**wish)
        assert [sent.to for sent in town.outbox] == [NUMBER]


@pytest.mark.parametrize(("policy", "is_informed"), [("carrier", True), ("handset", False)])
def test_the_city_says_whether_a_carriers_word_informs_the_citizen(
    policy: str, is_informed: bool
) -> None:
    with Harness.boot(has_receipts=True) as town:
        promise = {"target_id": "informed", "clock": "informed", "minutes": 60}
        put(town, "/api/v1/targets/informed", {"body": promise, "version": 0})
        path = "/api/v1/policies/policy"
        found = town.http("GET", path, user="administrator").json()
        body = {**found["body"], "sms_arrival": policy}
        put(town, path, {"body": body, "version": found["version"]})
        town.text("A pothole in Elm Street 5", sender=NUMBER)
        town.drain()
        assert ("informed" in kinds(town)) == is_informed


def put(town: Harness, path: str, body: dict[str, Any]) -> None:
    answer = town.http("PUT", path, json=body, user="administrator")
    assert answer.status < 300, answer.text


@pytest.mark.parametrize(
    ("locale", "words", "line"),
    [
        ("en", "No receipts here", "no receipts here"),
        ("fa", "رسید تحویل نیست", "اینجا رسید تحویل نیست"),
    ],
)
def test_staff_read_where_there_are_no_receipts(locale: str, words: str, line: str) -> None:
    with texted(sms_receipts="none") as town:
        town.drain()
        ticket = message(town)["ticket_id"]
        figures = town.http("GET", f"/console/sending?lang={locale}", user="administrator").text
        case = town.http("GET", f"/console/tickets/{ticket}?lang={locale}", user="agent").text
        assert words in figures
        assert figures.count(line) > 1, "in place of a share that nobody knows"
        assert line in case


def test_nobody_reads_so_where_there_are_receipts() -> None:
    with texted() as town:
        town.drain()
        ticket = message(town)["ticket_id"]
        figures = town.http("GET", "/console/sending", user="administrator").text
        case = town.http("GET", f"/console/tickets/{ticket}", user="agent").text
        assert "No receipts here" not in figures
        assert "no receipts here" not in case
        assert "The carrier has taken the text" in case
