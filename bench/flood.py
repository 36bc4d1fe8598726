"""One sender writes very many mails in ten minutes: what is kept, marked and answered, and what others pay.

    python -m bench.flood [COUNT]

Prints the figures; ends with an error when a mail is lost, an answer too many leaves, or a mail of
somebody else costs more AWS calls than before the flood.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from datetime import timedelta

from chalicelib.tickets.commit.floods import TAG
from tests.citizens import ANA, a_mail, to
from tests.harness import Harness

MINUTES = 10


def calls_of_one_mail(town: Harness, sender: str) -> Counter[str]:
    """The AWS calls of a stranger's mail, from its arrival to its acknowledgement."""
    town.clear_calls()
    town.mail(a_mail("The light is dark.", subject="Light", sender=sender))
    town.drain()
    return Counter(town.calls)


def flood(town: Harness, count: int) -> None:
    """`count` different mails of one sender, spread over ten minutes, schedules running."""
    for minute in range(MINUTES):
        for number in range(minute, count, MINUTES):
            town.mail(a_mail(f"Hole number {number} on Elm Street.", subject=f"Hole {number}"))
        town.drain(10_000)
        town.tick(town.now + timedelta(minutes=1))
    town.drain(10_000)


def main() -> int:
    """Run the flood and compare."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    began = time.perf_counter()
    with Harness.boot() as town:
        calls_of_one_mail(town, "first@example.org")
        before = calls_of_one_mail(town, "bo@example.org")
        flood(town, count)
        after = calls_of_one_mail(town, "cy@example.org")
        stored = town.dump()
        tickets = [t for t in stored["tickets"] if t["requester"]["email"] == ANA]
        marked, answers = [t for t in tickets if TAG in t["tags"]], len(to(town, ANA))
    lost = count - len(tickets) + len(stored["dead_letters"])
    print(f"{count} mails of one sender in {MINUTES} minutes: {len(tickets)} tickets, {lost} lost,")
    print(f"{len(marked)} marked for staff, {answers} acknowledgements;")
    print(f"a mail of somebody else: {before.total()} AWS calls before, {after.total()} amid it.")
    print(f"({time.perf_counter() - began:.0f} s on this machine)")
    return int(bool(lost) or answers > 5 or after.total() > before.total())


if __name__ == "__main__":
    sys.exit(main())
