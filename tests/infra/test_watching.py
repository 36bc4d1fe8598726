"""Alarms and dashboards: each alarm reaches a person, none floods them, and all of them are explained."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from chalicelib.metrics import Metric
from infra.cloudformation import Template
from infra.package import ROOT
from tests.infra.resources import of_type, text

QUEUES = ("inbound-email", "inbound-sms", "receipts", "delivery", "urgent", "broadcast")
QUARTER_OF_AN_HOUR = 900
TOPICS = {"alarms": "ordinary", "alarms-urgent": "urgent"}
FRONT_TOPICS = {"Alarms": "ordinary", "UrgentAlarms": "urgent"}
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")


def alarms(functions: Template) -> dict[str, dict[str, Any]]:
    """Every alarm of the packaged template by its name without city and stage, but those of a canary,
    which tell nobody (`test_gradual.py`)."""
    found = of_type(functions, "AWS::CloudWatch::Alarm")
    found |= of_type(functions, "AWS::CloudWatch::CompositeAlarm")
    lasting = [alarm for alarm in found.values() if "Fn::Sub" in alarm["AlarmName"]]
    return {short(alarm["AlarmName"]): alarm for alarm in lasting}


def short(name: Any) -> str:
    return text(name["Fn::Sub"]).removeprefix("civicline-").removesuffix("-${Stage}")


def severity(alarm: dict[str, Any]) -> str:
    """Which topic it rings, or `part` where it rings by another alarm alone."""
    if "AlarmActions" not in alarm:
        return "part"
    (action,) = alarm["AlarmActions"]
    assert alarm["OKActions"] == [action], "who heard of it hears that it is over"
    if "Ref" in action:
        return FRONT_TOPICS[action["Ref"]]
    return TOPICS[text(action["Fn::Sub"]).split(":civicline-")[1].removesuffix("-${Stage}")]


def parts(functions: Template) -> set[str]:
    """The alarms that the composite one is made of."""
    (composite,) = of_type(functions, "AWS::CloudWatch::CompositeAlarm").values()
    logical = re.findall(r'ALARM\("\$\{(\w+)\}"\)', composite["AlarmRule"]["Fn::Sub"])
    return {short(functions["Resources"][n]["Properties"]["AlarmName"]) for n in logical}


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """What an alarm looks at: its own metric, or those that it computes with."""
    if "Metrics" not in alarm:
        return [alarm]
    stats = [m["MetricStat"] for m in alarm["Metrics"] if "MetricStat" in m]
    return [stat["Metric"] | {"Period": stat["Period"]} for stat in stats]


def looks_at(functions: Template) -> dict[tuple[str, str], set[str]]:
    """Namespace and name of a metric -> the alarms on it."""
    found: dict[tuple[str, str], set[str]] = {}
    for name, alarm in alarms(functions).items():
        for metric in metrics_of(alarm) if "AlarmRule" not in alarm else []:
            key = (text(metric["Namespace"]), metric["MetricName"])
            found.setdefault(key, set()).add(name)
    return found


def test_every_alarm_rings_somewhere(functions: Template) -> None:
    silent = {name for name, alarm in alarms(functions).items() if severity(alarm) == "part"}
    assert silent == parts(functions), "only what the composite alarm tells of is silent itself"


def test_what_keeps_citizens_waiting_is_one_urgent_alarm(functions: Template) -> None:
    assert severity(alarms(functions)["citizens-wait"]) == "urgent"
    assert parts(functions) == {
        "inbound-email-age",
        "inbound-sms-age",
        "inbound-failing",
        "delivery-age",
        "urgent-age",
        "oldest-unsent",
        "run-escalations-stopped",
        "sweep-deliveries-stopped",
    }


def test_no_alarm_mails_each_minute(functions: Template, front: Template) -> None:
    """It looks back at a quarter of an hour at least, so it comes and goes four times an hour at most."""
    for name, alarm in (alarms(functions) | alarms(front)).items():
        if "AlarmRule" in alarm:
            continue
        period = alarm.get("Period") or metrics_of(alarm)[0]["Period"]
        assert period * alarm["EvaluationPeriods"] >= QUARTER_OF_AN_HOUR, name


@pytest.mark.parametrize("queue", QUEUES)
def test_somebody_is_told_of_dead_letters_and_of_waiting_messages(
    functions: Template, queue: str
) -> None:
    for name, of_queue in ((f"{queue}-dead-letters", f"{queue}-dead"), (f"{queue}-age", queue)):
        (dimension,) = alarms(functions)[name]["Dimensions"]
        assert dimension["Value"] == {"Fn::Sub": f"civicline-{of_queue}-${{Stage}}"}


def test_somebody_is_told_when_counts_and_lists_fall_behind_or_are_given_up(
    functions: Template,
) -> None:
    behind, given_up = (alarms(functions)[f"changes-{name}"] for name in ("age", "dead-letters"))
    assert (behind["MetricName"], behind["Dimensions"][0]["Value"]) == (
        "IteratorAge",
        {"Ref": "OnChange"},
    )
    assert behind["Threshold"] == 600_000, "milliseconds"
    assert text(given_up["Dimensions"]) == text(
        [{"Name": "QueueName", "Value": {"Fn::Sub": "civicline-changes-dead-${Stage}"}}]
    )


def test_every_function_has_an_alarm_on_its_errors(functions: Template) -> None:
    watched = [
        alarm["Dimensions"][0]["Value"]["Ref"]
        for alarm in alarms(functions).values()
        if alarm.get("MetricName") == "Errors"
    ]
    assert sorted(watched) == sorted(of_type(functions, "AWS::Lambda::Function"))


@pytest.mark.parametrize("name", ["run-escalations-stopped", "sweep-deliveries-stopped"])
def test_a_schedule_that_stops_is_told(functions: Template, name: str) -> None:
    alarm = alarms(functions)[name]
    assert (alarm["MetricName"], alarm["TreatMissingData"]) == ("Invocations", "breaching")


@pytest.mark.parametrize(
    ("namespace", "metric"),
    [
        ("AWS/DynamoDB", "ThrottledRequests"),
        ("AWS/DynamoDB", "SystemErrors"),
        ("AWS/SES", "PublishFailure"),
        ("AWS/SES", "Reputation.BounceRate"),
        ("AWS/SES", "Reputation.ComplaintRate"),
        ("AWS/SNS", "NumberOfNotificationsFailed"),
        ("AWS/SNS", "SMSMonthToDateSpentUSD"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/Lambda", "ConcurrentExecutions"),
        ("AWS/Events", "TriggeredRules"),
        ("AWS/ApiGateway", "5XXError"),
        ("AWS/ApiGateway", "Latency"),
    ],
)
def test_what_aws_can_do_to_us_is_watched(functions: Template, namespace: str, metric: str) -> None:
    assert (namespace, metric) in looks_at(functions)


def test_topics_of_all_that_arrives_are_watched(functions: Template) -> None:
    watched = metrics_of(alarms(functions)["topics-cannot-deliver"])
    names = {text(metric["Dimensions"][0]["Value"]["Fn::Sub"]) for metric in watched}
    assert names == {
        f"civicline-{topic}-${{Stage}}" for topic in ("inbound-email", "inbound-sms", "receipts")
    }


def test_the_key_is_watched_by_its_own_name(functions: Template) -> None:
    rule = of_type(functions, "AWS::Events::Rule")["KeyInDangerRule"]
    detail = rule["EventPattern"]["detail"]
    assert detail["eventName"] == ["DisableKey", "ScheduleKeyDeletion"]
    assert detail["resources"]["ARN"] == [
        {"Fn::ImportValue": {"Fn::Sub": "civicline-key-${Stage}"}}
    ]
    assert alarms(functions)["key-in-danger"]["Dimensions"][0]["Value"] == {
        "Ref": "KeyInDangerRule"
    }


def boards(functions: Template) -> dict[str, dict[str, Any]]:
    found = of_type(functions, "AWS::CloudWatch::Dashboard").values()
    return {
        short(b["DashboardName"]): json.loads(
            b["DashboardBody"]["Fn::Sub"]
        )  # as CloudWatch reads it
        for b in found
    }


def test_there_is_a_dashboard_for_each_question(functions: Template) -> None:
    asked = {
        name: board["widgets"][0]["properties"]["markdown"]
        for name, board in boards(functions).items()
    }
    assert {name: words.split("\n")[0] for name, words in asked.items()} == {
        "waiting": "# Are citizens waiting?",
        "money": "# Is the money right?",
        "broken": "# Is something broken?",
    }


def test_no_dashboard_costs_more_than_the_free_ones(functions: Template) -> None:
    for name, board in boards(functions).items():
        count = sum(len(widget["properties"].get("metrics", [])) for widget in board["widgets"])
        assert count <= 50, name


def test_the_first_dashboard_shows_what_makes_citizens_wait(functions: Template) -> None:
    (shown,) = [w for w in boards(functions)["waiting"]["widgets"] if w["type"] == "alarm"]
    names = {arn.split(":alarm:civicline-")[1] for arn in shown["properties"]["alarms"]}
    assert names == {f"{name}-${{Stage}}" for name in parts(functions) | {"citizens-wait"}}


def test_every_metric_of_ours_is_looked_at_and_every_one_looked_at_is_told(
    functions: Template,
) -> None:
    ours = {name for space, name in looks_at(functions) if "Civicline/${Stage}" in space}
    shown = set()
    for board in boards(functions).values():
        for widget in board["widgets"]:
            shown |= of_ours(widget["properties"].get("metrics", []))
    assert ours | shown == {str(metric) for metric in Metric}


def of_ours(rows: list[list[Any]]) -> set[str]:
    """The names of ours in a widget's rows, in which a dot repeats what stands above it."""
    found, space = set(), ""
    for row in rows:
        space = row[0] if row[0] not in (".", "...") else space
        if space.startswith("Civicline/") and row[0] != "...":
            found.add(row[1])
    return found


SECTIONS = dict(re.findall(r"^### `([\w-]+)`\n\n(.+?)(?=^#|\Z)", RUNBOOK, re.M | re.S))


def test_every_alarm_has_its_section_in_the_runbook_and_every_section_its_alarm(
    functions: Template, front: Template
) -> None:
    assert set(SECTIONS) == set(alarms(functions)) | set(alarms(front))


def test_every_section_says_how_grave_it_is_what_to_look_at_and_what_to_do(
    functions: Template, front: Template
) -> None:
    words = {"urgent": "Urgent.", "ordinary": "Ordinary.", "part": "Part of `citizens-wait`."}
    for name, alarm in (alarms(functions) | alarms(front)).items():
        section = SECTIONS[name]
        assert section.startswith(words[severity(alarm)]), name
        assert "**Look**" in section, name
        assert "**Do**" in section, name
