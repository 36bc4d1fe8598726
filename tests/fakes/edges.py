"""Clock, catalogue, queue, sender and files in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from chalicelib.errors import (
    NotFound,
    StaleTicket,
)
from chalicelib.messages import Attachment, Channel, OutboundMessage
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.catalog.bodies import read_catalog
from chalicelib.tickets.model.ticket import Actor
from chalicelib.tickets.ports import (
    CatalogItem,
    NotificationKey,
)


@dataclass
class FixedClock:
    """A clock that stands until it is moved."""

    at: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """Where it stands."""
        return self.at

    def move(self, by: timedelta | None = None, *, to: datetime | None = None) -> datetime:
        """Go forward by some time, or to a moment."""
        self.at = to or self.at + (by or timedelta())
        return self.at


class FakeCatalogStore:
    """`CatalogStore` in memory; `audit` is what was written about its changes."""

    def __init__(self, items: Iterable[CatalogItem] = ()) -> None:
        self.versions: dict[tuple[str, str], list[CatalogItem]] = {}
        self.audit: list[tuple[str, str, Actor]] = []
        for item in items:
            published = replace(item, version=max(item.version, 1))
            self.versions[item.kind, item.code] = [published]

    def load(self) -> Catalog:
        return self.fresh()

    def fresh(self) -> Catalog:
        return read_catalog([versions[-1] for versions in self.versions.values()])

    def items(self, kind: str) -> list[CatalogItem]:
        latest = [versions[-1] for _, versions in sorted(self.versions.items())]
        return [item for item in latest if item.kind == kind and not item.is_deleted]

    def put(self, item: CatalogItem, actor: Actor, now: datetime) -> CatalogItem:
        versions = self.versions.setdefault((item.kind, item.code), [])
        if (versions[-1].version if versions else 0) != item.version:
            raise StaleTicket(f"The {item.kind} {item.code} was changed by somebody else.")
        author = item.author or actor.key
        published = replace(item, version=item.version + 1, at=now, author=author)
        versions.append(published)
        self.audit.append((published.kind, published.code, actor))
        return published

    def history(self, kind: str, code: str) -> list[CatalogItem]:
        return list(reversed(self.versions.get((kind, code), [])))


@dataclass
class FakeQueue:
    """`DeliveryQueue` as a list; `fail_next` holds errors that the next calls raise."""

    keys: list[NotificationKey] = field(default_factory=list)
    fail_next: list[Exception] = field(default_factory=list)

    def enqueue(self, keys: Iterable[NotificationKey]) -> None:
        if self.fail_next:
            raise self.fail_next.pop(0)
        self.keys += keys

    def waiting(self, urgency: str) -> int:
        return sum(key.urgency == urgency for key in self.keys)

    def take(self) -> list[NotificationKey]:
        """Everything that waits, taken off."""
        taken, self.keys = self.keys, []
        return taken


@dataclass
class FakeSender:
    """`Sender` that keeps what it sent; `fail_next` holds errors that the next sends raise."""

    channel: Channel = Channel.EMAIL
    sent: list[OutboundMessage] = field(default_factory=list)
    fail_next: list[Exception] = field(default_factory=list)

    def cost(self, message: OutboundMessage) -> int:
        return 1 if self.channel is Channel.SMS else 0

    def send(self, message: OutboundMessage) -> str:
        if self.fail_next:
            raise self.fail_next.pop(0)
        self.sent.append(message)
        return f"{self.channel}-{len(self.sent)}"


@dataclass
class FakeTurns:
    """The account's rate, as all workers share it."""

    until: float = 0.0

    def take(self, span: float, now: float) -> float:
        begins = max(self.until, now)
        self.until = begins + span
        return begins


@dataclass
class FakePost:
    """What was posted to other systems; `fails` are the errors that the next ones answer with."""

    sent: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        self.sent.append((url, body, headers))
        if self.fails:
            raise self.fails.pop(0)


@dataclass
class FakeFiles:
    """`FileStore` in memory; `raws` holds raw mails by key."""

    contents: dict[str, bytes] = field(default_factory=dict)
    raws: dict[str, bytes] = field(default_factory=dict)

    def put(self, attachment: Attachment) -> Attachment:
        content = attachment.content or b""
        digest = hashlib.sha256(content).hexdigest()
        self.contents[digest] = content
        return replace(attachment, digest=digest, size=len(content), content=None)

    def get(self, digest: str) -> bytes:
        if digest not in self.contents:
            raise NotFound(f"There is no file {digest}.")
        return self.contents[digest]

    def raw(self, key: str) -> bytes:
        if key not in self.raws:
            raise NotFound(f"There is no raw mail {key}.")
        return self.raws[key]
