"""`make bench`: cold start beside the floor, the size of the zip, calls and own CPU per item."""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path

from bench import cold, flows
from infra.package import ROOT, package

MEGABYTE = 1_000_000
LARGEST = 8.0


def main() -> int:
    """Print every figure beside its limit; 1 when one is exceeded."""
    exceeded = [_size_and_cold_start(), _items()]
    return int(any(exceeded))


def _size_and_cold_start() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "package"
        package("town", out)
        archive = out / "deployment.zip"
        size = archive.stat().st_size / MEGABYTE
        print(f"zip {size:.2f} MB (limit {LARGEST:.0f})\n")
        unpacked = Path(folder) / "task"
        with zipfile.ZipFile(archive) as contents:
            contents.extractall(unpacked)
        floor, rows = cold.measure(unpacked, environment())
    print(f"cold start, CPU of fresh processes; floor (bare botocore client) {floor:.0f} ms")
    print(f"{'function':<20}{'import':>8}{'ratio':>7}{'limit':>7}{'first event':>13}{'ratio':>7}")
    for row in rows:
        print(
            f"{row.name:<20}{row.imported:>5.0f} ms{row.ratio:>7.2f}{row.limit:>7.1f}"
            f"{row.ready:>10.0f} ms{row.ready_ratio:>7.2f}"
        )
    return size > LARGEST or any(row.ratio > row.limit for row in rows)


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


def environment() -> dict[str, str]:
    """The variables of the town's stage, and an account that does not exist."""
    config = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    town = config["stages"]["town"].get("environment_variables", {})
    made_by_the_stack = ("MAIL_BUCKET", "FILES_BUCKET", "USER_POOL_ID", "USER_POOL_CLIENT_ID")
    missing = dict.fromkeys(made_by_the_stack, "x")
    account = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    return missing | config.get("environment_variables", {}) | town | account


if __name__ == "__main__":
    sys.exit(main())
