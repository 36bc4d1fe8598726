"""What the staff API answers about messages that leave: keys, orders, broadcasts, addresses; pure."""

from __future__ import annotations

from chalicelib.handlers.api.schemas.exact import Shape


class KeyShape(Shape):
    """A key of another system. `secret` and `callback_secret` are shown once, when it is made.

    `previous_until` is when the secret before the last renewal stops.
    """

    key_id: str
    name: str
    kind: str
    channels: list[str]
    templates: list[str]
    jurisdictions: list[str]
    services: list[str]
    agency_code: str
    rate_per_minute: int
    daily_limit: int
    callback_url: str
    expires_at: str
    previous_until: str | None
    is_revoked: bool
    created_by: str
    secret: str
    callback_secret: str


class KeyList(Shape):
    """All keys there ever were."""

    keys: list[KeyShape]


class OrderShape(Shape):
    """A message as it stands now; `reason` says why it did not leave or arrive."""

    id: str
    reference: str
    template: str
    template_version: int
    channel: str
    status: str
    reason: str
    created_at: str
    sent_at: str | None
    is_simulated: bool


class OrderList(Shape):
    """Messages under one reference, newest first."""

    notifications: list[OrderShape]


class ContactShape(Shape):
    """An address on one channel, and what still keeps messages from it."""

    channel: str
    suppressed: dict[str, str]


class BadRow(Shape):
    """A line of the list that nobody is sent anything for."""

    line: int
    reason: str


class SegmentShape(Shape):
    """Whom a broadcast is for; what is empty does not restrict."""

    areas: list[str]
    services: list[str]
    locales: list[str]
    who: str


class BroadcastShape(Shape):
    """A broadcast, what it will take, and how far it is. `statuses` counts messages as they stand;
    `kept_back` belong to the segment and cannot be written to."""

    id: str
    name: str
    template: str
    locale: str
    purpose: str
    stage: str
    author: str
    approved_by: str
    created_at: str
    starts_at: str | None
    finished_at: str | None
    rows: int
    bad: int
    problems: list[BadRow]
    mails: int
    texts: int
    segments: int
    price: str
    handed_over: int
    statuses: dict[str, int]
    segment: SegmentShape | None
    values: dict[str, str]
    kept_back: int


class BroadcastList(Shape):
    """All broadcasts, newest first, without the counts of their messages."""

    broadcasts: list[BroadcastShape]


class TimesShape(Shape):
    """Seconds from intent to provider, as upper bounds; null where nothing left within four hours."""

    median: int | None
    p95: int | None
    p99: int | None


class FaringLine(Shape):
    """The messages of one channel and template, each counted where it stands now."""

    channel: str
    template: str
    total: int
    statuses: dict[str, int]
    seconds: TimesShape


class StuckShape(Shape):
    """A message that should have left a quarter of an hour ago."""

    ticket_id: str
    notification_id: str
    notice: str
    channel: str
    status: str
    reason: str
    attempts: int
    created_at: str


class SpentShape(Shape):
    """Text segments and what they cost."""

    segments: int
    price: str


class DaySpentShape(SpentShape):
    """Text segments of a civil day."""

    day: str


class SpendingShape(Shape):
    """What texts cost today and this month."""

    today: SpentShape
    month: SpentShape
    days: list[DaySpentShape]


class FaringShape(Shape):
    """How the messages fare that were meant to be sent on these days."""

    first_day: str
    last_day: str
    lines: list[FaringLine]
    seconds: TimesShape
    stuck: list[StuckShape]
    spending: SpendingShape


class SuppressedContact(Shape):
    """An address, why it is not written to by channel, and which of that staff may lift."""

    address: str
    suppressed: dict[str, str]
    may_be_released: list[str]
    updated_at: str | None


class SuppressedPage(Shape):
    """Some of them, latest change first."""

    contacts: list[SuppressedContact]
    next_token: str
