"""Receipts: the delivery status that a provider's receipt gives a notification; pure.

| receipt            | leads to   | from every status below it in rank |
|--------------------|------------|-------------------------------------|
| delayed            | accepted   | queued, claimed, unknown            |
| bounced, soft      | accepted   | queued, claimed, unknown            |
| suppressed         | suppressed | those, accepted                     |
| failed             | failed     | those, accepted, cancelled, suppressed, expired |
| delivered          | delivered  | those, failed                       |
| bounced, for good  | bounced    | those, delivered                    |
| complained         | complained | those, bounced                      |

A status only ever rises in rank, so receipts may come in any order and any number of times and end
the same. A bounce or complaint after a delivery happens and counts. What we ended ourselves gives
way to a provider that knows better: a message in doubt may have arrived after all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from chalicelib.messages import DeliveryReceipt, ReceiptKind
from chalicelib.tickets.model.records import DeliveryStatus

RANKS: Mapping[DeliveryStatus, int] = {
    DeliveryStatus.QUEUED: 0,
    DeliveryStatus.CLAIMED: 0,
    DeliveryStatus.UNKNOWN: 0,
    DeliveryStatus.ACCEPTED: 1,
    DeliveryStatus.CANCELLED: 2,
    DeliveryStatus.SUPPRESSED: 2,
    DeliveryStatus.EXPIRED: 2,
    DeliveryStatus.FAILED: 3,
    DeliveryStatus.DELIVERED: 4,
    DeliveryStatus.BOUNCED: 5,
    DeliveryStatus.COMPLAINED: 6,
}
URGENT, ORDINARY, BROADCAST = "urgent", "ordinary", "broadcast"
# What was enqueued as it was written has this long to be taken, before it is enqueued once more.
GRACES: Mapping[str, timedelta] = {
    URGENT: timedelta(minutes=1),
    ORDINARY: timedelta(minutes=1),
    BROADCAST: timedelta(minutes=30),  # the queue is long then
}
FINAL = frozenset(status for status, rank in RANKS.items() if rank >= 2)


def reported(receipt: DeliveryReceipt) -> DeliveryStatus:
    """The status that a receipt speaks of."""
    if receipt.kind is ReceiptKind.DELAYED or _is_soft(receipt):
        return DeliveryStatus.ACCEPTED
    return DeliveryStatus(receipt.kind.value)


def _is_soft(receipt: DeliveryReceipt) -> bool:
    return receipt.kind is ReceiptKind.BOUNCED and not receipt.is_permanent


def after(status: DeliveryStatus, receipt: DeliveryReceipt) -> DeliveryStatus:
    """The status after `receipt`; never one of lower rank."""
    return max(status, reported(receipt), key=RANKS.__getitem__)


def gives_way(receipt: DeliveryReceipt) -> frozenset[DeliveryStatus]:
    """The statuses that `receipt` changes."""
    rank = RANKS[reported(receipt)]
    return frozenset(status for status, own in RANKS.items() if own < rank)
