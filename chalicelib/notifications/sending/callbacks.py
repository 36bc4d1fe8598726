"""Callbacks to other systems: what became of their messages, what a rule's step calls for; signed,
a few times, and never inside the house.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import islice
from typing import Any, Protocol

from chalicelib import logs
from chalicelib.errors import PermanentSendError, TransientSendError
from chalicelib.tickets.model.records import Callback, Notification
from chalicelib.tickets.partners.keys import KeyStore
from chalicelib.tickets.ports import Clock

log = logs.Log(__name__)

TRIES = 5
STEP = timedelta(minutes=5)
TURN = timedelta(
    minutes=1
)  # until what was not tried is looked at again, behind what others wait for
LEAST_MS = 10_000  # as long as a call may take, and some
SHARE_MS = 15_000  # of a run: broadcasts and figures have the rest
LOOKED_AT = 200  # callbacks in a run; each is read by itself
HANDS = 8  # systems that are told at once
PATIENCE = timedelta(days=1)  # with what a silent system was never even asked to hear


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

        Each system is told by a hand of its own, those with least to hear first, so that a slow one keeps
        no other waiting. What a system has no time for, or would not hear, makes room for the others'.
        """
        waiting = defaultdict[str, list[Callback]](list)
        for callback in islice(self.clients.due_callbacks(self.clock.now()), LOOKED_AT):
            waiting[callback.key_id].append(callback)
        ends = max(0, remaining() - SHARE_MS)
        each = sorted(waiting.values(), key=len)
        return sum(_at_once(self._tell, each, lambda: remaining() - ends)) if each else 0

    def _tell(self, due: Sequence[Callback], left: Callable[[], int]) -> int:
        """Tell one system what is due, until it does not hear something or the time is over."""
        told, outcome = 0, Outcome.TOLD
        for callback in due:
            if outcome is Outcome.UNHEARD or left() < LEAST_MS:
                self._put_off(callback)
            else:
                outcome = self._call(callback)
                told += outcome is Outcome.TOLD
        return told

    def _put_off(self, callback: Callback) -> None:
        """No try of its own, but not for ever."""
        now = self.clock.now()
        if now - callback.at > PATIENCE:
            self._end(callback, "This system did not hear what was due before, for a day.")
        else:
            self.clients.postpone(callback, now + TURN, tries=0)

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


def _at_once(
    tell: Callable[[Sequence[Callback], Callable[[], int]], int],
    each: Sequence[Sequence[Callback]],
    left: Callable[[], int],
) -> list[int]:
    from concurrent.futures import ThreadPoolExecutor  # Imported where used: few runs have one

    with ThreadPoolExecutor(HANDS) as pool:
        told = [pool.submit(copy_context().run, tell, due, left) for due in each]
    return [one.result() for one in told]


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
