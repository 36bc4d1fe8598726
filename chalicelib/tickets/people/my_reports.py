"""My reports: one answer whoever asks, and a link for the owner of the address alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.errors import NotFound
from chalicelib.messages import Channel, Party
from chalicelib.signing import Signer
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.allowances import leave
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.model.quiet_hours import opening
from chalicelib.tickets.model.records import Change, Contact, Notification
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import NotificationKey

NOTICE = "my_cases"
LIFE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MyReports:
    """Ask for the list of one's reports, and open it by the link in the message."""

    committer: Committer
    signer: Callable[[], Signer]
    public_url: str

    def ask(self, party: Party, locale: str, origin: str) -> None:
        """Write one message to `party`, known or not: the same calls for both.

        Delivery looks whether anything is known of the address and sends only then; so nobody learns
        it here, neither from the answer nor from how long it takes. Somebody else may have asked for it:
        a text waits for the morning. Raises `AllowanceUsedUp` when the network that `origin` marks asked
        too often, for whomever.
        """
        now, policy = self.committer.clock.now(), self.committer.catalogs.load().policy
        reader = Contact(key=party.key, locale=locale)
        message = self.committer.planner.answer(NOTICE, reader, party, now)
        key = NotificationKey(message.ticket_id, message.notification_id)
        message.context = {**message.context, "tracking_url": self.public_url + self.link(key)}
        _let_sleep(message, policy)
        way, whose = message.channel, party.key
        allowances = [
            leave("my_reports_a_day", policy, now, party.key, channel=way),
            leave("network_my_reports_an_hour", policy, now, origin, channel=way, whose=whose),
            leave("city_my_reports_an_hour", policy, now, channel=way, whose=whose),
        ]
        self.committer.write(Change(notifications=[message], allowances=allowances))

    def link(self, key: NotificationKey) -> str:
        """The path of the list; it names nobody."""
        return f"/my/{key.ticket_id}/{key.notification_id}/{self._secret(key)}"

    def _secret(self, key: NotificationKey) -> str:
        return self.signer().sign("cases", key.ticket_id, key.notification_id)

    def open(self, key: NotificationKey, secret: str) -> list[Ticket]:
        """The reports, newest first. Raises `NotFound` alike for wrong, absent and a day old."""
        found = self.committer.deliveries.notification(key)
        is_ours = self.signer().verify(secret, "cases", key.ticket_id, key.notification_id)
        if found is None or not is_ours or found.notice != NOTICE:
            raise _no_page()
        if self.committer.clock.now() > found.created_at + LIFE:
            raise _no_page()
        return self.committer.store.tickets_of(found.recipient.key)


def _let_sleep(message: Notification, policy: Policy) -> None:
    message.is_unproven = True
    if message.channel is Channel.SMS:
        message.quiet_hours = policy.quiet_hours
        opens_at = opening(message.created_at, policy.quiet_hours, message.zone)
        message.due_at = opens_at or message.created_at


def _no_page() -> NotFound:
    return NotFound("There is no such page. The link in our message opens it for one day.")
