"""`make soak-counters`: ten thousand changes, counted by a reader that repeats, replays and dies.

On moto or, with `--local`, on Amazon's DynamoDB Local. Every counter must equal what is added up from the
tickets themselves, and a rebuilt generation must equal the one before.
"""

from __future__ import annotations

import argparse
import sys
import time

from infra.local import dynamodb_local
from tests.projections.conftest import AGENCIES, City
from tests.projections.soak import counted, recount, soak
from tests.tables import make_client, make_table, moto_client
from tests.tickets.conftest import TABLE


def main() -> int:
    """Soak once; 1 when a counter is not what it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--local", action="store_true")
    given = parser.parse_args()
    if not given.local:
        with moto_client() as client:
            return _soak(client, given.changes, given.seed)
    server = dynamodb_local.start()
    try:
        return _soak(make_client(server.url), given.changes, given.seed)
    finally:
        server.stop()


def _soak(client: object, changes: int, seed: int) -> int:
    make_table(client, TABLE)
    town = City(client, "soak.example")
    for code in AGENCIES:
        town.publish("agency", code, agency_code=code, agency_name={"en": code.title()})
    began = time.monotonic()
    met = soak(town, changes, seed)
    found, wanted = counted(town), recount(town)
    town.projections.rebuild()
    town.finish()
    differences = town.kept.progress().differences
    print(f"{changes:,} changes in {time.monotonic() - began:.0f} s; on the way: {dict(met)}")
    print(f"{len(found):,} counters, equal to a recount: {found == wanted}")
    print(f"built anew they differ in {differences}")
    return int(found != wanted or bool(differences))


if __name__ == "__main__":
    sys.exit(main())
