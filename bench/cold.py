"""Cold start: what each packaged function costs up to the end of its first event, beside the floor.

The floor is a bare boto3 client for DynamoDB, which any function that talks to the table has to pay.
Each run is a process of its own (`bench.alone`), without site-packages: the function's zip, and what
Lambda's runtime has. AWS is answered from a recording, so nothing waits. Rounds are interleaved, so a
busy moment meets all alike; the ratio counts, the milliseconds are this machine's.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import boto3

from bench.recording import API, FirstEvent

ROUNDS = 7
LIMITS = {API: 1.7}
EVENT_LIMIT = 1.5
FLOOR = "floor"
# What AWS puts beside the code, with what that needs; everything else must be in the zip.
RUNTIME_HAS = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six.py")
LIBRARIES = Path(boto3.__file__).parent.parent
ALONE = Path(__file__).with_name("alone.py")


@dataclass(frozen=True)
class Row:
    """One function: CPU milliseconds of its import, and up to the end of its first event."""

    name: str
    imported: float
    ready: float
    ratio: float
    limit: float


def lay_out_runtime(folder: Path) -> Path:
    """A folder with the libraries of Lambda's runtime and no others."""
    folder.mkdir()
    for name in RUNTIME_HAS:
        (folder / name).symlink_to(LIBRARIES / name)
    return folder


def measure(
    first: Mapping[str, FirstEvent], code: Mapping[str, Path], folder: Path
) -> tuple[float, list[Row]]:
    """The floor and a row per function. `code` says where each function's zip lies unpacked."""
    runtime = lay_out_runtime(folder / "runtime")
    some = next(iter(first.values()))
    runs = {FLOOR: _write(folder / FLOOR, replace(some, handler=""), [runtime])}
    for name, event in first.items():
        path = [code[name], runtime]
        runs[f"{name} import"] = _write(folder / f"{name}-import", replace(event, event=None), path)
        runs[name] = _write(folder / name, event, path)
    spent = _interleaved(runs)
    rows = [
        Row(
            name,
            spent[f"{name} import"],
            spent[name],
            spent[name] / spent[FLOOR],
            LIMITS.get(name, EVENT_LIMIT),
        )
        for name in first
    ]
    return spent[FLOOR], rows


def _write(path: Path, event: FirstEvent, found_in: list[Path]) -> Path:
    path.write_text(json.dumps(asdict(event) | {"path": [str(each) for each in found_in]}))
    return path


def _interleaved(runs: Mapping[str, Path]) -> dict[str, float]:
    """The median of each, after a round that only warms the disk."""
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(1 + ROUNDS):
        for name, path in runs.items():
            spent[name].append(_cpu(path))
    return {name: statistics.median(each[1:]) for name, each in spent.items()}


def _cpu(recording: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-I", "-S", str(ALONE), str(recording)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
