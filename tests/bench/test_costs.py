"""The bill: computed from what exists, told the same in the documents, nothing left out or put in twice."""

from __future__ import annotations

import copy
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from bench import costs, counting
from bench.month import ROOT, Given, Month, given
from infra.local import dynamodb_local

DOCUMENTS = ("README.md", "docs/deploy.md")
# What a rounded figure may be off before somebody writes it anew.
SHARE, LEAST = 0.1, 0.15
STREAM = "OnChangeOnChangeDynamodbEventSource"  # Lambda reads it for nothing
BY_RULE = {name for names in (costs.ROWS | costs.IF_ASKED).values() for name in names}


@pytest.fixture(scope="module")
def known() -> Given:
    return given()


def told(document: str) -> dict[str, list[float]]:
    """The rows of dollars in a document."""
    found = {}
    for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        if name in costs.ROWS | costs.IF_ASKED | {costs.SUM: ()}:
            found[name] = [float(cell.replace(",", "")) for cell in cells]
    return found


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_documents_tell_what_is_computed(known: Given, document: str) -> None:
    bill, written = costs.bill(known), told(document)
    rows = {*costs.ROWS, costs.SUM} | ({*costs.IF_ASKED} if document == "docs/deploy.md" else set())
    assert set(written) == rows, "every service has its row"
    wrong = {
        name: (written[name], [costs.rounded(amount) for amount in bill[name]])
        for name in rows
        if any(
            abs(one - amount) > max(LEAST, SHARE * amount)
            for one, amount in zip(written[name], bill[name], strict=True)
        )
    }
    assert not wrong, "make bench-costs says the second; write it into the document"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_says_how_old_its_prices_are(document: str) -> None:
    day = costs.prices()["date"]
    words = (ROOT / document).read_text(encoding="utf-8")
    assert f"{day.day} {day:%B %Y}" in words


def test_every_price_is_used_once_and_every_unit_has_a_price(known: Given) -> None:
    table = costs.prices()["prices"]
    beside = {*costs.A_TEXT, "toll-free numbers"}
    assert set(Month(known, "city").units()) == BY_RULE == set(table) - beside
    assert sum(len(names) for names in (costs.ROWS | costs.IF_ASKED).values()) == len(BY_RULE)
    assert all({"dollars", "per", "page"} <= set(price) for price in table.values())


def test_every_function_runs_in_a_city(known: Given) -> None:
    assert set(Month(known, "city").runs) == set(known.memory)


def test_each_thing_that_is_counted_is_on_the_bill(known: Given) -> None:
    assert set(known.things) == {*counting.THINGS}
    assert set(known.things) - set(Month(known, "city").times) == {"catalogue"}


def test_an_idle_village_pays_for_asking_its_queues(known: Given) -> None:
    assert Month(known, "idle village").units()["queue requests"] == 6 * 5 * 3 * 43_200


def test_one_more_alarm_or_queue_is_on_the_bill(known: Given) -> None:
    more = copy.deepcopy(known.functions)
    for kind in ("AWS::CloudWatch::Alarm", "AWS::Lambda::EventSourceMapping"):
        again = next(r for n, r in more["Resources"].items() if r["Type"] == kind and n != STREAM)
        more["Resources"][f"Another{kind[-5:]}"] = again
    before, after = (Month(k, "village").units() for k in (known, replace(known, functions=more)))
    assert after["alarm metrics"] == before["alarm metrics"] + 1
    assert after["queue requests"] == before["queue requests"] + 5 * 3 * 43_200


def test_what_is_off_until_it_is_asked_for_is_in_no_sum(known: Given) -> None:
    bill = costs.bill(known)
    rows = [bill[row] for row in costs.ROWS]
    assert bill[costs.SUM] == [sum(column) for column in zip(*rows, strict=True)]
    assert not known.of_type("AWS::WAFv2::WebACL") and not known.of_type("AWS::Backup::BackupPlan")


@pytest.mark.dynamodb
def test_the_units_are_those_of_today() -> None:
    """Own time is this machine's, and no part of it."""
    if problem := dynamodb_local.why_not():
        assert not os.environ.get("CI"), problem
        pytest.skip(problem)
    server = dynamodb_local.start()
    try:
        now = counting.count(server.url)
    finally:
        server.stop()
    kept = json.loads(Path(counting.RECORD).read_text())
    assert set(now) == set(kept)
    for name, one in now.items():
        for what in ("reads", "writes", "stored"):
            assert one[what] == pytest.approx(kept[name][what], rel=0.1, abs=1), (name, what)
        for what in ("runs", "calls"):
            assert one[what] == pytest.approx(kept[name][what], rel=0.1, abs=0.5), (name, what)
