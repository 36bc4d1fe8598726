"""`make bench-province`: what is full first on a day of 50 million people with a storm.

Computed, not played: rates are what `usage.yaml` and `province.yaml` say, times what was counted of each
thing that happens. Each row is looked at as if all before it kept up. A queue that is full gathers a
backlog, whose end is told; pages beyond their limit are refused. Written into `province.md`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from bench import heat
from bench.month import Given, Month, given
from chalicelib.config import WORKERS_A_COUNT
from chalicelib.projections.following import AT_ONCE
from chalicelib.tickets.dynamodb.counting import SHARDS
from chalicelib.tickets.dynamodb.items.keys import MOST_PLACES

HERE = Path(__file__).parent
TABLE = HERE / "province.md"
HOUR, DAY = 3_600, 86_400
SHOWN = 0.02  # of its limit, in the storm; what stays below is left out
INDEX_SHARDS = 4
QUEUES = {
    "on_inbound_email": "InboundEmail",
    "on_inbound_sms": "InboundSms",
    "on_delivery": "Delivery",
    "on_receipt": "Receipts",
}
Rates = Mapping[str, float]  # things a second


@dataclass(frozen=True)
class Row:
    """Something that can be full: the share of its limit that is used at the mean, in the busiest hour
    and in the storm; and of an hour of many reports, `each` time the mean and the `rest` beside it."""

    name: str
    limit: str
    mean: float
    peak: float
    storm: float
    each: float
    rest: float
    is_queue: bool = False

    @property
    def full_at(self) -> float:
        """At how many times the reports of a mean hour it is full."""
        return max(0.0, 1 - self.rest) / self.each if self.each > 0 else float("inf")

    @property
    def hours_left(self) -> float:
        """Of its whole work, how many hours wait when the storm is over."""
        return max(0.0, self.storm - 1)

    @property
    def drained_after(self) -> float:
        """Minutes until they are done, while what comes in is as much as in the busiest hour."""
        return 60 * self.hours_left / (1 - self.peak) if self.peak < 1 else float("inf")


@dataclass(frozen=True)
class Province:
    """One day, out of what is counted and what is assumed."""

    known: Given
    assumed: Mapping[str, Any]
    hot: heat.Heat

    @cached_property
    def month(self) -> Month:
        """The month that the day is one of."""
        return Month(self.known, self.assumed["size"])

    @cached_property
    def sizes(self) -> Mapping[str, Any]:
        """What runs at once."""
        return dict(self.known.functions["Mappings"]["Sizes"][self.assumed["size"]])

    def rates(self, citizens: float, staff: float) -> dict[str, float]:
        """Things a second, at so many times the mean."""
        each = self.known.usage["for each report"]
        a_second = self.month.reports / 30 / DAY
        times = {name: staff if name in self.assumed["staff"] else citizens for name in each}
        return {name: often * a_second * times[name] for name, often in each.items()}

    def row(
        self, name: str, limit: float, load: Callable[[Rates], float], *, is_queue: bool = False
    ) -> Row:
        """How full it is in each of the hours."""
        busiest, storm = 24 * self.assumed["peak"], self.assumed["storm"]
        hours = ((1, 1), (busiest, busiest), (1, busiest), (0, busiest))
        mean, peak, one, rest = (load(self.rates(*hour)) / limit for hour in hours)
        each = one - rest
        return Row(name, f"{limit:,.0f}", mean, peak, rest + storm * each, each, rest, is_queue)

    def rows(self) -> list[Row]:
        """All that can be full, what is full first before the others."""
        parts = (self._pages, self._queues, self._providers, self._table, self._places)
        return sorted((row for part in parts for row in part()), key=lambda row: row.full_at)

    def _pages(self) -> Iterator[Row]:
        runs = self._counted("runs", "api_handler")
        yield self.row("requests a second", self.sizes["RequestsASecond"], runs)
        others = sum(self.sizes[each] for each in (*QUEUES.values(), "Urgent", "Broadcast"))
        room = int(self.sizes["AccountConcurrency"]) - others - self._readers
        yield self.row("pages at once", room, self._busy("api_handler"))

    @property
    def _readers(self) -> int:
        return INDEX_SHARDS * int(self.sizes["Changes"])

    def _queues(self) -> Iterator[Row]:
        for function, limit in QUEUES.items():
            name = f"`{function}` at once"
            yield self.row(name, self.sizes[limit], self._busy(function), is_queue=True)
        busy = self._busy("on_change")
        yield self.row(
            "`on_change` at once", self._readers, lambda r: busy(r) / AT_ONCE, is_queue=True
        )

    def _providers(self) -> Iterator[Row]:
        for name, call in (("mails", "sesv2.SendEmail"), ("texts", "sns.Publish")):
            limit = self.assumed[f"{name} a second"]
            yield self.row(f"{name} a second", limit, self._counted("calls", call), is_queue=True)
        yield self._day_of_mails()

    def _day_of_mails(self) -> Row:
        """An account's share of a day, which one hour can use up; what is over it leaves tomorrow."""
        limit, load = self.assumed["mails a day"], self._counted("calls", "sesv2.SendEmail")
        hour = self.row("mails a day", limit / HOUR, load, is_queue=True)
        day, rest = hour.mean * 24, hour.mean * 23 + hour.rest
        storm = rest + self.assumed["storm"] * hour.each
        return replace(hour, limit=f"{limit:,}", mean=day, peak=day, storm=storm, rest=rest)

    def _table(self) -> Iterator[Row]:
        for what, at_once in self.assumed["units at once"].items():
            yield self.row(f"units of {what}, at once", at_once, self._sum(what))
            most = self.assumed["units of a table"]
            yield self.row(f"units of {what}, grown", most, self._sum(what))

    def _places(self) -> Iterator[Row]:
        """Keys of indexes by their units; counters, which are written in transactions, by their turns."""
        for place in sorted({place for one in self.hot.values() for place in one}):
            is_counter, load = not place.startswith("by_"), self._heat(place)
            limit = self.assumed["turns of an item" if is_counter else "units of a key"]
            times = 2 if is_counter else 1
            yield self.row(
                f"`{place}`", limit * self._spread(place), lambda r, t=times, f=load: f(r) / t
            )

    def _spread(self, place: str) -> int:
        """Over how many keys or items a place is spread."""
        counts = 1 + int(self.sizes["DeliveryWorkers"]) // WORKERS_A_COUNT
        name = place.rpartition(" ")[2] if place.startswith("by_") else place.partition("#")[0]
        found = {"SENT": SHARDS * counts, "public": min(counts, MOST_PLACES)}
        found |= {"COUNT": counts * AT_ONCE, "SPENDING": counts, "CITY ALLOWANCE": counts}
        return found.get(name, INDEX_SHARDS if name.endswith("#n") else 1)

    def _heat(self, place: str) -> Callable[[Rates], float]:
        is_shared = "agency" not in place and "service" not in place and "public-works" not in place
        share = 1.0 if is_shared else self.assumed["one matter"]
        units = {name: one.get(place, 0.0) * share for name, one in self.hot.items()}
        return lambda rates: sum(units.get(name, 0.0) * rate for name, rate in rates.items())

    def _counted(self, what: str, key: str) -> Callable[[Rates], float]:
        things = self.known.things
        return lambda rates: sum(things[n][what].get(key, 0) * rate for n, rate in rates.items())

    def _sum(self, what: str) -> Callable[[Rates], float]:
        things = self.known.things
        return lambda rates: sum(things[name][what] * rate for name, rate in rates.items())

    def _busy(self, function: str) -> Callable[[Rates], float]:
        """How many of a function run at once: runs a second by the seconds that one takes."""
        month, runs = self.month, self._counted("runs", function)
        seconds = month.seconds[function] / month.runs[function]
        return lambda rates: runs(rates) * seconds


def province() -> Province:
    """As it stands now."""
    assumed = yaml.safe_load((HERE / "province.yaml").read_text())
    return Province(given(), assumed, json.loads(heat.RECORD.read_text()))


def lines(known: Province) -> Iterator[str]:
    """The document."""
    assumed, rows = known.assumed, known.rows()
    first = rows[0]
    mean = known.month.reports / 30 / 24
    yield "# A day of a province, and a storm\n"
    yield f"Written by `make bench-province`. {assumed['people']:,} people, {mean:,.0f} reports in a mean"
    yield f"hour; in the storm {assumed['storm']} times as many for one hour. Shares of each limit, from"
    yield "what was counted on one machine and from limits that AWS documents or grants"
    yield f"(`province.yaml`). What stays below {SHOWN:.0%} in the storm is left out.\n"
    yield f"**Full first: {first.name}**, at {first.full_at:,.0f} times the reports of a mean hour.\n"
    yield "| what | limit | mean | busiest hour | storm | full at, times the mean | left after the storm |"
    yield "|---|--:|--:|--:|--:|--:|---|"
    yield from (_line(row) for row in rows if row.storm >= SHOWN)


def _line(row: Row) -> str:
    shares = " | ".join(_percent(share) for share in (row.mean, row.peak, row.storm))
    return f"| {row.name} | {row.limit} | {shares} | {row.full_at:,.0f} | {_after(row)} |"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %" if share < 1 else f"{100 * share:,.0f} %"


def _after(row: Row) -> str:
    if not row.hours_left:
        return ""
    if not row.is_queue:
        return f"{row.hours_left / row.storm:.0%} were refused or slowed down"
    if row.mean == row.peak:
        return f"{row.hours_left:.0%} of a day's leave on the next days"
    return f"{row.hours_left * 60:,.0f} minutes of work, done after {row.drained_after:,.0f}"


def main() -> int:
    """Write the document and print it."""
    text = "\n".join(lines(province())) + "\n"
    TABLE.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
