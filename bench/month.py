"""A month of an installation in the units that AWS counts.

Out of what was counted once (`counted.json`), how a city uses the service (`usage.yaml`), the packaged
templates and `.chalice/config.json`.
"""

from __future__ import annotations

import json
import math
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from chalicelib.metrics import Metric
from infra.cloudformation import Template, load_template
from infra.package import ROOT, package
from infra.settings import EXAMPLE, read
from infra.versions import KEPT

HERE = Path(__file__).parent
MINUTES = 43_200  # of a month of 30 days
GB, MB = 1e9, 1e6
SCHEDULES = {"minute": MINUTES, "five minutes": MINUTES // 5, "day": 30, "keys": 30, "check": 30}


@dataclass(frozen=True)
class Given:
    """All that a bill is computed from."""

    things: Mapping[str, Any]
    usage: Mapping[str, Any]
    state: Template
    functions: Template
    memory: Mapping[str, int]  # megabytes of each function

    def of_type(self, kind: str) -> list[Mapping[str, Any]]:
        """The properties of what both stacks make of a type when no setting asks for more."""
        return [
            resource.get("Properties", {})
            for template in (self.state, self.functions)
            for resource in template["Resources"].values()
            if resource["Type"] == kind and _holds(resource, template)
        ]


def _holds(asked: Mapping[str, Any], template: Template) -> bool:
    """Whether a condition, or what has one, holds where every parameter is as it comes."""
    if "Condition" in asked:
        return _holds(template["Conditions"][asked["Condition"]], template)
    if "Fn::Equals" in asked:
        one, other = (_default(each, template) for each in asked["Fn::Equals"])
        return str(one) == str(other)
    if "Fn::Not" in asked:
        return not _holds(asked["Fn::Not"][0], template)
    return all(_holds(each, template) for each in asked.get("Fn::And", ()))


def _default(value: Any, template: Template) -> Any:
    return template["Parameters"][value["Ref"]]["Default"] if isinstance(value, dict) else value


def given() -> Given:
    """What is counted, assumed, configured and packaged now."""
    with tempfile.TemporaryDirectory() as folder:
        functions = package(read(EXAMPLE, stage="dev"), Path(folder) / "dev", with_code=False)
    config = json.loads((ROOT / ".chalice/config.json").read_text())["lambda_functions"]
    return Given(
        things=json.loads((HERE / "counted.json").read_text()),
        usage=yaml.safe_load((HERE / "usage.yaml").read_text()),
        state=load_template(ROOT / "infra/template.yaml"),
        functions=functions,
        memory={name: each["lambda_memory_size"] for name, each in config.items()},
    )


@dataclass(frozen=True)
class Month:
    """One installation's month: what happens, and the units of everything that AWS counts."""

    given: Given
    size: str

    @cached_property
    def reports(self) -> float:
        """How many come in."""
        return float(self.given.usage["reports a month"][self.size])

    @cached_property
    def times(self) -> dict[str, float]:
        """How often each counted thing happens."""
        each = self.given.usage["for each report"]
        return SCHEDULES | {name: often * self.reports for name, often in each.items()}

    def total(self, what: str) -> float:
        """Counted units of everything that happens."""
        return sum(self.given.things[name][what] * often for name, often in self.times.items())

    def sums(self, what: str) -> Counter[str]:
        """Counted units of everything that happens, by function or call."""
        found: Counter[str] = Counter()
        for name, often in self.times.items():
            for key, one in self.given.things[name][what].items():
                found[key] += one * often
        return found

    @cached_property
    def runs(self) -> Counter[str]:
        """Runs of each function."""
        return self.sums("runs")

    @cached_property
    def seconds(self) -> dict[str, float]:
        """What Lambda is paid for, by function: its own time, its waiting, its starts."""
        usage, cpu, waits = self.given.usage, self.sums("cpu"), Counter[str]()
        for name, often in self.times.items():
            thing = self.given.things[name]
            runs = sum(thing["runs"].values())
            for function, one in thing["runs"].items():
                waits[function] += self._wait(thing["calls"]) * often * one / runs
        return {
            name: cpu[name] * max(1, usage["megabytes of a core"] / self.given.memory[name])
            + waits[name]
            + self.starts(name) * usage["cold start seconds"]
            for name in self.runs
        }

    def _wait(self, calls: Mapping[str, float]) -> float:
        waits = self.given.usage["waits"]
        asked = sum(n * waits[call.partition(".")[0]] for call, n in calls.items())
        more = self.given.usage["transaction wait"]
        return float(asked + more * calls.get("dynamodb.TransactWriteItems", 0))

    def processes(self, name: str) -> float:
        """How many of a function are warm at once, on the average day, at a tenth of a second a run."""
        return 1 + self.runs[name] * 0.1 / (MINUTES * 60)

    def at_most_every(self, minutes: float) -> float:
        """How often something happens that each process does at most so often, when it runs at all."""
        return sum(
            min(n, MINUTES / minutes * self.processes(name)) for name, n in self.runs.items()
        )

    def starts(self, name: str) -> float:
        """Cold starts: as often as nobody came by while a process waited, when people come by chance."""
        idle, runs = self.given.usage["idle minutes of a process"], self.runs[name]
        return runs * math.exp(-idle * runs / MINUTES)

    def units(self) -> dict[str, float]:
        """What AWS counts, by the names of the table of prices."""
        return {
            name: float(units)
            for part in (self._work, self._storing, self._watching, self._fixed, self._asked_for)
            for name, units in part()
        }

    def _work(self) -> Iterator[tuple[str, float]]:
        runs, calls = self.runs, self.sums("calls")
        yield "api requests", runs["api_handler"]
        yield "function runs", runs.total()
        memory = self.given.memory
        yield (
            "function gigabyte-seconds",
            sum(s * memory[n] / 1024 for n, s in self.seconds.items()),
        )
        catalogue = self.given.things["catalogue"]["reads"] * self.at_most_every(1)
        yield "table writes", self.total("writes")
        yield "table reads", self.total("reads") + catalogue
        yield "mails out", calls["sesv2.SendEmail"]
        yield "mails in", runs["on_inbound_email"]
        yield "mail chunks", self._mailed() * MB // (256 * 1024)
        received = sum(n for name, n in runs.items() if self._reads_a_queue(name))
        sent = sum(n for call, n in calls.items() if call.startswith("sqs."))
        yield "queue requests", self._polls() + sent + 3 * received  # handed in, received, deleted
        yield (
            "topic requests",
            runs["on_inbound_email"] + runs["on_inbound_sms"] + runs["on_receipt"],
        )
        pages = self.total("answered") / GB
        yield "gigabytes out", pages + self.photos("megabytes") * self._photo("looked at") / 1000
        yield (
            "schedule runs",
            sum(SCHEDULES[each] for each in ("minute", "five minutes", "day", "keys")),
        )

    def _reads_a_queue(self, name: str) -> bool:
        return bool(re.match(r"on_(?!text_log|change)", name))

    def _polls(self) -> float:
        """Of queues; to read a table's stream costs nothing (DynamoDB pricing, "DynamoDB Streams")."""
        usage = self.given.usage
        found = self.given.of_type("AWS::Lambda::EventSourceMapping")
        sources = [source for source in found if source["EventSourceArn"] != {"Ref": "StreamArn"}]
        pollers = [usage["pollers"]["limited" if "ScalingConfig" in s else "free"] for s in sources]
        return float(sum(pollers) * usage["polls a minute"] * MINUTES)

    def _photo(self, what: str) -> float:
        return float(self.given.usage["photos"][what])

    def photos(self, what: str = "") -> float:
        """How many photos come in, or how much of something they are."""
        return self.reports * self._photo("a report") * (self._photo(what) if what else 1)

    def _mailed(self) -> float:
        photos = self.times.get("mail with a photo", 0) * self._photo("megabytes")
        return float(self.runs["on_inbound_email"] * self.given.usage["mail megabytes"] + photos)

    def _storing(self) -> Iterator[tuple[str, float]]:
        months, calls = self.given.usage["months of storage"], self.sums("calls")
        tickets = self.total("stored") * months / GB
        yield "table gigabytes", tickets
        yield "recovery gigabytes", tickets
        by_us = sum(n for call, n in calls.items() if call.startswith("s3.Put"))
        yield "objects written", by_us + self.runs["on_inbound_email"] + self.photos("written")
        yield "objects read", calls["s3.GetObject"] + self.photos("read") + self.photos("looked at")
        kept = (self._mail_days() + self._version_days()) / 30 * self._mailed()
        yield "object gigabytes", kept / 1000 + self.photos("megabytes") * months / 1000
        yield "objects scanned", self.photos()
        yield "gigabytes scanned", self.photos("megabytes") / 1000

    def _backup_days(self) -> int:
        """So many copies of the table there are: each is whole, those of buckets hold what changed."""
        plan = self.given.state["Resources"]["BackupPlan"]["Properties"]["BackupPlan"]
        return sum(rule["Lifecycle"]["DeleteAfterDays"] for rule in plan["BackupPlanRule"])

    def _mail_days(self) -> float:
        return float(self.given.state["Parameters"]["MailRetentionDays"]["Default"])

    def _version_days(self) -> float:
        """How long a deleted mail is kept beside."""
        bucket = self.given.state["Resources"]["MailBucket"]["Properties"]
        rules = bucket["LifecycleConfiguration"]["Rules"]
        return float(
            max(r.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", 0) for r in rules)
        )

    def _watching(self) -> Iterator[tuple[str, float]]:
        usage, runs = self.given.usage, self.runs
        yield "alarm metrics", sum(map(_metrics, self.given.of_type("AWS::CloudWatch::Alarm")))
        yield "composite alarms", len(self.given.of_type("AWS::CloudWatch::CompositeAlarm"))
        yield "dashboards", len(self.given.of_type("AWS::CloudWatch::Dashboard"))
        # Each has one set of dimensions, none; one that nobody tells costs nothing.
        yield "own metrics", len(Metric) if self.reports else len(self.sums("told"))
        lines = (
            runs.total() * usage["lambda's own lines"] + runs["api_handler"] * usage["access line"]
        )
        logged = (self.total("logged") + lines) / GB
        yield "log gigabytes", logged
        yield "log gigabytes kept", logged * 3 * 0.15  # ninety days, compressed
        most = usage["traced a second"] * MINUTES * 60
        traced = min(runs.total(), most)
        yield "traces", traced + 0.05 * (runs.total() - traced)

    def _fixed(self) -> Iterator[tuple[str, float]]:
        yield "keys", len(self.given.of_type("AWS::KMS::Key"))
        yield "secrets", len(self.given.of_type("AWS::SecretsManager::Secret"))
        yield "secret requests", sum(self.starts(name) for name in self.runs)
        yield "key requests", 2 * self.at_most_every(self.given.usage["key reuse minutes"])
        yield "staff who sign in", self.given.usage["staff"][self.size]
        yield "budgets", 1

    def _asked_for(self) -> Iterator[tuple[str, float]]:
        yield "firewalls", 1
        yield "firewall rules", 1
        yield "firewall requests", self.runs["api_handler"]
        yield "front requests", self.runs["api_handler"]
        yield "front gigabytes", self.total("answered") / GB
        stored = dict(self._storing())
        yield "backup gigabytes of tables", stored["table gigabytes"] * self._backup_days()
        yield "backup gigabytes of objects", stored["object gigabytes"]
        of_pages = self.given.memory["api_handler"] / 1024
        yield "snapshot gigabyte-seconds", of_pages * MINUTES * 60 * (1 + KEPT)
        yield "snapshot starts", of_pages * self.starts("api_handler")


def _metrics(alarm: Mapping[str, Any]) -> int:
    """What an alarm is paid by: each metric that it looks at."""
    return sum("MetricStat" in each for each in alarm["Metrics"]) if "Metrics" in alarm else 1
