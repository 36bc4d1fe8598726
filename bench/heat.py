"""Which places of the table are hot: `python -m bench.heat` counts write units by key.

A place is hot when very many tickets write to it: a counter, or one key of an index. Found by looking,
so that a new one shows by itself: it is what several people's reports have in common. Kept in
`heat.json`.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.counting import THINGS
from bench.units import READS, Item, Units, onlooker
from tests.harness import Harness

RECORD = Path(__file__).with_name("heat.json")
WRITING = ("mail", "mail with a photo", "text", "form", "reply", "note", "taken", "resolved")
TIMES = 3
OF_ONE = "PARTY#"  # one person or network, which has a limit of its own
COUNT = re.compile(r"#\d+$")  # which of the shards
DATES = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d"), "hour"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "day"),
    (re.compile(r"\d{4}-\d\d"), "month"),
)
Heat = dict[str, dict[str, float]]


class Places(Units):
    """Units by place: a table's item, or a key of an index with all that stands under it."""

    def _note(self, model: Any, **_: Any) -> None:
        if model.name in READS or not self._open:
            return
        table, keys, before, times = self._open
        for key, old, new in zip(keys, before, self._images(table, keys), strict=True):
            self._weigh_item(key, old, new, times)

    def _weigh_item(self, key: Item, old: Item | None, new: Item | None, times: int) -> None:
        units = self.weigh(old, new, times)
        self.spent[f"{key['pk']['S']} {key['sk']['S']}"] += units.pop("table")
        for index, one in units.items():
            name = self.hash_of(index)
            places = {item[name]["S"] for item in (old, new) if item and name in item}
            for place in places:
                self.spent[f"{index} {place}"] += one / len(places)


def count() -> Heat:
    """Units of each thing in each hot place, the mean of several people's."""
    with Harness.boot(has_receipts=True) as town:
        town.http("GET", "/")
        places = Places(town.services.client("dynamodb"), onlooker())
        found = {name: [_one(town, places, name, n) for n in range(TIMES)] for name in WRITING}
    return {name: _shared(each) for name, each in found.items()}


def _one(town: Harness, places: Places, name: str, number: int) -> Counter[str]:
    places.spent = Counter()
    town._town.clock.move_to(town.now + timedelta(minutes=10))  # entries move as they do in life
    THINGS[name](town, number)
    town.drain()
    spent = Counter[str]()
    for place, units in places.spent.items():
        spent[named(place)] += units
    return spent


def named(place: str) -> str:
    """A place without its city and its date; `#n` stands for a shard."""
    index, _, key = place.rpartition(" ") if place.startswith("by_") else ("", "", place)
    name = COUNT.sub("#n", key.partition("#")[2])
    for pattern, word in DATES:
        name = pattern.sub(word, name)
    return f"{index} {name}".strip()


def _shared(each: list[Counter[str]]) -> dict[str, float]:
    """What every one of them wrote to."""
    common = set.intersection(*(set(one) for one in each))
    common -= {place for place in common if OF_ONE in place}
    return {
        place: round(sum(one[place] for one in each) / len(each), 2) for place in sorted(common)
    }


def main() -> int:
    """Count, keep, and say where."""
    heat = count()
    RECORD.write_text(json.dumps(heat, indent=1) + "\n")
    print(f"{RECORD.name}: {len({place for one in heat.values() for place in one})} hot places")
    return 0


if __name__ == "__main__":
    sys.exit(main())
