"""What a person wants to be told, how and when; every choice is logged. Knows no page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import available_timezones

from chalicelib.errors import InvalidRequest, NotFound, StaleTicket
from chalicelib.messages import Channel
from chalicelib.signing import Signer
from chalicelib.templates import available_locales
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.intake.keywords import note_consent
from chalicelib.tickets.model.records import AuditRecord, Change, Contact, Notification
from chalicelib.tickets.model.ticket import Actor
from chalicelib.tickets.people.segments import memberships
from chalicelib.tickets.ports import NotificationKey

PURPOSES = ("cases", "alerts", "consultations", "emergencies")
WAYS = ("", "email", "sms", "none")
TRIES = 4
_HOURS = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d")

NOT_KEPT_BACK = "Nothing that staff may lift keeps messages from this address."


class AskSigner(Protocol):
    """Gives the signer when it is needed."""

    def __call__(self) -> Signer:
        """The installation's signer."""
        ...


@dataclass(frozen=True, slots=True)
class Preferences:
    """Read and change what is known about a contact, by the link in a message they got."""

    committer: Committer
    signer: AskSigner

    def link(self, key: NotificationKey) -> str:
        """The path of a message's own preferences page; it names no person."""
        return f"/preferences/{key.ticket_id}/{key.notification_id}/{self._secret(key)}"

    def _secret(self, key: NotificationKey) -> str:
        return self.signer().sign("preferences", key.ticket_id, key.notification_id)

    def open(self, key: NotificationKey, secret: str) -> tuple[Notification, Contact]:
        """The message and what its reader has chosen. Raises `NotFound` alike for wrong and absent."""
        parts = ("preferences", key.ticket_id, key.notification_id)
        found = self.committer.deliveries.notification(key)
        if found is None or not self.signer().verify(secret, *parts):
            raise NotFound("There is no such page. Check that the link is complete.")
        return found, self.committer.store.contact(found.recipient.key)

    def change(
        self,
        key: NotificationKey,
        secret: str,
        *,
        purposes: dict[str, str],
        locale: str = "",
        quiet_hours: str | None = None,
        is_business: bool | None = None,
        timezone: str | None = None,
    ) -> Contact:
        """Keep the choices and log each; what waits and is no longer wanted is called off.

        None leaves as it was. Who chose this address for a purpose is on its list from now on, who
        did not is off it. Raises `InvalidRequest` naming what cannot be chosen.
        """
        _check(purposes, locale, quiet_hours or "", timezone or "")
        for attempt in range(1, TRIES + 1):
            found, contact = self.open(key, secret)
            _apply(contact, purposes, locale, self.committer)
            contact.quiet_hours = contact.quiet_hours if quiet_hours is None else quiet_hours
            contact.is_business = contact.is_business if is_business is None else is_business
            contact.timezone = contact.timezone if timezone is None else timezone
            lists = memberships(contact, self.committer.clock.now(), found.locale)
            try:
                self.committer.store.save(Change(contacts=[contact], members=lists))
            except StaleTicket:
                if attempt == TRIES:
                    raise
                continue
            break
        self._call_off(found.recipient.key, contact)
        return contact

    def _call_off(self, party_key: str, contact: Contact) -> None:
        now = self.committer.clock.now()
        for unsent in self.committer.deliveries.unsent_to(party_key):
            wish = contact.purposes.get(unsent.purpose, "")
            if wish and wish != unsent.channel:
                key = NotificationKey(unsent.ticket_id, unsent.notification_id)
                self.committer.deliveries.cancel(key, now, "preference")

    def release(self, party_key: str, channel: Channel, actor: Actor) -> Contact:
        """Write to a suppressed address again; older receipts do not undo it. Raises `NotFound`.

        A wish of the person's own (STOP, a choice on their page) is not staff's to lift.
        """
        contact = self.committer.store.contact(party_key)
        reason = contact.suppressed.get(channel, "")
        if not reason or reason == "opted_out":
            raise NotFound(NOT_KEPT_BACK)
        now = self.committer.clock.now()
        del contact.suppressed[channel]
        contact.soft_bounces, contact.released_at, contact.updated_at = {}, now, now
        note_consent(contact, now, f"{channel} released by staff after {reason}")
        record = AuditRecord(
            audit_id=f"{int(now.timestamp() * 1000):x}",
            at=now,
            actor=actor,
            action="contact_released",
            subject=f"contact:{channel}",
            data={"reason": reason},
        )
        self.committer.store.save(Change(contacts=[contact], audit=[record]))
        return contact


def _check(purposes: dict[str, str], locale: str, quiet_hours: str, timezone: str) -> None:
    wrong = {
        name: "Choose one of the list."
        for name, way in purposes.items()
        if name not in PURPOSES or way not in WAYS
    }
    if locale and locale not in available_locales():
        wrong["locale"] = "Choose one of the list."
    if quiet_hours and not _HOURS.fullmatch(quiet_hours):
        wrong["quiet_hours"] = "Write hours such as 21:00-08:00."
    if timezone and timezone not in available_timezones():
        wrong["timezone"] = "Write a zone such as America/New_York."
    if wrong:
        raise InvalidRequest("Some choices cannot be kept.", wrong)


def _apply(contact: Contact, purposes: dict[str, str], locale: str, committer: Committer) -> None:
    now = committer.clock.now()
    for name, way in purposes.items():
        if contact.purposes.get(name, "") != way:
            note_consent(contact, now, f"{name}: {way or 'as the city does'}")
            contact.purposes[name] = way
    contact.purposes = {name: way for name, way in contact.purposes.items() if way}
    contact.locale = locale or contact.locale
    contact.updated_at = now
