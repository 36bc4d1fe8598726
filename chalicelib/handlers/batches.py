"""Records of a queue handled one by one, so that one which fails holds up no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib import logs, metrics
from chalicelib.errors import ReceiptTooEarly
from chalicelib.metrics import Metric

log = logs.Log(__name__)

Failures = dict[str, list[dict[str, str]]]
_LEAST_MS = 5_000
_MANY_TRIES = 5
LEAST_TO_SEND_MS = 12_000  # a mail may wait for its turn under the account's rate


def each(
    event: Any,
    handle: Callable[[str], None],
    least: int = _LEAST_MS,
    stubborn: Metric | None = None,
) -> Failures:
    """Handle every record; those that fail are reported alone, so that the rest stay done.

    A record is not begun when too little time is left: it is reported and comes again. One that has
    failed many times is told as `stubborn`, long before its queue gives it up.
    """
    remaining = time_left(event)
    failed = [r for r in event if remaining() < least or not _succeeds(r, handle, stubborn)]
    return {"batchItemFailures": [{"itemIdentifier": _message_id(r)} for r in failed]}


def _succeeds(record: Any, handle: Callable[[str], None], stubborn: Metric | None) -> bool:
    name = _message_id(record)
    with logs.bound(message_id=name, correlation_id=name):
        try:
            handle(record.body)
        except ReceiptTooEarly:
            return False
        except Exception as error:
            tries = _tries(record)
            log.failure("record failed", error, count=tries)
            if stubborn and tries >= _MANY_TRIES:
                metrics.put(stubborn)
            return False
    return True


def _tries(record: Any) -> int:
    """How often its queue has given this record out, this time included."""
    return int(record.to_dict().get("attributes", {}).get("ApproximateReceiveCount", 1))


def _message_id(record: Any) -> str:
    return str(record.to_dict()["messageId"])


def time_left(event: Any) -> Callable[[], int]:
    """How many milliseconds a run has left, whenever it is asked."""
    context = getattr(event, "context", None)
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return remaining if callable(remaining) else lambda: 60_000
