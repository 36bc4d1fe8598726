"""`make bench-costs`: what a month costs at AWS, every service in it, from counted units.

    python -m bench.costs [--units]

The units are those of `bench.month`; the prices those of `prices.yaml`, which says how old they are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bench.month import Given, Month, given

PRICES = Path(__file__).with_name("prices.yaml")
SIZES = ("idle village", "village", "city", "province")
ROWS: dict[str, tuple[str, ...]] = {
    "API Gateway": ("api requests",),
    "Lambda": ("function runs", "function gigabyte-seconds"),
    "DynamoDB": ("table writes", "table reads", "table gigabytes", "recovery gigabytes"),
    "SES": ("mails out", "mails in", "mail chunks"),
    "SQS, with Lambda's polling": ("queue requests",),
    "SNS topics": ("topic requests",),
    "S3": ("objects written", "objects read", "object gigabytes"),
    "KMS": ("keys", "key requests"),
    "Secrets Manager": ("secrets", "secret requests"),
    "CloudWatch alarms": ("alarm metrics", "composite alarms"),
    "CloudWatch dashboards, metrics": ("dashboards", "own metrics"),
    "CloudWatch logs": ("log gigabytes", "log gigabytes kept"),
    "X-Ray": ("traces",),
    "GuardDuty, scanned files": ("gigabytes scanned", "objects scanned"),
    "EventBridge, Budgets": ("schedule runs", "budgets"),
    "data transfer out": ("gigabytes out",),
    "Cognito": ("staff who sign in",),
}
IF_ASKED: dict[str, tuple[str, ...]] = {
    "firewall (`requests_from_one_address`)": ("firewalls", "firewall rules", "firewall requests"),
    "CloudFront in front": ("front requests", "front gigabytes"),
    "AWS Backup (`backups`)": ("backup gigabytes of tables", "backup gigabytes of objects"),
    "pages from a snapshot (`snap_start`)": ("snapshot gigabyte-seconds", "snapshot starts"),
}
SUM = "**sum**"
A_TEXT = ("text segments", "carrier fees")


def prices() -> dict[str, Any]:
    """The table of prices, with its date."""
    return dict(yaml.safe_load(PRICES.read_text()))


def dollars(units: Mapping[str, float], names: Iterable[str], table: Mapping[str, Any]) -> float:
    """What these units cost; what is free every month is taken off first."""
    return sum(
        max(0.0, units[name] - table[name].get("free", 0))
        * table[name]["dollars"]
        / table[name]["per"]
        for name in names
    )


def bill(known: Given) -> dict[str, list[float]]:
    """Each row's dollars a month, for each of `SIZES`; the sum is without what only a setting asks for."""
    table = prices()["prices"]
    units = [Month(known, size).units() for size in SIZES]
    found = {row: [dollars(u, names, table) for u in units] for row, names in ROWS.items()}
    found[SUM] = [sum(column) for column in zip(*found.values(), strict=True)]
    return found | {
        row: [dollars(u, names, table) for u in units] for row, names in IF_ASKED.items()
    }


def rounded(amount: float) -> str:
    """As people read it: two figures."""
    if amount < 0.005:
        return "0"
    return f"{amount:.2f}" if amount < 1 else f"{float(f'{amount:.2g}'):,.1f}".removesuffix(".0")


def lines(known: Given) -> Iterator[str]:
    """The table as the documents have it."""
    yield f"| dollars a month | {' | '.join(SIZES)} |"
    yield "|---|" + "--:|" * len(SIZES)
    for row, amounts in bill(known).items():
        yield f"| {row} | {' | '.join(map(rounded, amounts))} |"


def main() -> int:
    """Print the table, and with --units what it is computed from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", action="store_true")
    asked, known, table = parser.parse_args(), given(), prices()
    print(*lines(known), sep="\n")
    text = dollars(dict.fromkeys(A_TEXT, 1), A_TEXT, table["prices"])
    print(
        f"\nBeside the sum: a text's segment in the United States {text:.3f} $, its number a month"
    )
    print(f"{table['prices']['toll-free numbers']['dollars']:.2f} $.", end=" ")
    print(f"Prices of {table['date']}, {table['region']}; looked up: {table['checked']}.")
    if asked.units:
        _print_units([Month(known, size).units() for size in SIZES])
    return 0


def _print_units(columns: list[dict[str, float]]) -> None:
    for name in columns[0]:
        print(f"{name:<28}" + "".join(f"{units[name]:>20,.2f}" for units in columns))


if __name__ == "__main__":
    sys.exit(main())
