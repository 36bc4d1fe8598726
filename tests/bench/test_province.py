"""A day of a province: what is used more is full earlier, and the document says what is computed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bench import heat, province
from bench.province import Province, Row


@pytest.fixture(scope="module")
def known() -> Province:
    return province.province()


def by_name(known: Province) -> dict[str, Row]:
    return {row.name: row for row in known.rows()}


def assuming(known: Province, **given: Any) -> Province:
    named = {name.replace("_", " "): value for name, value in given.items()}
    return replace(known, assumed={**known.assumed, **named})


CALLS = {"mails a second": "sesv2.SendEmail", "texts a second": "sns.Publish"}


@pytest.mark.parametrize("name", [*CALLS, "`by_updated public`"])
def test_what_is_used_twice_as_much_as_all_others_is_full_first(known: Province, name: str) -> None:
    known = assuming(known, mails_a_day=1e12)
    times = 2 * by_name(known)[name].full_at / known.rows()[0].full_at
    things = {
        thing: one | {"calls": more(one["calls"], CALLS.get(name, ""), times)}
        for thing, one in known.known.things.items()
    }
    hot = {thing: more(one, name.strip("`"), times) for thing, one in known.hot.items()}
    first, second, *_ = replace(known, known=replace(known.known, things=things), hot=hot).rows()
    assert (first.name, first.full_at < second.full_at) == (name, True)


def more(counts: Mapping[str, float], of: str, times: float) -> dict[str, float]:
    return {name: n * (times if name == of else 1) for name, n in counts.items()}


def test_twice_the_limit_is_full_at_twice_the_reports_or_later(known: Province) -> None:
    wider = by_name(assuming(known, mails_a_second=2 * known.assumed["mails a second"]))
    name = "mails a second"
    assert wider[name].full_at >= 2 * by_name(known)[name].full_at
    assert wider[name].storm == pytest.approx(by_name(known)[name].storm / 2)


def test_a_backlog_is_gone_when_what_is_left_over_has_done_it() -> None:
    row = Row("a queue", "10", mean=0.1, peak=0.5, storm=1.5, each=0.01, rest=0.5, is_queue=True)
    assert (row.hours_left, row.drained_after) == (0.5, 60)
    full = replace(row, peak=1.0)
    assert full.drained_after == float("inf")


def test_a_storm_brings_reports_and_no_more_staff(known: Province) -> None:
    mean, storm = known.rates(1, 1), known.rates(100, 2.4)
    assert storm["mail"] == pytest.approx(100 * mean["mail"])
    assert storm["taken"] == pytest.approx(2.4 * mean["taken"])


def test_the_document_says_what_is_computed(known: Province) -> None:
    names = re.compile(r"^\| ([^|]+) \|", re.M)
    written, computed = province.TABLE.read_text(), "\n".join(province.lines(known))
    assert set(names.findall(written)) == set(names.findall(computed)), "make bench-province"
    assert known.rows()[0].name in written.partition("| what")[0]


def test_hot_places_are_found_by_looking() -> None:
    found = heat.named("city.example#SENT#2026-03-02 email#ticket_received#2")
    assert found == "SENT#day email#ticket_received#n"
    assert heat.named("by_due city.example#delivery#ordinary#3") == "by_due delivery#ordinary#n"
    assert heat.count() == json.loads(heat.RECORD.read_text()), "python -m bench.heat"
