"""`make bench-life`: the write units of a ticket's whole life, by AWS's rule, step by step.

A report by mail is answered, the citizen adds words and staff are told, a note is made, work begins and
is done, and the citizen is told of both: four messages, each reported as delivered. Indexes are counted,
hours pass between the steps. In this process on moto, so that a test can hold the sum.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from bench.counting import THINGS
from bench.units import Units, each
from tests.harness import Harness
from tests.tables import make_client

MOST = 120.0
STEPS = ("mail", "reply", "note", "taken", "resolved")
WHOSE = 0  # of the people who report; another one went before, so that everything is warm


def measure() -> Iterator[tuple[str, Counter[str]]]:
    """Each step with its write units by place."""
    with Harness.boot(has_receipts=True) as town:
        THINGS["mail"](town, WHOSE + 1)
        town.drain()
        units = Units(town.services.client("dynamodb"), make_client())
        for step in STEPS:
            units.spent.clear()
            town._town.clock.move_to(town.now + timedelta(hours=1))
            THINGS[step](town, WHOSE)
            town.drain()
            yield step, Counter({place: n for place, n in units.spent.items() if place != "read"})


def main() -> int:
    """Print each step; 1 when the life costs more than `MOST`."""
    total = 0.0
    for step, spent in measure():
        total += sum(spent.values())
        print(f"{step:<10}{sum(spent.values()):>5.0f}   {', '.join(each(spent, 1))}")
    print(f"{'life':<10}{total:>5.0f}   (limit {MOST:.0f})")
    return int(total > MOST)


if __name__ == "__main__":
    sys.exit(main())
