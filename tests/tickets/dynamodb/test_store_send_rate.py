"""Turns to send: every second is given out once, whoever asks and whatever dies."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.tickets.dynamodb.stores.send_rate import FARTHEST_MS, DynamoSendRate
from tests.faults import fault, refusal
from tests.tables import make_table, moto_client

TABLE = "turns"
NOW = 1_772_000_000.0


@pytest.fixture
def client() -> Iterator[Any]:
    with moto_client() as made:
        make_table(made, TABLE)
        yield made


def turns(client: Any, city: str = "city.example") -> DynamoSendRate:
    return DynamoSendRate(client, table_name=TABLE, jurisdiction_id=city)


def test_whoever_comes_later_gets_later_ones(client: Any) -> None:
    one, other = turns(client), turns(client)
    assert one.take(2, NOW) == NOW
    assert other.take(1, NOW) == NOW + 2
    assert one.take(1, NOW + 0.5) == NOW + 3


def test_time_that_nobody_took_is_gone(client: Any) -> None:
    one, other = turns(client), turns(client)
    one.take(2, NOW)
    assert other.take(1, NOW + 10) == NOW + 10
    assert one.take(1, NOW + 20) == NOW + 20


def test_who_sends_alone_makes_one_call_for_each_turn(client: Any) -> None:
    alone = turns(client)
    with fault("dynamodb.UpdateItem", nth=10**6) as seen:
        for at in range(10):
            alone.take(0.5, NOW + at / 10)
    assert seen.calls == 10


def test_two_who_ask_at_once_do_not_get_the_same(client: Any) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: turns(client).take(1, NOW), range(4)))
    assert sorted(found) == [NOW, NOW + 1, NOW + 2, NOW + 3]  # type: ignore[type-var]


def test_a_clock_that_was_far_ahead_holds_nobody_back(client: Any) -> None:
    turns(client).take(1, NOW + FARTHEST_MS / 1000 + 3600)
    assert turns(client).take(1, NOW) == NOW


def test_each_city_has_its_own(client: Any) -> None:
    turns(client).take(5, NOW)
    assert turns(client, "other.example").take(1, NOW) == NOW


def test_a_table_that_refuses_stops_no_mail(client: Any) -> None:
    with fault("dynamodb.UpdateItem", times=9, reply=refusal("AccessDeniedException")):
        assert turns(client).take(1, NOW) is None
