"""Receipts: the delivery status that a provider's receipt gives a notification; pure.

| receipt            | leads to   | from every status below it in rank |
|--------------------|------------|-------------------------------------|
| delayed            | accepted   | queued, claimed, unknown            |
| unknown            | accepted   | those; of an accepted one the words |
| sent on            | accepted   | those; of an accepted one the words |
| a mail bounced, soft | accepted | queued, claimed, unknown            |
| suppressed         | suppressed | those, accepted                     |
| failed, a text bounced, soft | failed | those, accepted, cancelled, suppressed, expired |
| delivered          | delivered  | those, failed                       |
| bounced, for good  | bounced    | those, delivered                    |
| complained         | complained | those, bounced                      |

A status only ever rises in rank, so receipts may come in any order and any number of times and end
the same. A bounce or complaint after a delivery happens and counts. What we ended ourselves gives
way to a provider that knows better: a message in doubt may have arrived after all.

A text that its carrier sent on is looked after no more, for most carriers never say anything else.
Of one that nobody knows about the words are kept, and it is looked after as if they had not come.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from chalicelib.messages import Channel, DeliveryReceipt, ReceiptKind
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
ENDS = FINAL | {DeliveryStatus.UNKNOWN}  # unknown is an end once it is tried no more
_MOVES_NOTHING = frozenset({ReceiptKind.DELAYED, ReceiptKind.SENT_ON, ReceiptKind.UNKNOWN})


def reported(receipt: DeliveryReceipt) -> DeliveryStatus:
    """The status that a receipt speaks of."""
    if _is_soft(receipt):
        is_over = receipt.channel is Channel.SMS  # no carrier tries a text again
        return DeliveryStatus.FAILED if is_over else DeliveryStatus.ACCEPTED
    if receipt.kind in _MOVES_NOTHING:
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


def is_news(status: DeliveryStatus, receipt: DeliveryReceipt) -> bool:
    """Whether `receipt` says more of a message of `status`: where it stands now, or only words."""
    has_words = receipt.kind in (ReceiptKind.SENT_ON, ReceiptKind.UNKNOWN)
    return status in gives_way(receipt) or (has_words and status is DeliveryStatus.ACCEPTED)


def ends_watch(status: DeliveryStatus, receipt: DeliveryReceipt) -> bool:
    """Whether a message of `status` is looked after no more once `receipt` has come."""
    return receipt.kind is not ReceiptKind.UNKNOWN or status is not DeliveryStatus.ACCEPTED
