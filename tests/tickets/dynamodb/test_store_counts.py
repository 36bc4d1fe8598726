"""Counts that every message adds to: spread where very many leave, and the same sum to every reader."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from chalicelib.config import Settings
from chalicelib.messages import Channel
from chalicelib.tickets.dynamodb import DynamoStore
from chalicelib.tickets.dynamodb.stores.delivery_figures import DynamoDeliveryFigures
from chalicelib.tickets.model.records import Change, DeliveryStatus
from chalicelib.tickets.ports import NotificationKey
from tests.examples import MINUTE, NOW, a_notification, a_ticket
from tests.test_config import GOOD
from tests.tickets.conftest import SIGNER, TABLE

MONTH, DAY = "2026-03", "2026-03-02"
TEXTS = 60


def a_store(client: Any, city: str, spread: int) -> DynamoStore:
    return DynamoStore(
        client, table_name=TABLE, jurisdiction_id=city, signer=lambda: SIGNER, spread=spread
    )


def send(store: DynamoStore, texts: int) -> None:
    """Texts of two segments each that a provider took."""
    ticket = a_ticket()
    sent = [a_notification(ticket.ticket_id, channel=Channel.SMS) for _ in range(texts)]
    store.save(Change(ticket=ticket, notifications=sent))
    for each in sent:
        claimed = store.claim(
            NotificationKey(each.ticket_id, each.notification_id), NOW, 2 * MINUTE
        )
        assert claimed
        store.settle(
            claimed,
            DeliveryStatus.ACCEPTED,
            NOW,
            provider_message_id=each.notification_id,
            segments=2,
            day=DAY,
        )


def rows(client: Any, pk: str) -> list[dict[str, Any]]:
    found = client.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
    )
    return list(found["Items"])


def figures(client: Any, city: str) -> DynamoDeliveryFigures:
    return DynamoDeliveryFigures(
        client, table_name=TABLE, jurisdiction_id=city, shards=4, signer=lambda: SIGNER
    )


@pytest.mark.parametrize("spread", [1, 8])
def test_what_is_spent_is_one_sum_however_it_is_spread(client: Any, city: str, spread: int) -> None:
    send(a_store(client, city, spread), TEXTS)
    spending = rows(client, f"{city}#SPENDING#{MONTH}")
    assert len(spending) == spread
    most = max(int(row["in_month"]["N"]) for row in spending)
    assert most <= (2 * TEXTS if spread == 1 else TEXTS), "no item bears half of it"
    for reader in (1, 8):
        assert a_store(client, city, reader).segments_spent(DAY) == (2 * TEXTS, 2 * TEXTS)
    found = figures(client, city).spending(MONTH)
    assert (found.total, dict(found.days)) == (2 * TEXTS, {DAY: 2 * TEXTS})


def test_what_one_item_counted_before_goes_on_counting(client: Any, city: str) -> None:
    send(a_store(client, city, 1), 3)
    send(a_store(client, city, 8), TEXTS)
    assert a_store(client, city, 1).segments_spent(DAY) == (2 * TEXTS + 6, 2 * TEXTS + 6)
    assert a_store(client, city, 1).segments_spent("2026-03-03") == (0, 2 * TEXTS + 6)


def test_a_city_that_spreads_nothing_writes_what_the_release_before_reads(
    client: Any, city: str
) -> None:
    send(a_store(client, city, 1), 5)
    [only] = rows(client, f"{city}#SPENDING#{MONTH}")
    assert (only["sk"]["S"], only["in_month"]["N"], only["day_02"]["N"]) == ("SMS", "10", "10")


def test_the_counts_of_a_day_are_spread_and_add_up(client: Any, city: str) -> None:
    send(a_store(client, city, 8), TEXTS)
    assert len(rows(client, f"{city}#SENT#{DAY}")) > 2 * 8
    [tally] = figures(client, city).tallies([DAY])
    assert (tally.channel, tally.statuses) == (Channel.SMS, Counter(accepted=TEXTS))


@pytest.mark.parametrize(("workers", "spread"), [(6, 1), (12, 1), (120, 8)])
def test_counts_are_spread_by_how_many_send_at_once(workers: int, spread: int) -> None:
    settings = Settings.from_environ(GOOD | {"DELIVERY_WORKERS": str(workers)})
    assert settings.count_spread == spread
