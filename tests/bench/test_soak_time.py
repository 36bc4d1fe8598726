"""The time soak in short: six cities with odd clocks, each step once, none early, none missing."""

from __future__ import annotations

import random

import pytest

from bench.soak_time import ZONES, Soak


@pytest.mark.parametrize("zone", ZONES)
def test_sixty_days_of_a_city(zone: str) -> None:
    city = Soak(zone, 60, 25, random.Random(f"short {zone}"))
    town = city.live()
    assert city.runs["runs"] > 40
    assert city.check(town) == []
    assert sum(len(ticket.fired) for ticket in town.store.tickets.values()) > 40


def test_the_soak_sees_a_step_that_is_missing() -> None:
    city = Soak(ZONES[0], 30, 10, random.Random(2))
    town = city.live()
    ticket = next(t for t in town.store.tickets.values() if t.fired)
    ticket.fired.popitem()
    assert city.check(town)
