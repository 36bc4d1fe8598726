"""`make bench`: cold start beside the floor, the size of the zips, calls and own CPU per item."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from pathlib import Path

from bench import cold, flows
from bench.recording import API, record
from infra import zips
from infra.local.stack import TOWN
from infra.package import package
from infra.settings import read
from infra.target import Target


def main() -> int:
    """Print every figure beside its limit; 1 when one is exceeded."""
    exceeded = [_size_and_cold_start(), _items()]
    return int(any(exceeded))


def _size_and_cold_start() -> bool:
    first = record()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package(read(TOWN), folder / "package", Target.here())
        api, events = (_unpacked(folder, kind) for kind in (zips.API, zips.EVENTS))
        code = {name: api if name == API else events for name in first}
        floor, rows = cold.measure(first, code, folder)
    print(f"\ncold start, CPU of fresh processes; floor (bare boto3 client) {floor:.0f} ms")
    print(f"{'function':<20}{'import':>8}{'first event':>14}{'ratio':>7}{'limit':>7}")
    for row in rows:
        print(
            f"{row.name:<20}{row.imported:>5.0f} ms{row.ready:>11.0f} ms"
            f"{row.ratio:>7.2f}{row.limit:>7.1f}{'  over' if row.ratio > row.limit else ''}"
        )
    return any(row.ratio > row.limit for row in rows)


def _unpacked(folder: Path, kind: zips.Kind) -> Path:
    path = folder / "package" / kind.name
    print(f"{kind.name} {path.stat().st_size / 1e6:.2f} MB (limit {kind.limit / 1e6:.1f})")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / path.stem)
    return folder / path.stem


def _items() -> bool:
    print(f"\nper item, arrival to sent acknowledgement, median of {flows.ITEMS}")
    print(f"{'item':<15}{'calls':>6}{'limit':>7}{'own CPU':>11}{'limit':>8}")
    exceeded = False
    for flow in flows.measure():
        calls, milliseconds = flows.LIMITS[flow.name]
        print(
            f"{flow.name:<15}{flow.total:>6}{calls:>7}{flow.cpu:>8.1f} ms{milliseconds:>5.0f} ms   "
            + ", ".join(f"{name} {count}" for name, count in sorted(flow.calls.items()))
        )
        exceeded |= flow.total > calls
    return exceeded


if __name__ == "__main__":
    sys.exit(main())
