"""Where receipts lead, in every order."""

from __future__ import annotations

from itertools import chain, combinations, permutations

import pytest

from chalicelib.messages import Channel, ReceiptKind
from chalicelib.tickets.model.receipts import (
    FINAL,
    RANKS,
    after,
    ends_watch,
    gives_way,
    is_news,
    reported,
)
from chalicelib.tickets.model.records import DeliveryStatus
from tests.examples import a_notification, a_receipt

EVERY_RECEIPT = [
    a_receipt(kind, a_notification(), is_permanent=is_permanent)
    for kind, is_permanent in [
        (ReceiptKind.DELAYED, False),
        (ReceiptKind.UNKNOWN, False),
        (ReceiptKind.SENT_ON, False),
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
    some = chain.from_iterable(combinations(EVERY_RECEIPT, count) for count in range(5))
    for receipts in some:
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


ACCEPTED = DeliveryStatus.ACCEPTED


@pytest.mark.parametrize("kind", [ReceiptKind.SENT_ON, ReceiptKind.UNKNOWN])
def test_what_a_carrier_says_of_an_accepted_text_are_words_and_no_other_status(
    kind: ReceiptKind,
) -> None:
    receipt = a_receipt(kind, a_notification())
    assert is_news(ACCEPTED, receipt)
    assert after(ACCEPTED, receipt) is ACCEPTED
    assert not is_news(DeliveryStatus.DELIVERED, receipt)


def test_a_text_that_was_sent_on_is_looked_after_no_more_and_one_nobody_knows_about_is() -> None:
    assert ends_watch(ACCEPTED, a_receipt(ReceiptKind.SENT_ON, a_notification()))
    assert not ends_watch(ACCEPTED, a_receipt(ReceiptKind.UNKNOWN, a_notification()))


def test_a_text_that_came_back_has_failed_for_no_carrier_tries_again() -> None:
    soft = a_receipt(ReceiptKind.BOUNCED, a_notification(), channel=Channel.SMS)
    assert reported(soft) is DeliveryStatus.FAILED
