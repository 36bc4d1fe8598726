"""Where receipts lead, in every order."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from chalicelib.messages import ReceiptKind
from chalicelib.tickets.model.receipts import FINAL, RANKS, after, gives_way, reported
from chalicelib.tickets.model.records import DeliveryStatus
from tests.examples import a_notification, a_receipt

EVERY_RECEIPT = [
    a_receipt(kind, a_notification(), is_permanent=is_permanent)
    for kind, is_permanent in [
        (ReceiptKind.DELAYED, False),
        (ReceiptKind.BOUNCED, False),
        (ReceiptKind.DELIVERED, False),
        (ReceiptKind.FAILED, False),
        (ReceiptKind.SUPPRESSED, False),
        (ReceiptKind.BOUNCED, True),
        (ReceiptKind.COMPLAINED, False),
    ]
]


def test_every_status_has_a_rank() -> None:
    assert set(RANKS) == set(DeliveryStatus)


@pytest.mark.parametrize("status", DeliveryStatus)
def test_receipts_end_the_same_in_every_order_and_number(status: DeliveryStatus) -> None:
    for chosen in product([False, True], repeat=len(EVERY_RECEIPT)):
        receipts = [r for r, is_in in zip(EVERY_RECEIPT, chosen, strict=True) if is_in]
        ends = {_run(status, order) for order in permutations(receipts)}
        assert len(ends) == 1
        assert ends == {_run(status, [*receipts, *receipts])}


def _run(status: DeliveryStatus, receipts: object) -> DeliveryStatus:
    for receipt in receipts:  # type: ignore[attr-defined]
        status = after(status, receipt)
    return status


@pytest.mark.parametrize("status", sorted(FINAL))
@pytest.mark.parametrize("receipt", EVERY_RECEIPT, ids=lambda r: f"{r.kind}-{r.is_permanent}")
def test_what_has_ended_never_begins_again(status: DeliveryStatus, receipt: object) -> None:
    assert after(status, receipt) in FINAL  # type: ignore[arg-type]


def test_a_bounce_after_a_delivery_counts() -> None:
    bounce = a_receipt(ReceiptKind.BOUNCED, a_notification(), is_permanent=True)
    assert after(DeliveryStatus.DELIVERED, bounce) is DeliveryStatus.BOUNCED


def test_a_soft_bounce_proves_that_the_provider_has_it_and_ends_nothing() -> None:
    soft = a_receipt(ReceiptKind.BOUNCED, a_notification(), is_permanent=False)
    assert after(DeliveryStatus.UNKNOWN, soft) is DeliveryStatus.ACCEPTED
    assert after(DeliveryStatus.ACCEPTED, soft) is DeliveryStatus.ACCEPTED


@pytest.mark.parametrize("receipt", EVERY_RECEIPT, ids=lambda r: f"{r.kind}-{r.is_permanent}")
def test_gives_way_says_exactly_what_a_receipt_changes(receipt: object) -> None:
    changed = {status for status in DeliveryStatus if after(status, receipt) is not status}  # type: ignore[arg-type]
    assert changed == gives_way(receipt)  # type: ignore[arg-type]
    assert reported(receipt) not in changed  # type: ignore[arg-type]
