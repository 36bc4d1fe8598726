"""The soak of the ways in, in short: repeated, shuffled, in bad weather, each input counts once."""

from __future__ import annotations

import random

from bench.soak_intake import Soak
from tests.harness import Harness


def test_each_input_is_one_entry_whatever_the_weather_and_the_soak_would_see_a_lost_one() -> None:
    soak = Soak(random.Random("short"), window=30)
    with Harness.boot() as town:
        soak.live(town, 80)
        assert soak.met["faults"] > 5
        assert soak.added and len(soak.opened) > 40
        assert soak.wrong(town) == []
        soak.opened.add("input 99999.")
        assert soak.wrong(town) == ["input 99999.: 0 entries", "input 99999.: 0 tickets"]
