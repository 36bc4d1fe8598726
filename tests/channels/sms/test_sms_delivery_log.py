"""SNS's delivery log: read as it is documented, from our own account alone, halves dropped quietly."""

from __future__ import annotations

import base64
import gzip
import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.channels import bounds
from chalicelib.channels.receipts import parse_receipts
from chalicelib.channels.sms.delivery_log import open_batch
from chalicelib.channels.sms.door import TextDoor
from chalicelib.errors import InvalidMessage
from chalicelib.messages import ReceiptKind

GROUP = "sns/us-east-1/123456789012/DirectPublishToPhoneNumber"
NUMBER = "+12025550143"


def record(words: str, status: str = "SUCCESS", **more: Any) -> dict[str, Any]:
    return {
        "notification": {"messageId": "out-1", "timestamp": "2026-11-22 10:00:00.100"},
        "delivery": {
            "destination": NUMBER,
            "mcc": 310,
            "mnc": 270,
            "priceInUSD": 0.00645,
            "smsType": "Transactional",
            "providerResponse": words,
            "dwellTimeMs": 599,
            "dwellTimeMsUntilDeviceAck": 1344,
        },
        "status": status,
        **more,
    }


def packed(batch: object) -> dict[str, Any]:
    return {
        "awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()}
    }


def batch(*records: object, **more: Any) -> dict[str, Any]:
    lines = [{"id": "1", "timestamp": 1, "message": json.dumps(each)} for each in records]
    found = {"messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": GROUP}
    return packed({**found, "logStream": "s", "logEvents": lines, **more})


@pytest.mark.parametrize(
    ("status", "words", "kind", "is_permanent"),
    [
        ("SUCCESS", "Message has been accepted by phone carrier", ReceiptKind.SENT_ON, False),
        ("SUCCESS", "Message has been delivered to handset", ReceiptKind.DELIVERED, False),
        ("SUCCESS", "Something new", ReceiptKind.SENT_ON, False),
        ("FAILURE", "Blocked as spam by phone carrier", ReceiptKind.FAILED, False),
        ("FAILURE", "Destination is on a blocked list", ReceiptKind.FAILED, False),
        ("FAILURE", "Invalid phone number", ReceiptKind.BOUNCED, True),
        ("FAILURE", "Message body is invalid", ReceiptKind.FAILED, True),
        ("FAILURE", "Phone carrier has blocked this message", ReceiptKind.FAILED, False),
        (
            "FAILURE",
            "Phone carrier is currently unreachable/unavailable",
            ReceiptKind.BOUNCED,
            False,
        ),
        ("FAILURE", "Phone has blocked SMS", ReceiptKind.FAILED, False),
        ("FAILURE", "Phone is currently unreachable/unavailable", ReceiptKind.BOUNCED, False),
        ("FAILURE", "Phone number is opted out", ReceiptKind.BOUNCED, True),
        ("FAILURE", "This delivery would exceed max price", ReceiptKind.FAILED, False),
        ("FAILURE", "No quota left for account", ReceiptKind.FAILED, False),
        ("FAILURE", "Unknown error attempting to reach phone", ReceiptKind.UNKNOWN, False),
        ("FAILURE", "Something new", ReceiptKind.UNKNOWN, False),
    ],
)
def test_every_sentence_of_the_log_is_a_receipt_and_stays_for_staff(
    status: str, words: str, kind: ReceiptKind, is_permanent: bool
) -> None:
    (found,) = open_batch(batch(record(words, status)), GROUP)
    (receipt,) = TextDoor().parse_receipt(json.dumps(found))
    assert (receipt.kind, receipt.is_permanent, receipt.reason) == (kind, is_permanent, words)
    assert (receipt.provider_message_id, receipt.recipient) == ("out-1", NUMBER)
    assert receipt.at == datetime(2026, 11, 22, 10, 0, 0, 100_000, tzinfo=UTC)


def test_failures_are_read_from_their_own_group() -> None:
    event = batch(record("Invalid phone number", "FAILURE"), logGroup=f"{GROUP}/Failure")
    assert len(open_batch(event, GROUP)) == 1


def test_a_probe_says_nothing() -> None:
    assert open_batch(batch(record("x"), messageType="CONTROL_MESSAGE"), GROUP) == []


@pytest.mark.parametrize(
    "half",
    [
        {"status": "SUCCESS"},
        {"notification": {}, "status": "SUCCESS"},
        {"notification": {"messageId": "out-1"}},
        {"notification": {"messageId": "out-1"}, "status": "MAYBE"},
        {"notification": "out-1", "status": "SUCCESS"},
        {"notification": {"messageId": "out-1"}, "status": ["SUCCESS"]},
        [],
        "words",
        None,
    ],
)
def test_a_record_that_is_half_missing_is_dropped_and_the_rest_read(
    half: object, caplog: pytest.LogCaptureFixture
) -> None:
    whole = record("Message has been accepted by phone carrier")
    with caplog.at_level(logging.WARNING):
        assert open_batch(batch(half, whole), GROUP) == [whole]
    (line,) = caplog.records
    assert line.count == 1  # type: ignore[attr-defined]
    assert NUMBER not in caplog.text


@pytest.mark.parametrize(
    "other",
    [
        {"owner": "210987654321"},
        {"logGroup": GROUP.replace("123456789012", "210987654321")},
        {"logGroup": GROUP.replace("us-east-1", "eu-west-1")},
        {"logGroup": "/aws/lambda/civicline-on-delivery-prod"},
        {"logGroup": None},
    ],
)
def test_the_log_of_another_account_region_or_group_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        open_batch(batch(record("Invalid phone number", "FAILURE"), **other), GROUP)


def test_without_a_group_of_our_own_everything_is_refused() -> None:
    with pytest.raises(InvalidMessage):
        open_batch(batch(record("x"), logGroup=""), "")


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"awslogs": None},
        {"awslogs": {"data": 7}},
        {"awslogs": {"data": "not base64!"}},
        {"awslogs": {"data": base64.b64encode(b"not gzip").decode()}},
        {"awslogs": {"data": base64.b64encode(gzip.compress(b"{")).decode()}},
        {
            "awslogs": {
                "data": base64.b64encode(gzip.compress(b" " * (bounds.LOG_BYTES + 1))).decode()
            }
        },
        packed([]),
    ],
)
def test_what_is_no_batch_is_refused_by_name(event: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        open_batch(event, GROUP)


def test_a_batch_that_comes_back_from_the_dead_letters_is_read() -> None:
    words = "Message has been accepted by phone carrier"
    letter = json.dumps({"version": "1.0", "requestPayload": batch(record(words))})
    (receipt,) = parse_receipts(letter, GROUP)
    assert (receipt.kind, receipt.provider_message_id) == (ReceiptKind.SENT_ON, "out-1")
    with pytest.raises(InvalidMessage):
        parse_receipts(letter, GROUP.replace("us-east-1", "eu-west-1"))
