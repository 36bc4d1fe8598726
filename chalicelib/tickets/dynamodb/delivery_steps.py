"""The parts that the updates of a delivery are made of, and what comes back; calls nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from chalicelib.messages import DeliveryReceipt, ReceiptKind
from chalicelib.tickets.dynamodb.items.codec import Item, Value, integer, number, string, text
from chalicelib.tickets.dynamodb.items.keys import Keys, moment
from chalicelib.tickets.model.later import spoken
from chalicelib.tickets.model.receipts import GRACES, is_news
from chalicelib.tickets.model.records import DeliveryStatus, Notification

OUT_OF_LISTS = "due_queue, next_action_at, party_key, party_at, free_at"
NO_RECEIPT = "no_receipt"
HELD = "#status = :held AND lease = :lease"
_CLAIMED = (
    "SET claimed_from = #status, #status = :claimed, lease = lease + :one, attempts = attempts + :one,"
    " step_id = :mine, doubts = if_not_exists(doubts, :none) + :one"
)
# One that was just written: its place in the index is ahead and stays, so no entry is written anew.
TAKE = f"{_CLAIMED}, free_at = :until"
IS_FRESH = (
    "free_at <= :now AND next_action_at > :now AND #status = :queued"
    " AND attribute_not_exists(claimed_from)"
)
TAKE_LATE = f"{_CLAIMED}, next_action_at = :until, due_queue = :queue"
IS_DUE = (
    "next_action_at <= :now AND #status IN (:queued, :claimed, :unknown)"
    " AND (#status <> :claimed OR attribute_not_exists(free_at) OR free_at <= :now)"
)
CLAIMABLE = (DeliveryStatus.QUEUED, DeliveryStatus.CLAIMED, DeliveryStatus.UNKNOWN)


class Stored(dict[str, Value]):
    """The item after an update, or the one that refused it; empty when there is none."""

    def __init__(self, item: Mapping[str, Value], *, is_ours: bool) -> None:
        super().__init__(item)
        self.is_ours = is_ours


def waiting_places(keys: Keys) -> Iterator[tuple[str, str, timedelta]]:
    """Where unsent notifications wait, the urgent ones first: the place, their urgency, and how late
    they must be to be swept. In `fresh` is only what the release before wrote."""
    for urgency, grace in GRACES.items():
        for shard in keys.shards:
            yield keys.deliveries(shard, urgency), urgency, timedelta()
            yield keys.fresh(shard, urgency), urgency, grace


def taking(now: datetime, until: datetime) -> dict[str, Value]:
    """The values that `TAKE` and `IS_FRESH` ask about."""
    return {
        ":now": text(moment(now)),
        ":until": text(moment(until)),
        ":queued": text(DeliveryStatus.QUEUED),
        ":claimed": text(DeliveryStatus.CLAIMED),
        ":one": number(1),
        ":none": number(0),
    }


def is_late(item: Mapping[str, Value], now: datetime) -> bool:
    """Whether the sweep hands it over, so that its place in the index moves on when it is taken."""
    return status_of(item) in CLAIMABLE and "" < string(item, "next_action_at") <= moment(now)


def status_of(item: Mapping[str, Value]) -> DeliveryStatus:
    """Where the message in `item` stands."""
    return spoken(DeliveryStatus, string(item, "status"))


def stands(status: DeliveryStatus, again: object) -> DeliveryStatus:
    """Where a message is counted: one that is perhaps sent only once it is tried no more."""
    return DeliveryStatus.CLAIMED if status in CLAIMABLE and again else status


def says_more(item: Mapping[str, Value], receipt: DeliveryReceipt) -> bool:
    """Whether a receipt changes what is written of a message; that nobody knows never does so after
    somebody said something."""
    if receipt.kind is ReceiptKind.UNKNOWN and "receipt_at" in item:
        return False
    return is_news(status_of(item), receipt)


def lapsing(
    was: Notification, now: datetime, patience: timedelta | None
) -> dict[str, Value | None]:
    """What becomes of an accepted message whose time to be looked after has come: later once more, or
    expired; nothing where silence says nothing."""
    if patience is None:
        return {}
    ends_at = (was.sent_at or now) + patience
    if now < ends_at:
        return {"next_action_at": text(moment(ends_at))}
    return {
        "#status": text(DeliveryStatus.EXPIRED),
        "reason": text(NO_RECEIPT),
        "settled_at": text(moment(now)),
    }


def changed(item: Mapping[str, Value], sets: Mapping[str, Value | None], *, is_over: bool) -> Item:
    """The item as it is after an update; one that `is_over` has left the lists."""
    lost = OUT_OF_LISTS.split(", ") if is_over else ()
    given = {name.lstrip("#"): value for name, value in sets.items() if value is not None}
    return {name: value for name, value in item.items() if name not in lost} | given


def was_settled_by_receipt(item: Mapping[str, Value], lease: int) -> bool:
    """Whether a receipt was faster than the worker that holds `lease`."""
    is_settled = string(item, "status") != DeliveryStatus.CLAIMED
    return is_settled and "receipt_at" in item and integer(item, "lease") == lease


def left_lists(status: DeliveryStatus, again: str) -> str:
    """What a notification is taken out of: all lists, or what is unsent while somebody looks after it."""
    if status in CLAIMABLE and again:
        return "free_at"
    return "party_key, party_at, free_at" if again else OUT_OF_LISTS


def holding(notification: Notification) -> dict[str, Value]:
    """The values that `HELD` asks about."""
    return {
        ":held": text(DeliveryStatus.CLAIMED),
        ":lease": {"N": str(notification.lease)},
    }


def assign(sets: Mapping[str, Value | None], lost: str) -> tuple[str, dict[str, Value]]:
    """An expression that sets what has a value, marks the write and removes `lost`."""
    given = {name: value for name, value in sets.items() if value is not None}
    parts = [f"{name} = :set_{name.lstrip('#')}" for name in given]
    values = {f":set_{name.lstrip('#')}": value for name, value in given.items()}
    expression = f"SET {', '.join([*parts, 'step_id = :mine'])}"
    return f"{expression} REMOVE {lost}" if lost else expression, values
