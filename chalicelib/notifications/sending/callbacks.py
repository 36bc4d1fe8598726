"""Callbacks to other systems: what became of their messages, what a rule's step calls for; signed,
a few times, and never inside the house.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalicelib import logs
from chalicelib.errors import PermanentSendError, TransientSendError
from chalicelib.tickets.model.records import Callback, Notification
from chalicelib.tickets.partners.keys import KeyStore
from chalicelib.tickets.ports import Clock

log = logs.Log(__name__)

TRIES = 5
STEP = timedelta(minutes=5)


class Post(Protocol):
    """One HTTPS request to a public address, at most five seconds."""

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Raises `TransientSendError` for what may work later, `PermanentSendError` for what will not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Callbacks. `sign` gives the signature of a text for a key's system; `note_unheard` writes on a
    ticket that the system a step called did not hear it, and why."""

    clients: KeyStore
    clock: Clock
    post: Post
    sign: Callable[[str, str], str]
    note_unheard: Callable[[Callback, str], None] = lambda callback, reason: None

    def note(self, notification: Notification) -> None:
        """Have the system that asked for a message told where it stands now."""
        kind, _, key_id = notification.source.partition(":")
        if kind != "key":
            return
        name, status = notification.notification_id, str(notification.status)
        self.clients.add_callback(
            Callback(
                event_id=f"{name}-{status}",
                key_id=key_id,
                notification_id=name,
                status=status,
                at=self.clock.now(),
                client_reference=notification.client_reference,
                reason=notification.reason,
            )
        )

    def call_due(self, remaining: Callable[[], int] = lambda: 60_000) -> int:
        """Tell whatever is due, as long as there is time; how many were told."""
        told = 0
        for callback in self.clients.due_callbacks(self.clock.now()):
            if remaining() < 10_000:
                break
            told += self._call(callback)
        return told

    def _call(self, callback: Callback) -> bool:
        now = self.clock.now()
        key = self.clients.key(callback.key_id)
        if not key or not key.is_callable:
            self._end(callback, "This system does not want to be told any more.")
            return False
        if not self.clients.postpone(callback, now + STEP):
            return False
        body, headers = self._request(callback, now)
        try:
            self.post(key.callback_url, body, headers)
        except PermanentSendError as error:
            self._end(callback, str(error))
            return False
        except TransientSendError as error:
            if callback.attempts + 1 >= TRIES:
                self._end(callback, str(error))
            return False
        self.clients.drop(callback, "told")
        return True

    def _end(self, callback: Callback, reason: str) -> None:
        log.warning("callback given up", event_id=callback.event_id)
        if callback.about:
            self.note_unheard(callback, reason)
        self.clients.drop(callback, reason)

    def _request(self, callback: Callback, now: datetime) -> tuple[bytes, dict[str, str]]:
        stamp = str(int(now.timestamp()))
        body = json.dumps(_told(callback), separators=(",", ":"))
        signature = self.sign(callback.key_id, f"{stamp}.{body}")
        return body.encode(), {
            "Content-Type": "application/json",
            "Civicline-Event-Id": callback.event_id,
            "Civicline-Timestamp": stamp,
            "Civicline-Signature": f"v1={signature}",
        }


def _told(callback: Callback) -> dict[str, Any]:
    """What is said: about a ticket, or about a message of the system's own."""
    frame = {"event_id": callback.event_id, "at": callback.at.isoformat()}
    if callback.about:
        return {**frame, **callback.about}
    return {
        **frame,
        "notification_id": callback.notification_id,
        "reference": callback.client_reference,
        "status": callback.status,
        "reason": callback.reason,
    }
