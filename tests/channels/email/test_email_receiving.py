"""What arrives from SES: received mail by way of S3, and the fate of sent mail."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from chalicelib.channels.email import MailDoor, parse_receipt
from chalicelib.errors import InvalidMessage, NotFound
from chalicelib.messages import Attachment, Nature, Proof, ReceiptKind
from tests.channels.mails import SIGNER, raw_mail, simple


class FakeFiles:
    """Keeps mails by key and files by digest."""

    def __init__(self, **mails: bytes) -> None:
        self.mails = mails
        self.kept: dict[str, bytes] = {}

    def put(self, attachment: Attachment) -> Attachment:
        from dataclasses import replace

        assert attachment.content is not None
        self.kept[attachment.digest] = attachment.content
        return replace(attachment, content=None)

    def raw(self, key: str) -> bytes:
        if key not in self.mails:
            raise NotFound("There is no such mail.")
        return self.mails[key]


def door(files: FakeFiles) -> MailDoor:
    """The door of the city of the tests."""
    return MailDoor(
        files,
        lambda: SIGNER,
        jurisdiction_id="city.example",
        own_addresses=("Desk@City.example",),
        receiving_domain="reply.city.example",
    )


def received(**changes: Any) -> dict[str, Any]:
    """The notification of a receipt rule with an S3 action."""
    verdicts = {
        f"{name}Verdict": {"status": "PASS"} for name in ("spam", "virus", "spf", "dkim", "dmarc")
    }
    return {
        "notificationType": "Received",
        "mail": {
            "timestamp": "2026-01-06T11:02:17.000Z",
            "source": "anna.reed@mail.example",
            "messageId": "ses-1",
            "destination": ["desk@city.example"],
        },
        "receipt": {
            "recipients": ["desk@city.example"],
            **verdicts,
            "action": {"type": "S3", "bucketName": "mail", "objectKey": "one"},
        },
        **changes,
    }


def wrapped(payload: dict[str, Any]) -> str:
    """The payload as SNS puts it into a queue."""
    return json.dumps({"Type": "Notification", "MessageId": "x", "Message": json.dumps(payload)})


@pytest.mark.parametrize("put", [wrapped, json.dumps])
def test_a_notification_becomes_the_mail_it_names(put: Any) -> None:
    message = door(FakeFiles(one=simple())).fetch(put(received()))
    assert message is not None
    assert (message.message_id, message.raw_key, message.proof) == ("ses-1", "one", Proof.PROVEN)
    assert message.received_at.isoformat() == "2026-01-06T11:02:17+00:00"
    assert message.text == "The lamp is dark."


def test_files_are_kept_by_digest_and_leave_the_message() -> None:
    files = FakeFiles(one=raw_mail("alternative_in_related_in_mixed"))
    message = door(files).fetch(wrapped(received()))
    assert message is not None
    assert {a.digest for a in message.attachments} == set(files.kept)
    assert all(attachment.content is None for attachment in message.attachments)


def test_the_files_of_an_infected_mail_are_not_kept() -> None:
    payload = received()
    payload["receipt"]["virusVerdict"] = {"status": "FAIL"}
    files = FakeFiles(one=raw_mail("alternative_in_related_in_mixed"))
    message = door(files).fetch(wrapped(payload))
    assert message is not None
    assert (message.nature, message.attachments, files.kept) == (Nature.VIRUS, (), {})


def test_a_mail_inside_the_notification_needs_no_bucket() -> None:
    payload = received(content=base64.b64encode(simple()).decode())
    payload["receipt"]["action"] = {"type": "SNS"}
    message = door(FakeFiles()).fetch(wrapped(payload))
    assert message is not None
    assert message.text == "The lamp is dark."


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"Type": "SubscriptionConfirmation", "Token": "x"}),
        json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "mail"}),
        wrapped({"Service": "Amazon S3", "Event": "s3:TestEvent"}),
    ],
)
def test_what_services_say_about_themselves_is_no_mail(body: str) -> None:
    assert door(FakeFiles()).fetch(body) is None


@pytest.mark.parametrize(
    "body", ["", "x", "[]", "null", '{"a": 1}', "[" * 100_000, wrapped({"mail": 3})]
)
def test_another_payload_is_refused_with_a_reason(body: str) -> None:
    with pytest.raises(InvalidMessage):
        door(FakeFiles()).fetch(body)


def test_a_mail_that_is_gone_is_not_taken_for_read() -> None:
    with pytest.raises(NotFound):
        door(FakeFiles()).fetch(wrapped(received()))


MAIL = {
    "timestamp": "2026-01-06T11:00:00.000Z",
    "messageId": "0100aaaa",
    "destination": ["anna.reed@mail.example"],
    "tags": {
        "notification_id": ["n-1"],
        "ticket_id": ["SR-7K2M-9Q4X-A"],
        "jurisdiction_id": ["city.example"],
        "ses:configuration-set": ["civicline"],
    },
}
AT = "2026-01-06T11:00:09.000Z"
BOUNCED = [{"emailAddress": "anna.reed@mail.example", "diagnosticCode": "550 no such user"}]
EVENTS: dict[str, tuple[dict[str, Any], ReceiptKind, bool]] = {
    "Delivery": (
        {"delivery": {"timestamp": AT, "recipients": ["anna.reed@mail.example"]}},
        ReceiptKind.DELIVERED,
        False,
    ),
    "Bounce": (
        {"bounce": {"timestamp": AT, "bounceType": "Permanent", "bouncedRecipients": BOUNCED}},
        ReceiptKind.BOUNCED,
        True,
    ),
    "Complaint": (
        {"complaint": {"timestamp": AT, "complainedRecipients": BOUNCED}},
        ReceiptKind.COMPLAINED,
        True,
    ),
    "DeliveryDelay": (
        {
            "deliveryDelay": {
                "timestamp": AT,
                "delayType": "MailboxFull",
                "delayedRecipients": BOUNCED,
            }
        },
        ReceiptKind.DELAYED,
        False,
    ),
    "Reject": ({"reject": {"reason": "Bad content"}}, ReceiptKind.FAILED, True),
    "Rendering Failure": ({"failure": {"errorMessage": "x"}}, ReceiptKind.FAILED, True),
}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("field", ["eventType", "notificationType"])
def test_every_event_becomes_its_receipt(event: str, field: str) -> None:
    detail, kind, is_permanent = EVENTS[event]
    (receipt,) = parse_receipt(wrapped({field: event, "mail": MAIL, **detail}))
    assert (receipt.kind, receipt.is_permanent) == (kind, is_permanent)
    assert (receipt.provider_message_id, receipt.notification_id) == ("0100aaaa", "n-1")
    assert (receipt.ticket_id, receipt.jurisdiction_id) == ("SR-7K2M-9Q4X-A", "city.example")
    assert receipt.recipient == "anna.reed@mail.example"


def test_a_transient_bounce_condemns_nobody() -> None:
    bounce = {"timestamp": AT, "bounceType": "Transient", "bouncedRecipients": BOUNCED}
    (receipt,) = parse_receipt(wrapped({"eventType": "Bounce", "mail": MAIL, "bounce": bounce}))
    assert not receipt.is_permanent


def test_a_suppressed_recipient_is_told_apart_by_its_reason() -> None:
    bounce = {
        "timestamp": AT,
        "bounceType": "Permanent",
        "bounceSubType": "OnAccountSuppressionList",
        "bouncedRecipients": BOUNCED,
    }
    (receipt,) = parse_receipt(wrapped({"eventType": "Bounce", "mail": MAIL, "bounce": bounce}))
    assert receipt.reason.startswith("OnAccountSuppressionList")


@pytest.mark.parametrize("event", ["Send", "Open", "Click", "Subscription"])
def test_what_says_nothing_about_delivery_gives_no_receipt(event: str) -> None:
    assert parse_receipt(wrapped({"eventType": event, "mail": MAIL})) == []


def test_the_greeting_of_a_new_event_destination_is_no_receipt() -> None:
    greeting = {"Type": "Notification", "Message": "Successfully validated SNS topic."}
    assert parse_receipt(json.dumps(greeting)) == []


@pytest.mark.parametrize("body", ["x", "[]", "{}x", '{"eventType": "Bounce"}', '{"mail": {}}'])
def test_what_is_no_event_is_refused(body: str) -> None:
    with pytest.raises(InvalidMessage):
        parse_receipt(body)
