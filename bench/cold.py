"""Cold start: what importing each packaged function costs beside the floor, in one run.

The floor is Python with a bare botocore client for DynamoDB, which any function that talks to the
table has to pay. Figures are CPU milliseconds of fresh processes (median of `RUNS`); the ratio is what
counts, the milliseconds are this machine's.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

RUNS = 7
FLOOR = "from botocore.session import get_session; get_session().create_client('dynamodb')"
HANDLERS = {
    "api_handler": "app",
    "on_inbound_email": "chalicelib.handlers.events",
    "on_inbound_sms": "chalicelib.handlers.events",
    "on_delivery": "chalicelib.handlers.events",
    "on_receipt": "chalicelib.handlers.events",
    "run_escalations": "chalicelib.handlers.events",
    "sweep_deliveries": "chalicelib.handlers.events",
}
# What each function touches on its first event, client included: the whole of a cold start.
FIRST_EVENT = {
    "api_handler": "s.desk; s.client('dynamodb')",
    "on_inbound_email": "s.mail; s.desk; s.client('dynamodb')",
    "on_inbound_sms": "s.texts; s.desk; s.client('dynamodb')",
    "on_delivery": "s.notifier; s.client('dynamodb'); import chalicelib.templates.rendering",
    "on_receipt": "s.notifier; s.client('dynamodb'); import chalicelib.channels.receipts",
    "run_escalations": "s.escalations; s.client('dynamodb')",
    "sweep_deliveries": "s.notifier; s.client('dynamodb')",
}
LIMITS = {"api_handler": 1.8}
EVENT_LIMIT = 1.5


@dataclass(frozen=True)
class Row:
    """One function: CPU milliseconds of its import and of its import with all of its first event."""

    name: str
    imported: float
    ready: float
    ratio: float
    ready_ratio: float
    limit: float


def measure(package: Path, environment: dict[str, str]) -> tuple[float, list[Row]]:
    """The floor in CPU milliseconds and a row per function, run from the unpacked zip at `package`."""
    run = _Runner(package, environment)
    floor = run.cpu(FLOOR)
    rows = []
    for name, module in HANDLERS.items():
        imported = run.cpu(f"import {module}")
        ready = run.cpu(
            f"import {module}; from chalicelib.bootstrap import services; s = services(); "
            + FIRST_EVENT[name]
        )
        limit = LIMITS.get(name, EVENT_LIMIT)
        rows.append(Row(name, imported, ready, imported / floor, ready / floor, limit))
    return floor, rows


class _Runner:
    def __init__(self, package: Path, environment: dict[str, str]) -> None:
        self._package = package
        self._environment = {**os.environ, **environment, "PYTHONPATH": str(package)}

    def cpu(self, code: str) -> float:
        self._once(code)
        return statistics.median(self._once(code) for _ in range(RUNS)) * 1000

    def _once(self, code: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", code], cwd=self._package, env=self._environment, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
