"""Items and back: nothing is lost, nothing is large, nothing unspeakable breaks a write."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from chalicelib.messages import Attachment, Audience, Channel, Party
from chalicelib.tickets.dynamodb.items.entries import add_entry, entry_items, read_entry
from chalicelib.tickets.dynamodb.items.keys import Keys, bounded, moment
from chalicelib.tickets.dynamodb.items.notifications import notification_item, read_notification
from chalicelib.tickets.dynamodb.items.records import (
    audit_item,
    contact_item,
    message_item,
    read_audit,
    read_contact,
    read_message,
)
from chalicelib.tickets.dynamodb.items.tickets import read_ticket, ticket_item
from chalicelib.tickets.model.public_copy import PublicWords
from chalicelib.tickets.model.records import (
    AuditRecord,
    Contact,
    DeliveryStatus,
    HandledMessage,
    Notification,
)
from chalicelib.tickets.model.ticket import (
    Actor,
    ClockEvent,
    ClockMark,
    Entry,
    Priority,
    Status,
    Ticket,
    Visibility,
)
from chalicelib.tickets.model.timeline import Settled
from tests.examples import CLERK, DAY, NOW, a_notification, a_ticket

KEYS = Keys("city.example", 4)
FILE = Attachment(
    filename="خیابان.jpg", content_type="image/jpeg", size=9, digest="d" * 64, content_id="c1",
    is_inline=True,
)  # fmt: skip
FULL_TICKET = Ticket(
    ticket_id="SR-FULL-FULL-0",
    jurisdiction_id="city.example",
    channel=Channel.SMS,
    service_code="pothole",
    service_name="Pothole",
    agency_code="roads",
    requester=Party(name="آنا", email="Anna@example.org", phone="+15550100"),
    description="A hole.\n\u202eAnd \U0001f573 more.",
    requested_at=NOW,
    updated_at=NOW + timedelta(microseconds=1),
    subject="Hole",
    status=Status.PENDING,
    status_notes="waiting",
    priority=Priority.P1,
    locale="fa",
    preferred_channel=Channel.SMS,
    assignee="clerk@city.example",
    is_public=True,
    public_words=PublicWords("d", "n", "a", "staff", 7),
    reopened=2,
    is_confirmed=False,
    address="Main St 1",
    lat=0.0,
    long=-73.98765,
    attributes={"depth": "10", "kinds": ["a", "b"]},
    media_urls=("https://example.org/1.jpg",),
    attachments=(FILE,),
    tags=("winter",),
    service_notice="We look within a day.",
    tracking_version=3,
    link_made_at=NOW,
    reply_turns={"abcdefghijklm": 2},
    merged_into="SR-OTHER",
    linked_to=("SR-LINK",),
    part_of="SR-0000-INCI-0",
    asked_sides=("north", "-"),
    side="north",
    follows="SR-0000-SAME-0",
    followed=7,
    me_too=3,
    confirm_by=NOW + DAY,
    confirm_tries=2,
    escalation_level=2,
    last_staff_action_at=NOW,
    first_response_due_at=NOW + DAY,
    promised_at=NOW + DAY,
    offered_from="parks",
    hops=2,
    resolved_by="clerk@city.example",
    appealed_against="clerk@city.example",
    first_responded_at=NOW,
    due_at=NOW + 2 * DAY,
    resolved_at=NOW,
    closed_at=NOW,
    next_action_at=NOW + DAY,
    ledger=(ClockMark(ClockEvent.STARTED, NOW, 1), ClockMark(ClockEvent.PAUSED, NOW, 2)),
    fired={"rule/step/1": NOW},
    last_provider_message_ids=("p1", "p2"),
    entry_count=7,
    settled=Settled((2, 4), (5,), 7),
    version=4,
)
FULL_ENTRY = Entry(
    number=7,
    kind="replied",
    at=NOW,
    actor=Actor("staff", "clerk", "Cleo"),
    visibility=Visibility.STAFF,
    text="words",
    data={"to": "p1", "nested": {"n": 1}},
    attachments=(FILE,),
    channel="email",
    message_key="email:m1",
    is_verified=False,
)
FULL_NOTIFICATION = Notification(
    notification_id="n1",
    ticket_id="SR-FULL-FULL-0",
    jurisdiction_id="city.example",
    notice="ticket_received",
    audience=Audience.AGENCY,
    channel=Channel.SMS,
    recipient=Party(name="Anna", phone="+15550100"),
    locale="zh-Hans",
    created_at=NOW,
    entry=3,
    context={"reference": "SR-1", "tickets": [{"number": 1}]},
    template_version=2,
    attempts=3,
    lease=4,
    due_at=NOW + DAY,
    in_reply_to=("p0",),
    reason="throttled",
    sent_at=NOW,
    settled_at=NOW,
    provider_message_id="p1",
    urgency="urgent",
    purpose="alerts",
    quiet_hours="21:00-08:00",
    is_held=True,
    tried=("email",),
    template="winter",
    source="key:app",
    client_reference="r-1",
    is_unproven=True,
    reply_turn=2,
    is_simulated=True,
    timezone="Asia/Tehran",
)
FULL_MESSAGE = HandledMessage(
    channel=Channel.EMAIL,
    message_id="m1",
    outcome="quarantined",
    at=NOW,
    reason="spam",
    ticket_id="SR-1",
    content_digest="digest",
    raw_key="in/m1",
    sender_key="email:a@x.org",
    sender_name="A",
    subject="S",
    text="T",
    is_proven=True,
    attachments=(FILE,),
)
FULL_CONTACT = Contact(
    key="tel:+15550100",
    locale="es",
    preferred_channel=Channel.SMS,
    suppressed={"sms": "opted_out"},
    conversation="SR-1",
    conversation_ends_at=NOW,
    answered={"2026-03-02": 2},
    soft_bounces={"n1": "2026-03-02T09:00:00Z"},
    released_at=NOW,
    wish_at=NOW,
    threads=("SR-1",),
    question={"asked": "which"},
    purposes={"cases": "email"},
    quiet_hours="21:00-08:00",
    consents=({"at": "2026-03-02", "what": "stop"},),
    is_business=True,
    timezone="Asia/Tehran",
    updated_at=NOW,
    version=5,
)
FULL_AUDIT = AuditRecord(
    audit_id="a1", at=NOW, actor=CLERK, action="viewed", subject="SR-1", data={"why": ["x"]}
)
SET_BY_DELIVERY = {"status", "doubts", "is_repeat", "joined", "is_beyond_us"}


def assert_full(thing: Any, excepted: frozenset[str] | set[str] = frozenset()) -> None:
    """Every field of the example differs from its default, so that a forgotten one shows."""
    for each in fields(thing):
        default = each.default
        if each.default_factory is not MISSING:
            default = each.default_factory()
        value = getattr(thing, each.name)
        is_kept = each.compare and each.name not in excepted
        assert not is_kept or value != default, f"give {each.name} a value"


def saved(item: dict[str, Any]) -> dict[str, Any]:
    """The item as it comes back over the wire."""
    back: dict[str, Any] = json.loads(json.dumps(item))
    return back


def test_no_field_of_a_ticket_is_forgotten() -> None:
    assert_full(FULL_TICKET, {"new_entries", "is_owed"})
    back = read_ticket(KEYS, saved(ticket_item(KEYS, FULL_TICKET, "w")))
    assert back == replace(FULL_TICKET, version=5)


def test_a_bare_ticket_comes_back_as_it_was() -> None:
    ticket = a_ticket(entries=False, due_at=None, description="", requester=Party())
    assert read_ticket(KEYS, saved(ticket_item(KEYS, ticket, "w"))) == replace(ticket, version=1)


def test_no_field_of_an_entry_is_forgotten() -> None:
    assert_full(FULL_ENTRY, {"is_cut"})
    [item] = entry_items(KEYS, "SR-1", FULL_ENTRY, "w")
    assert read_entry(saved(item)) == FULL_ENTRY


def test_no_field_of_a_notification_is_forgotten() -> None:
    assert_full(FULL_NOTIFICATION, SET_BY_DELIVERY)
    item = saved(notification_item(KEYS, FULL_NOTIFICATION, "w"))
    assert read_notification(KEYS, item) == FULL_NOTIFICATION
    claimed = {"status": {"S": "claimed"}, "claimed_from": {"S": "unknown"}}
    back = read_notification(KEYS, item | claimed)
    assert (back.status, back.is_repeat) == (DeliveryStatus.CLAIMED, True)


def test_no_field_of_the_other_records_is_forgotten() -> None:
    for thing in (FULL_MESSAGE, FULL_CONTACT, FULL_AUDIT):
        assert_full(thing)
    assert read_message(saved(message_item(KEYS, FULL_MESSAGE, "w"))) == FULL_MESSAGE
    assert read_contact(saved(contact_item(KEYS, FULL_CONTACT, "w"))) == replace(
        FULL_CONTACT, version=6
    )
    assert read_audit(saved(audit_item(KEYS, FULL_AUDIT, "w"))) == FULL_AUDIT


def test_a_ticket_of_a_long_life_stays_small() -> None:
    ticket = replace(
        FULL_TICKET,
        description="ف" * 4000,
        entry_count=5000,
        ledger=tuple(ClockMark(ClockEvent.PAUSED, NOW, n) for n in range(60)),
    )
    assert len(json.dumps(ticket_item(KEYS, ticket, "w"), ensure_ascii=False).encode()) < 20_000


@pytest.mark.parametrize("words", ["x" * 350_000, "ف\U0001f573" * 150_000], ids=["ascii", "wide"])
def test_a_very_long_text_is_kept_whole_in_items_that_fit(words: str) -> None:
    entry = replace(FULL_ENTRY, text=words)
    items = [saved(item) for item in entry_items(KEYS, "SR-1", entry, "w")]
    assert max(len(json.dumps(i, ensure_ascii=False).encode()) for i in items) < 380_000
    items.sort(key=lambda item: item["sk"]["S"])
    entries: list[Entry] = []
    for item in items:
        add_entry(entries, item)
    assert entries == [entry]


def test_half_a_letter_of_a_broken_mail_does_not_stop_the_write() -> None:
    entry = replace(FULL_ENTRY, text="good \udcff\ud800 words")
    [item] = entry_items(KEYS, "SR-1", entry, "w")
    json.dumps(item, ensure_ascii=False).encode()
    assert read_entry(item).text == "good ?? words"


def test_what_is_no_number_is_refused_before_the_write() -> None:
    with pytest.raises(ValueError, match="JSON"):
        ticket_item(KEYS, replace(FULL_TICKET, lat=float("nan")), "w")


def test_moments_sort_as_texts_whatever_their_zone() -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    moments = [
        datetime(2026, 3, 2, 9, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        datetime(2026, 3, 2, 12, 30, tzinfo=tehran) - timedelta(microseconds=1),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ]
    assert sorted(map(moment, moments)) == [moment(m) for m in sorted(moments)]
    assert all(datetime.fromisoformat(moment(m)) == m for m in moments)


def test_names_that_strangers_choose_always_fit_a_key() -> None:
    for name in ("x" * 5000, "\udcff", "a\nb", "ف" * 1000):
        assert len(bounded(name).encode()) <= 900
        assert bounded(name) == bounded(name) != bounded(name + "x")
    assert bounded("email:anna@example.org") == "email:anna@example.org"


def test_a_jurisdiction_must_be_a_name() -> None:
    for wrong in ("", "a#b"):
        with pytest.raises(ValueError, match="JURISDICTION_ID"):
            Keys(wrong, 4)


def test_a_private_or_finished_ticket_has_no_key_in_indexes_that_are_not_its_own() -> None:
    private = ticket_item(KEYS, a_ticket(next_action_at=None, requester=Party()), "w")
    absent = {"public_key", "due_queue", "next_action_at", "party_key", "assignee_key", "assignee"}
    assert not absent & set(private)


def test_a_notification_that_will_not_leave_is_in_no_index() -> None:
    suppressed = a_notification(status=DeliveryStatus.SUPPRESSED)
    item = notification_item(KEYS, suppressed, "w")
    assert not {"due_queue", "next_action_at", "party_key"} & set(item)
