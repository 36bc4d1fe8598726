"""What the staff API answers: one model per answer, for the OpenAPI document and its test."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from chalicelib.handlers.api.schemas.exact import Shape
from chalicelib.handlers.api.schemas.figures import AskedShape, ChangePage, QueueStatistics
from chalicelib.handlers.api.schemas.parked import ParkedTickets, Unparked
from chalicelib.handlers.api.schemas.people import Myself, People
from chalicelib.handlers.api.schemas.promises import ClocksShape, Export, MoveList, TrialShape
from chalicelib.handlers.api.schemas.sending import (
    BroadcastList,
    BroadcastShape,
    ContactShape,
    FaringShape,
    KeyList,
    KeyShape,
    OrderList,
    OrderShape,
    SuppressedPage,
)
from chalicelib.handlers.api.schemas.words import WordsShape
from chalicelib.tickets.model.records import DeliveryStatus
from chalicelib.tickets.model.ticket import Priority, Status, Visibility

BESIDE = (ClocksShape, Export, MoveList, TrialShape, ParkedTickets, Unparked, WordsShape)
ABOUT_PEOPLE = (Myself, People)
ABOUT_FIGURES = (AskedShape, ChangePage, QueueStatistics)
ABOUT_SENDING = (
    BroadcastList,
    FaringShape,
    SuppressedPage,
    BroadcastShape,
    ContactShape,
    KeyList,
    KeyShape,
    OrderList,
    OrderShape,
)


class PartyShape(Shape):
    """A person and how to reach them."""

    name: str
    email: str | None
    phone: str | None


class FileShape(Shape):
    """A file; its bytes are at `/tickets/{ticket_id}/files/{digest}`."""

    filename: str
    content_type: str
    size: int
    digest: str


class TicketShape(Shape):
    """A ticket as staff see it."""

    ticket_id: str
    version: int
    status: Status
    status_notes: str
    next_statuses: list[Status] = Field(description="What the status may become.")
    priority: Priority
    service_code: str
    service_name: str
    agency_code: str
    assignee: str = Field(description="What they sign in with; `assignee_id` says who it is.")
    assignee_id: str
    channel: str
    locale: str
    subject: str
    description: str
    requester: PartyShape
    address: str
    lat: float | None
    long: float | None
    attributes: dict[str, Any]
    attachments: list[FileShape]
    media_urls: list[str]
    is_public: bool
    is_confirmed: bool
    tags: list[str]
    linked_to: list[str]
    merged_into: str
    part_of: str
    side: str
    asked_sides: list[str]
    follows: str
    me_too: int
    escalation_level: int
    requested_at: datetime
    updated_at: datetime
    first_response_due_at: datetime | None
    first_responded_at: datetime | None
    due_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    next_action_at: datetime | None


class TicketPage(Shape):
    """Some tickets; `next_token` continues the list and is empty at its end."""

    tickets: list[TicketShape]
    next_token: str


class FollowerPage(Shape):
    """Ids of tickets that follow one; `next_token` continues the list and is empty at its end."""

    followers: list[str]
    next_token: str


class ActorShape(Shape):
    """Who did something."""

    kind: str
    key: str
    name: str


class EntryShape(Shape):
    """One thing that happened. Where `is_cut`, there are more words under `/entries/{number}`."""

    number: int
    kind: str
    at: datetime
    actor: ActorShape
    visibility: Visibility
    text: str
    data: dict[str, Any]
    attachments: list[FileShape]
    channel: str
    is_verified: bool
    is_cut: bool


class NotificationShape(Shape):
    """One message from intent to delivered or not."""

    notification_id: str
    entry: int
    notice: str
    audience: str
    channel: str
    recipient: str
    locale: str
    status: DeliveryStatus
    reason: str
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    next_attempt_at: datetime | None


class CaseShape(Shape):
    """A ticket, a page of its timeline, the latest first, and the messages of that page."""

    ticket: TicketShape
    entries: list[EntryShape]
    notifications: list[NotificationShape]
    has_more_notifications: bool
    next_token: str


class HeldMessage(Shape):
    """A message that waits for a person."""

    message_key: str
    channel: str
    received_at: datetime
    reason: str
    sender: str
    sender_name: str
    is_proven: bool
    subject: str
    text: str
    has_raw: bool


class HeldPage(Shape):
    """Some held messages, newest first."""

    messages: list[HeldMessage]
    next_token: str


class Released(Shape):
    """A held message was let in and opened a ticket."""

    message_key: str
    ticket_id: str


class Discarded(Shape):
    """A held message was thrown away."""

    message_key: str


class CatalogShape(Shape):
    """One version of one thing that administrators write."""

    kind: str
    code: str
    version: int
    body: dict[str, Any]
    author: str
    note: str
    at: datetime | None
    is_deleted: bool


class CatalogList(Shape):
    """Things of the catalogue."""

    items: list[CatalogShape]


class AuditShape(Shape):
    """Who did what outside a ticket's timeline."""

    audit_id: str
    at: datetime
    actor: ActorShape
    action: str
    subject: str
    data: dict[str, Any]


class AuditPage(Shape):
    """Some of the trail, newest first. `looked_to` is told where a page ended before it was full."""

    records: list[AuditShape]
    next_token: str
    looked_to: str | None


class NoticeProblem(Shape):
    """What is wrong in one line of a part."""

    part: str
    line: int
    message: str


class SmsPreview(Shape):
    """A text message as it would leave, with what it would cost."""

    text: str
    encoding: str
    units: int
    segments: int
    price: str


class NoticePreview(Shape):
    """A draft as people would receive it. Without problems there is mail and text."""

    problems: list[NoticeProblem]
    locale: str
    direction: str
    subject: str
    text: str
    html: str
    sms: SmsPreview | None
    ease: int | None
    longest_sentence: int
    has_long_sentence: bool
    jargon: list[list[str]]
    unused: list[str]
