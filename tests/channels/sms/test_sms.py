"""Text messages in and out, in the shapes that AWS uses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.channels.sms.door import TextDoor
from chalicelib.messages import (
    Channel,
    InboundMessage,
    Nature,
    Party,
    Proof,
    ReceiptKind,
)
from chalicelib.tickets.model.references import find_ticket_id, new_ticket_id

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOOR = TextDoor(("US",), ("+15550100",), lambda: NOW, find_ticket_id)
EVENT = {
    "originationNumber": "+12025550143",
    "destinationNumber": "+15550100",
    "messageKeyword": "KEYWORD",
    "messageBody": "The lamp on Elm is out",
    "inboundMessageId": "in-1",
}


def wrapped(event: object, at: str = "2026-11-22T11:00:00.000Z") -> str:
    message = event if isinstance(event, str) else json.dumps(event)
    return json.dumps(
        {"Type": "Notification", "MessageId": "sns-1", "Timestamp": at, "Message": message}
    )


def parsed(body: str) -> InboundMessage:
    message = DOOR.parse(body)
    assert message is not None
    return message


def test_the_envelope_gives_the_time_and_the_event_the_rest() -> None:
    message = parsed(wrapped(EVENT | {"previousPublishedMessageId": "out-1"}))
    assert message.message_id == "in-1"
    assert message.received_at == datetime(2026, 11, 22, 11, tzinfo=UTC)
    assert message.sender == Party(phone="+12025550143")
    assert (message.text, message.answers) == ("The lamp on Elm is out", ("out-1",))
    assert (message.nature, message.proof) == (Nature.HUMAN, Proof.PROVEN)
    assert message.recipients == ("+15550100",)
    assert message.locale == "en"


def test_a_raw_event_is_the_same_but_for_its_time() -> None:
    raw, peeled = parsed(json.dumps(EVENT)), parsed(wrapped(EVENT))
    assert raw.received_at == NOW
    assert replace(raw, received_at=peeled.received_at) == peeled


@pytest.mark.parametrize(
    "number", ["+12025550143", "(202) 555-0143", "1 202 555 0143", "202.555.0143"]
)
def test_one_citizen_has_one_key_whatever_the_spelling(number: str) -> None:
    message = parsed(wrapped(EVENT | {"originationNumber": number}))
    assert message.sender.key == "tel:+12025550143"


@pytest.mark.parametrize("sender", ["12345", "AMAZON", "729-725", "+1", "Bank 24"])
def test_short_codes_and_names_are_never_answered(sender: str) -> None:
    message = parsed(wrapped(EVENT | {"originationNumber": sender}))
    assert message.nature is Nature.AUTOMATIC
    assert message.sender.key == ""
    assert message.nature_reason


def test_our_own_number_and_driving_telephones_are_not_people() -> None:
    own = parsed(wrapped(EVENT | {"originationNumber": "+15550100"}))
    robot = parsed(wrapped(EVENT | {"messageBody": "I'm driving, will reply later"}))
    assert (own.nature, robot.nature) == (Nature.OWN, Nature.AUTOMATIC)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "null",
        "{}",
        wrapped("not json"),
        wrapped({}),
        wrapped({"messageBody": "hi"}),
        wrapped({"originationNumber": "+12025550143"}),
        wrapped(EVENT | {"messageBody": None}),
        wrapped(EVENT | {"messageBody": "  \n"}),
        wrapped(EVENT | {"originationNumber": 12}),
        "[" * 100_000,
    ],
)
def test_what_cannot_be_read_goes_to_a_person_under_a_stable_key(body: str) -> None:
    message = parsed(body)
    assert message.nature is Nature.UNREADABLE
    assert message.nature_reason
    assert message.message_id
    assert parsed(body).message_id == message.message_id


@settings(deadline=None, max_examples=150)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from([*EVENT, "Message", "Timestamp"]), inner)
        ),
    )
)
def test_no_json_at_all_makes_the_door_fall(value: Any) -> None:
    for body in (json.dumps(value), wrapped(value)):
        DOOR.parse(body)
        DOOR.parse_receipt(body)


@pytest.mark.parametrize(
    ("body", "intent", "locale", "text"),
    [
        ("STOP", "stop", "en", "STOP"),
        ("لغو", "stop", "fa", "لغو"),
        ("退订", "stop", "zh", "退订"),
        ("Ayuda", "help", "es", "Ayuda"),
        (
            "NEW the lamp on the corner of Elm is out",
            "new",
            "en",
            "the lamp on the corner of Elm is out",
        ),
        ("۲", "", "", "2"),
        ("چراغ خیابان خاموش است", "", "fa", "چراغ خیابان خاموش است"),
        ("路灯坏了", "", "zh", "路灯坏了"),
        ("Hay un bache en la calle Luna", "", "es", "Hay un bache en la calle Luna"),
    ],
)
def test_a_text_says_what_it_wants_and_in_which_language(
    body: str, intent: str, locale: str, text: str
) -> None:
    message = parsed(wrapped(EVENT | {"messageBody": body}))
    assert (message.intent, message.locale, message.text) == (intent, locale, text)


def test_a_reference_in_the_text_is_a_claim() -> None:
    ticket_id = new_ticket_id()
    message = parsed(wrapped(EVENT | {"messageBody": f"more on {ticket_id.lower()}"}))
    assert (message.claimed_ticket_id, message.token) == (ticket_id, None)


def test_what_is_no_message_is_none() -> None:
    confirmation = {"Type": "SubscriptionConfirmation", "SubscribeURL": "https://x", "Message": "m"}
    assert DOOR.parse(wrapped({"eventType": "TEXT_DELIVERED", "messageId": "m"})) is None
    assert DOOR.parse(wrapped({"notification": {"messageId": "m"}, "status": "SUCCESS"})) is None
    assert DOOR.parse(json.dumps(confirmation)) is None


def event(name: str, **fields: Any) -> str:
    return wrapped(
        {
            "eventType": name,
            "eventTimestamp": 1763812800000,
            "isFinal": True,
            "messageId": "out-1",
            "destinationPhoneNumber": "+12025550143",
            "messageStatusDescription": "words",
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("name", "kind", "is_permanent"),
    [
        ("TEXT_DELIVERED", ReceiptKind.DELIVERED, False),
        ("TEXT_SUCCESSFUL", ReceiptKind.SENT_ON, False),
        ("TEXT_INVALID", ReceiptKind.BOUNCED, True),
        ("TEXT_CARRIER_UNREACHABLE", ReceiptKind.BOUNCED, False),
        ("TEXT_UNREACHABLE", ReceiptKind.BOUNCED, False),
        ("TEXT_BLOCKED", ReceiptKind.FAILED, False),
        ("TEXT_TTL_EXPIRED", ReceiptKind.FAILED, False),
        ("TEXT_UNKNOWN", ReceiptKind.UNKNOWN, False),
        ("TEXT_SOMETHING_NEW", ReceiptKind.UNKNOWN, False),
    ],
)
def test_end_user_messaging_events_become_receipts(
    name: str, kind: ReceiptKind, is_permanent: bool
) -> None:
    (receipt,) = DOOR.parse_receipt(event(name, context={"notification_id": "n-1"}))
    assert (receipt.kind, receipt.is_permanent) == (kind, is_permanent)
    assert (receipt.provider_message_id, receipt.notification_id) == ("out-1", "n-1")
    assert receipt.channel is Channel.SMS
    assert receipt.at == datetime(2025, 11, 22, 12, tzinfo=UTC)


def test_what_is_under_way_is_no_receipt() -> None:
    assert DOOR.parse_receipt(event("TEXT_SENT")) == []
    assert DOOR.parse_receipt(event("TEXT_SUCCESSFUL", isFinal=False)) == []
    (receipt,) = DOOR.parse_receipt(event("TEXT_UNREACHABLE", isFinal=False))
    assert receipt.kind is ReceiptKind.DELAYED
