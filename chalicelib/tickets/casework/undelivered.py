"""What did not arrive, or perhaps did not, on the timeline where staff see it; sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from chalicelib.errors import StaleTicket
from chalicelib.tickets.casework.staff import Casework
from chalicelib.tickets.model.records import Callback, Notification
from chalicelib.tickets.model.ticket import SYSTEM, Visibility

LOOKED_AT = 500  # latest entries among which the same note is looked for
FAILED_TAG = "notice-failed"  # so that a rule can watch for it


@dataclass(frozen=True, slots=True)
class Undelivered(Casework):
    """Notes the ends of messages and calls, each once."""

    def note_failure(self, notification: Notification, reason: str) -> None:
        """Put on the timeline that a notice did not reach its recipient, so that staff see it.

        Providers tell the same thing more than once; each reason is noted once.
        """
        self._note_end(notification, "notice_failed", reason, FAILED_TAG)

    def note_unknown(self, notification: Notification, reason: str) -> None:
        """Put on the timeline, once, that nobody knows whether a notice was sent: no failure."""
        self._note_end(notification, "notice_unknown", reason)

    def _note_end(self, notification: Notification, kind: str, reason: str, tag: str = "") -> None:
        if notification.ticket_id.startswith(("CONTACT-", "SERVICE-", "BROADCAST-")):
            return
        data = {
            "notice": notification.notice,
            "channel": str(notification.channel),
            "notification_id": notification.notification_id,
        }
        self._note_once(notification.ticket_id, kind, reason, data, tag)

    def note_unheard(self, callback: Callback, reason: str) -> None:
        """Put on the timeline, once, that the system which a rule's step called did not hear it."""
        data = {"to": callback.key_id, "event_id": callback.event_id}
        self._note_once(callback.about["ticket"]["ticket_id"], "call_failed", reason, data)

    def _note_once(
        self, ticket_id: str, kind: str, reason: str, data: dict[str, str], tag: str = ""
    ) -> None:
        for _ in range(3):
            ticket = self.committer.store.get(ticket_id)
            latest = islice(self.committer.store.recent(ticket), LOOKED_AT)
            if any(e.data == data and e.text == reason for e in latest):
                return
            if tag and tag not in ticket.tags:
                ticket.tags = (*ticket.tags, tag)
            self._record(ticket, SYSTEM, kind, visibility=Visibility.STAFF, text=reason, data=data)
            try:
                self.committer.commit(ticket)
            except StaleTicket:
                continue
            return
