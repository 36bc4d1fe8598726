"""`make bench-moving COUNT=50000`: a city out and in again, on Amazon's DynamoDB Local.

    python -m bench.moving [COUNT]

So many tickets of half a year, with entries and sent messages, are exported from one table and imported
into another; then both tables are compared item by item. Calls, consumed capacity and own CPU (what
DynamoDB and botocore take left out) are told for each way, and how much memory the process took at most.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from moto import mock_aws

from bench.escalation import Meter
from chalicelib.bootstrap import Services
from infra.local import dynamodb_local
from infra.moving.incoming import Import
from infra.moving.outgoing import Export
from tests.moving.cities import ARRIVAL, NOW, keep_files, live_in, make_city, make_clients

SEGMENTS = 64  # DynamoDB Local looks through a whole one for each page


def digests(services: Services) -> set[bytes]:
    """What is in a city's table, as one short digest for each item; of the import's own notes none."""
    client, found = services.client("dynamodb"), set[bytes]()
    for segment in range(SEGMENTS):
        request = {
            "TableName": services.settings.table_name,
            "Segment": segment,
            "TotalSegments": SEGMENTS,
        }
        while True:
            answer = client.scan(**request)
            found |= {_digest(item) for item in answer["Items"] if _is_city(item)}
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    return found


def _digest(item: Any) -> bytes:
    return hashlib.sha256(json.dumps(item, sort_keys=True).encode()).digest()[:12]


def _is_city(item: Any) -> bool:
    return not item["pk"]["S"].endswith(("#IMPORTS", "#AUDIT"))


def measured(name: str, client: Any, do: Callable[[], object]) -> None:
    """Do it and print what it cost."""
    meter = Meter()
    meter.watch(client)
    began, cpu = time.monotonic(), time.process_time()
    do()
    own, took = time.process_time() - cpu - meter.seconds, time.monotonic() - began
    calls = ", ".join(f"{count:,} {operation}" for operation, count in meter.calls.most_common())
    print(f"{name}: {calls}; {meter.capacity:,.0f} units; own CPU {own:.1f} s of {took:.0f} s")


def run(size: int, url: str) -> bool:
    """Move so many tickets; whether nothing was changed."""
    clients = make_clients(url)
    here, there = make_city(clients), make_city(clients)
    live_in(here, size, others=min(size, 1_000))
    keep_files(here)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "out"
        for name, do in _ways(here, there, folder):
            clients = make_clients(url)  # each way is metered on a client of its own
            measured(name, clients("dynamodb"), lambda do=do, c=clients: do(c))
        size_on_disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    before, after = digests(here), digests(there)
    print(
        f"{len(before):,} items, {size_on_disk / 1e6:.0f} MB on disk; at most {most:.0f} MB of memory"
    )
    print(f"changed or missing: {len(before ^ after):,}")
    return before == after


def _ways(
    here: Services, there: Services, folder: Path
) -> Iterator[tuple[str, Callable[[Any], object]]]:
    def other(services: Services, clients: Any) -> Services:
        return Services(services.settings, clients, services.clock, services.region)

    quiet = str.strip
    yield (
        "out",
        lambda clients: Export(other(here, clients), folder, quiet, segments=SEGMENTS).run(NOW),
    )
    yield "in", lambda clients: Import(other(there, clients), folder, quiet).run(ARRIVAL)


def main(arguments: list[str]) -> int:
    """Run it for the number of tickets given, or 50,000."""
    server = dynamodb_local.start()
    try:
        with mock_aws():  # the files; the table is DynamoDB Local's
            return 0 if run(int(arguments[0]) if arguments else 50_000, server.url) else 1
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
