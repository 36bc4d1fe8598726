"""Callbacks to other systems: what became of their messages, what a rule's step calls for; signed,
a few times, and never inside the house.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, Protocol

from chalicelib import logs
from chalicelib.errors import PermanentSendError, TransientSendError
from chalicelib.tickets.model.records import Callback, Notification
from chalicelib.tickets.partners.keys import KeyStore
from chalicelib.tickets.ports import Clock

log = logs.Log(__name__)

TRIES = 5
STEP = timedelta(minutes=5)
LEAST_MS = 10_000  # as long as a call may take, and some
SHARE_MS = 15_000  # of a run: broadcasts and figures have the rest


class Outcome(Enum):
    """What became of one try; what is unheard comes again."""

    TOLD = auto()
    UNHEARD = auto()
    ENDED = auto()


class Post(Protocol):
    """One HTTPS request to a public address, over within `LEAST_MS`."""

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
        """Tell whatever is due, as long as its share of the time lasts; how many were told.

        A system that did not hear one thing is asked nothing more in this run, so that others are heard.
        """
        told, silent, began = 0, set[str](), remaining()
        for callback in self.clients.due_callbacks(self.clock.now()):
            if min(remaining(), SHARE_MS - began + remaining()) < LEAST_MS:
                break
            if callback.key_id in silent:
                continue
            outcome = self._call(callback)
            told += outcome is Outcome.TOLD
            if outcome is Outcome.UNHEARD:
                silent.add(callback.key_id)
        return told

    def _call(self, callback: Callback) -> Outcome:
        now = self.clock.now()
        key = self.clients.key(callback.key_id)
        if not key or not key.is_callable:
            return self._end(callback, "This system does not want to be told any more.")
        if not self.clients.postpone(callback, now + STEP):
            return Outcome.ENDED
        body, headers = self._request(callback, now)
        try:
            self.post(key.callback_url, body, headers)
        except PermanentSendError as error:
            return self._end(callback, str(error))
        except TransientSendError as error:
            if callback.attempts + 1 >= TRIES:
                self._end(callback, str(error))
            return Outcome.UNHEARD
        self.clients.drop(callback, "told")
        return Outcome.TOLD

    def _end(self, callback: Callback, reason: str) -> Outcome:
        log.warning("callback given up", event_id=callback.event_id)
        if callback.about:
            self.note_unheard(callback, reason)
        self.clients.drop(callback, reason)
        return Outcome.ENDED

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
