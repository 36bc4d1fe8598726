"""Our own metrics: told where they are known, in the embedded format, and named by who looks at them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import metrics
from chalicelib.metrics import Metric
from chalicelib.tickets.model.receipts import GRACES, ORDINARY
from tests.faults import fault, refusal, sms_refusal
from tests.harness import Harness

MAIL = (
    b"From: ana@example.org\r\nTo: help@report.city.example\r\nSubject: Pothole\r\n"
    b"Message-ID: <one@example.org>\r\n\r\nA pothole in Elm Street 5.\r\n"
)
TEXT = "A pothole in Oak Street 1"


@contextmanager
def listening() -> Iterator[list[dict[str, Any]]]:
    """The lines that are told meanwhile, read."""
    lines: list[dict[str, Any]] = []

    def listen(line: str) -> None:
        lines.append(json.loads(line))

    metrics.LISTENERS.append(listen)
    try:
        yield lines
    finally:
        metrics.LISTENERS.remove(listen)


def values(lines: list[dict[str, Any]], metric: Metric) -> list[float]:
    return [line[metric] for line in lines if metric in line]


@pytest.fixture
def town() -> Iterator[Harness]:
    with Harness.boot(has_receipts=True) as town:
        yield town


def test_a_line_is_what_cloudwatch_reads() -> None:
    with listening() as lines:
        metrics.put(Metric.INTAKE_TO_SENT, 1.5)
    (line,) = lines
    (told,) = line["_aws"]["CloudWatchMetrics"]
    assert told["Namespace"].startswith("Civicline/")
    assert told["Dimensions"] == [[]]
    assert told["Metrics"] == [{"Name": "IntakeToSent", "Unit": "Seconds"}]
    assert line["IntakeToSent"] == 1.5
    assert 1_600_000_000_000 < line["_aws"]["Timestamp"] < 4_000_000_000_000, "milliseconds"


def test_a_line_goes_to_standard_output_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    metrics._write("{}")
    assert capsys.readouterr().out == "{}\n"


def test_a_mail_tells_how_long_its_writer_waited_and_that_the_answer_arrived(town: Harness) -> None:
    with listening() as lines:
        town.mail(MAIL)
        town.drain()
    assert len(values(lines, Metric.INTAKE_TO_SENT)) == 1
    assert sum(values(lines, Metric.RECEIPTS_SEEN)) == 1
    assert values(lines, Metric.TEXT_COST) == []


def test_a_text_tells_its_segments_and_what_they_cost(town: Harness) -> None:
    with listening() as lines:
        town.text(TEXT, sender="+12025550101")
        town.drain()
    (segments,) = values(lines, Metric.TEXT_SEGMENTS)
    price = town.services.catalog.load().policy.sms_price_micros
    assert values(lines, Metric.TEXT_COST) == [segments * price / 1_000_000]


def test_a_refused_text_is_counted(town: Harness) -> None:
    town.text(TEXT, sender="+12025550102")
    with listening() as lines, fault("sns.Publish", reply=sms_refusal("InvalidParameter")):
        town.drain()
    assert sum(values(lines, Metric.TEXTS_REFUSED)) == 1


def test_the_sweep_tells_how_late_the_latest_message_is(town: Harness) -> None:
    town.deliver(town.mail(MAIL))  # its answer waits in a queue that nobody reads
    with listening() as lines:
        town.tick(town.now + timedelta(minutes=30))
        town.drain()
        town.tick(town.now + timedelta(minutes=5))
    late, on_time = values(lines, Metric.OLDEST_UNSENT)
    assert late == (timedelta(minutes=30) - GRACES[ORDINARY]).total_seconds()
    assert on_time == 0


def test_what_is_logged_as_an_error_is_counted(town: Harness) -> None:
    event = town.mail(MAIL)
    (record,) = event["Records"]
    with listening() as lines:
        town.deliver({"Records": [record | {"body": '{"Type": "Notification"}'}]})
    assert values(lines, Metric.ERRORS_LOGGED) == [1]


def test_a_mail_that_fails_again_and_again_is_told_long_before_it_is_given_up(
    town: Harness,
) -> None:
    event = town.mail(MAIL)
    (record,) = event["Records"]
    told: dict[int, list[float]] = {}
    for tries in (1, 4, 5, 49):
        offered = record | {"attributes": {"ApproximateReceiveCount": str(tries)}}
        with listening() as lines, fault("dynamodb.GetItem", times=9, reply=refusal("KeyGone")):
            answer = town.deliver({"Records": [offered | {"messageId": f"m-{tries}"}]})
        assert answer == {"batchItemFailures": [{"itemIdentifier": f"m-{tries}"}]}
        told[tries] = values(lines, Metric.INBOUND_FAILING)
    assert told == {1: [], 4: [], 5: [1], 49: [1]}
