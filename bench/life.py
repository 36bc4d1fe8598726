"""`make bench-life`: the write units of a ticket's whole life, by AWS's rule, step by step.

A report by mail is answered, the citizen adds words and staff are told, a note is made, work begins and
is done, and the citizen is told of both: four messages, each reported as delivered. Indexes are counted,
hours pass between the steps. What the reader of the stream writes is counted apart: here it reads one
ticket at a time, where a busy city's shares its counters. In this process on moto, so that a test can
hold the sums.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from bench.counting import THINGS
from bench.units import Units, each, onlooker
from tests.harness import Harness

MOST, MOST_OF_READER = 156.0, 66.0
PROJECTED = "PROJECTED"  # in every transaction of the reader
STEPS = ("mail", "reply", "note", "taken", "resolved")
WHOSE = 0  # of the people who report; another one went before, so that everything is warm


class Writers(Units):
    """Units in `spent` without those of the stream's reader, which are in `reader`."""

    def __init__(self, client: Any, onlooker: Any) -> None:
        super().__init__(client, onlooker)
        self.reader = 0.0

    def _note(self, model: Any, parsed: Any, **more: Any) -> None:
        keys = self._open[1] if self._open else ()
        is_readers = any(key["sk"]["S"] == PROJECTED for key in keys)
        before, self.spent = self.spent, Counter()
        super()._note(model, parsed, **more)
        if is_readers:
            self.reader, self.spent = self.reader + self.total, Counter()
        self.spent += before


def measure() -> Iterator[tuple[str, Counter[str], float]]:
    """Each step with its write units by place, and those of the stream's reader."""
    with Harness.boot(has_receipts=True) as town:
        THINGS["mail"](town, WHOSE + 1)
        town.drain()
        town.http("GET", "/console", user="agent")  # signing in is of a day's work, not of a ticket
        units = Writers(town.services.client("dynamodb"), onlooker())
        for step in STEPS:
            units.spent, units.reader = Counter(), 0.0
            town._town.clock.move_to(town.now + timedelta(hours=1))
            THINGS[step](town, WHOSE)
            town.drain()
            spent = {place: n for place, n in units.spent.items() if place != "read"}
            yield step, Counter(spent), units.reader


def main() -> int:
    """Print each step; 1 when the life costs more than it may."""
    total = beside = 0.0
    for step, spent, reader in measure():
        total, beside = total + sum(spent.values()), beside + reader
        print(
            f"{step:<10}{sum(spent.values()):>5.0f} +{reader:>3.0f}   {', '.join(each(spent, 1))}"
        )
    print(
        f"{'life':<10}{total:>5.0f} +{beside:>3.0f}   (limits {MOST:.0f} and {MOST_OF_READER:.0f})"
    )
    return int(total > MOST or beside > MOST_OF_READER)


if __name__ == "__main__":
    sys.exit(main())
