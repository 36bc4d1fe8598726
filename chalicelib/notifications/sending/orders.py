"""Messages that the city's other systems ask for: who may, how many, exactly once; sends nothing itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.errors import (
    AccessDenied,
    DuplicateMessage,
    InvalidRequest,
    NotFound,
)
from chalicelib.messages import Audience, Channel, Party
from chalicelib.templates.written import render_written
from chalicelib.tickets.catalog import Catalog, NoticeWords
from chalicelib.tickets.catalog.notice_checks import as_written
from chalicelib.tickets.commit.reachability import refusal, respect_hours
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.model.records import Change, DeliveryStatus, HandledMessage, Notification
from chalicelib.tickets.partners.keys import ApiKey, KeyKind, KeyStore, count_use
from chalicelib.tickets.ports import NotificationKey

SERVICE = "SERVICE-"
URGENCIES = ("urgent", "ordinary", "broadcast")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a system asks for. `personalisation` fills the template's own placeholders."""

    template: str
    channel: Channel
    recipient: Party
    locale: str = "en"
    personalisation: Mapping[str, str] | None = None
    reference: str = ""
    idempotency_key: str = ""
    purpose: str = "cases"
    urgency: str = "ordinary"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationService:
    """Accepts orders. `team` gives the addresses that team keys may write to; `frame` what every
    message says of the city."""

    committer: Committer
    clients: KeyStore
    jurisdiction_id: str
    frame: Mapping[str, str]
    team: Callable[[], frozenset[str]]

    def order(self, key: ApiKey, order: Order) -> Notification:
        """Write the message and hand it over; the same idempotency key gives the same message again.

        Raises `AccessDenied` outside the key's scope, `InvalidRequest` naming what would leave a gap,
        `TooManyRequests` over a limit, `MessageConflict` for other words under the same key.
        """
        now = self.committer.clock.now()
        self._check_scope(key, order)
        catalog = self.committer.catalogs.load()
        notification = self._made(key, order, catalog, now)
        self._check_words(notification, catalog)
        if stored := self._known(order, notification):
            return stored
        count_use(key, self.clients, now)
        self._respect_wishes(notification)
        if order.reference:
            name = notification.notification_id
            self.clients.note_reference(key.key_id, order.reference, name)
        return self._write(key, order, notification, now)

    def status(self, key: ApiKey, notification_id: str) -> Notification:
        """One of the key's own messages. Raises `NotFound` alike for absent and foreign ones."""
        found = self.committer.deliveries.notification(service_key(notification_id))
        if found is None or found.source != f"key:{key.key_id}":
            raise NotFound("There is no such message of yours.")
        return found

    def statuses(self, key: ApiKey, reference: str) -> list[Notification]:
        """The key's messages under one of its own references, newest first."""
        names = self.clients.referred(key.key_id, reference)
        found = (self.committer.deliveries.notification(service_key(name)) for name in names)
        return [each for each in found if each and each.source == f"key:{key.key_id}"]

    def _check_scope(self, key: ApiKey, order: Order) -> None:
        if key.channels and order.channel not in key.channels:
            raise AccessDenied(f"This key may not send by {order.channel}.")
        if key.templates and order.template not in key.templates:
            raise AccessDenied(f"This key may not use the template {order.template!r}.")
        address = order.recipient.address(order.channel)
        if not address:
            raise InvalidRequest(
                "The recipient has no such address.",
                {"recipient": f"lacks one for {order.channel}"},
            )
        if key.kind is KeyKind.TEAM and address.lower() not in self.team():
            raise AccessDenied("A team key writes to staff and guests only.")

    def _made(self, key: ApiKey, order: Order, catalog: Catalog, now: datetime) -> Notification:
        seed = order.idempotency_key or f"{now.isoformat()}{id(order)}{_digest(order)}"
        name = hashlib.sha256(f"{key.key_id}\n{seed}".encode()).hexdigest()[:26]
        is_disturbing = order.channel is Channel.SMS and order.urgency != "urgent"
        return Notification(
            notification_id=name,
            ticket_id=f"{SERVICE}{name}",
            jurisdiction_id=self.jurisdiction_id,
            notice=order.template,
            template=order.template,
            template_version=catalog.notice_version(order.template, order.locale),
            audience=Audience.REQUESTER,
            channel=order.channel,
            recipient=order.recipient,
            locale=order.locale,
            created_at=now,
            due_at=now,
            context={**self.frame, **(order.personalisation or {})},
            urgency=order.urgency,
            purpose=order.purpose,
            quiet_hours=catalog.policy.quiet_hours if is_disturbing else "",
            source=f"key:{key.key_id}",
            client_reference=order.reference,
            is_simulated=key.kind is KeyKind.TEST,
        )

    def _check_words(self, notification: Notification, catalog: Catalog) -> None:
        """A message that would have a gap is refused now, not sent."""
        words = template_of(catalog, notification.template, notification.locale)
        own = {name: notification.context.get(name, "") for name in words.placeholders}
        strange = set(notification.context) - set(words.placeholders) - set(self.frame)
        if strange:
            raise InvalidRequest(
                "The personalisation does not fit the template.",
                dict.fromkeys(sorted(strange), "The template has no such placeholder."),
            )
        values = {**self.frame, **own}
        render_written(words.name, as_written(words), notification.channel, values)

    def _known(self, order: Order, made: Notification) -> Notification | None:
        """The message of an earlier try, so that a repetition costs none of the limits."""
        if not order.idempotency_key:
            return None
        stored = self.committer.deliveries.notification(service_key(made.notification_id))
        is_same = stored and (stored.context, stored.recipient, stored.template) == (
            made.context,
            made.recipient,
            made.template,
        )
        return stored if is_same else None

    def _respect_wishes(self, notification: Notification) -> None:
        contact = self.committer.store.contact(notification.recipient.key)
        respect_hours(notification, contact)
        if reason := refusal(contact, notification.channel, notification.purpose):
            notification.status = DeliveryStatus.SUPPRESSED
            notification.reason, notification.due_at = reason, None

    def _write(
        self, key: ApiKey, order: Order, notification: Notification, now: datetime
    ) -> Notification:
        proof = HandledMessage(
            channel=Channel.WEB,
            message_id=f"api:{key.key_id}:{notification.notification_id}",
            outcome="answered",
            at=now,
            reason="asked for by API",
            content_digest=f"api:{notification.notification_id}:{_digest(order)}",
        )
        try:
            self.committer.write(Change(message=proof, notifications=[notification]))
        except DuplicateMessage:
            return self.status(key, notification.notification_id)
        return notification


def service_key(notification_id: str) -> NotificationKey:
    """What names a message about no ticket and no contact of ours."""
    return NotificationKey(f"{SERVICE}{notification_id}", notification_id)


def template_of(catalog: Catalog, name: str, locale: str) -> NoticeWords:
    """The template in a language. Raises `InvalidRequest` naming those there are."""
    found = catalog.notices.get(f"{name}.{locale}")
    if found is None:
        there = sorted(words.locale for words in catalog.notices.values() if words.name == name)
        said = f"is there in {', '.join(there)} only" if there else "is not known"
        raise InvalidRequest(f"The template {name!r} {said}.", {"template": said})
    return found


def _digest(order: Order) -> str:
    said: dict[str, Any] = {
        "template": order.template,
        "to": [order.recipient.email, order.recipient.phone],
        "channel": str(order.channel),
        "words": dict(order.personalisation or {}),
        "locale": order.locale,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
