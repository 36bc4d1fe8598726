"""The functions as packaged: every one sized, watched, alone in its role, and partial batches honoured."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from chalicelib.config import Settings
from infra.cloudformation import Template
from tests.infra.resources import lint, of_type, text
from tests.infra.sample_events import changed

EVENT_FUNCTIONS = {
    "OnInboundEmail": ["inbound-email"],
    "OnInboundSms": ["inbound-sms"],
    "OnDelivery": ["broadcast", "delivery", "urgent"],
    "OnReceipt": ["receipts"],
}
SCHEDULED = {"RunEscalations": "rate(1 minute)", "SweepDeliveries": "rate(5 minutes)"}
DAILY = "FindLostMail"
OF_KEYS = "RotateKeys"
TEXT_LOG = "sns/${AWS::Region}/${AWS::AccountId}/DirectPublishToPhoneNumber"
SIZES = ("village", "city", "province")
TIME_OF_A_PAGE = 0.1  # seconds of a warm function
SENT_A_SECOND = 9  # messages by one worker, as reckoned
FUNCTIONS = sorted(
    [*EVENT_FUNCTIONS, *SCHEDULED, DAILY, OF_KEYS, "APIHandler", "OnChange", "OnTextLog"]
)
SHARDS = 4  # that a table begins with (DynamoDB, "Warm throughput": 4,000 units, 1,000 for each)


def function(template: Template, name: str) -> dict[str, Any]:
    return of_type(template, "AWS::Lambda::Function")[name]


def sources_of(template: Template, name: str) -> dict[str, dict[str, Any]]:
    """What a function reads, by the name of the queue."""
    sources = of_type(template, "AWS::Lambda::EventSourceMapping").values()
    mine = [s for s in sources if s["FunctionName"] == {"Ref": f"{name}Aliaslive"}]
    arns = [text(s["EventSourceArn"]).rpartition(":")[2] for s in mine]
    names = [re.fullmatch(r'civicline-(.+)-(dev|\${Stage})"}', arn) for arn in arns]
    return {found[1]: source for found, source in zip(names, mine, strict=True) if found}


def test_cfn_lint_has_no_complaint(templates_folder: Path) -> None:
    files = ("state.yaml", "functions-sam.yaml", "functions.json", "front.json")
    assert lint(*(templates_folder / name for name in files)) == (0, "")


def test_the_stack_fits_into_a_request_after_all_of_it_was_spelled_out(functions: Template) -> None:
    assert len(json.dumps(functions)) < 460_800  # CloudFormation's limit for a template in S3


def test_these_functions_and_no_others_are_deployed(functions: Template) -> None:
    assert sorted(of_type(functions, "AWS::Lambda::Function")) == FUNCTIONS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_memory_and_timeout_are_chosen(functions: Template, name: str) -> None:
    found = function(functions, name)
    assert found["MemorySize"] >= 512  # less memory is less processor: slower for the same price
    assert found["Timeout"] < 60 or name in ("OnInboundEmail", DAILY)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_own_role(functions: Template, name: str) -> None:
    roles = [text(f["Role"]) for f in of_type(functions, "AWS::Lambda::Function").values()]
    assert roles.count(text(function(functions, name)["Role"])) == 1


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_logs_its_fields_traces_and_forgets(functions: Template, name: str) -> None:
    assert function(functions, name)["LoggingConfig"]["LogFormat"] == "JSON"
    assert function(functions, name)["TracingConfig"] == {"Mode": "Active"}
    logs = of_type(functions, "AWS::Logs::LogGroup").values()
    (log,) = [
        g for g in logs if text(g["LogGroupName"]) == f'{{"Fn::Sub": "/aws/lambda/${{{name}}}"}}'
    ]
    assert log["RetentionInDays"] == 90


@pytest.mark.parametrize("name", EVENT_FUNCTIONS)
def test_only_the_failed_messages_of_a_batch_come_again(functions: Template, name: str) -> None:
    sources = sources_of(functions, name)
    assert sorted(sources) == EVENT_FUNCTIONS[name]
    for source in sources.values():
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("size", SIZES)
def test_as_many_workers_share_the_rate_as_can_run_at_once(functions: Template, size: str) -> None:
    variables = function(functions, "OnDelivery")["Environment"]["Variables"]
    assert _sized(functions, size, variables["DELIVERY_WORKERS"]) == str(
        sum(_at_once(functions, size, "OnDelivery").values())
    )


@pytest.mark.parametrize("size", SIZES)
def test_queues_leave_room_for_pages_in_an_account_of_the_size_that_is_told(
    functions: Template, size: str
) -> None:
    queues = [n for name in EVENT_FUNCTIONS for n in _at_once(functions, size, name).values()]
    assert min(queues) >= 2, "AWS takes no less"
    (stage,) = of_type(functions, "AWS::ApiGateway::Stage").values()
    a_second = _sized(functions, size, stage["MethodSettings"][0]["ThrottlingRateLimit"])
    pages = a_second * TIME_OF_A_PAGE
    others = len([*SCHEDULED, "OnTextLog"])
    followed = SHARDS * _sized(functions, size, stream_of(functions)["ParallelizationFactor"])
    told = _sized(functions, size, functions["Outputs"]["AccountConcurrency"]["Value"])
    assert sum(queues) + followed + others + pages <= int(told)


@pytest.mark.parametrize("size", SIZES)
def test_messages_keep_as_much_of_the_account_as_their_queues_may_take_where_it_is_asked_for(
    functions: Template, size: str
) -> None:
    assert functions["Parameters"]["ReserveConcurrency"]["Default"] == "no"
    reserving = {
        name: found["ReservedConcurrentExecutions"]["Fn::If"]
        for name, found in of_type(functions, "AWS::Lambda::Function").items()
        if "ReservedConcurrentExecutions" in found
    }
    assert sorted(reserving) == ["OnDelivery", "OnInboundEmail", "OnInboundSms"]
    for name, (condition, reserved, otherwise) in reserving.items():
        assert (condition, otherwise) == ("ReservesConcurrency", {"Ref": "AWS::NoValue"})
        assert int(_sized(functions, size, reserved)) == sum(
            _at_once(functions, size, name).values()
        )


def test_each_size_does_at_least_as_much_as_the_one_before(functions: Template) -> None:
    sizes = [functions["Mappings"]["Sizes"][size] for size in SIZES]
    assert functions["Parameters"]["Size"]["AllowedValues"] == list(SIZES)
    for less, more in itertools.pairwise(sizes):
        assert list(less) == list(more)
        assert all(int(more[name]) >= int(less[name]) for name in less)


def test_what_waits_of_a_broadcast_leaves_in_minutes_in_every_size(functions: Template) -> None:
    for size in functions["Mappings"]["Sizes"].values():
        minutes = int(size["BroadcastWaiting"]) / (size["Broadcast"] * SENT_A_SECOND) / 60
        assert minutes <= 3, "pausing and cancelling would take hold late"


def _sized(functions: Template, size: str, value: Any) -> Any:
    """What a value is in a size."""
    mapping, chosen, key = value["Fn::FindInMap"]
    assert chosen == {"Ref": "Size"}
    return functions["Mappings"][mapping][size][key]


def _at_once(functions: Template, size: str, name: str) -> dict[str, int]:
    """How many of a function may read each of its queues at once."""
    sources = sources_of(functions, name).items()
    wanted = {queue: source["ScalingConfig"]["MaximumConcurrency"] for queue, source in sources}
    return {queue: _sized(functions, size, value) for queue, value in wanted.items()}


def stream_of(functions: Template) -> dict[str, Any]:
    """What lets the function of changes read the table's stream."""
    found = of_type(functions, "AWS::Lambda::EventSourceMapping").values()
    (source,) = [s for s in found if s["FunctionName"] == {"Ref": "OnChangeAliaslive"}]
    return dict(source)


def test_changes_come_from_the_stream_of_the_table_in_use_and_from_its_beginning(
    functions: Template,
) -> None:
    """The stack that has the table makes the stream first: what is written meanwhile waits there."""
    source = stream_of(functions)
    assert source["EventSourceArn"] == {"Ref": "StreamArn"}
    assert "Default" not in functions["Parameters"]["StreamArn"], "no table's is the usual one"
    assert source["StartingPosition"] == "TRIM_HORIZON"


@pytest.mark.parametrize(
    ("sk", "is_heard"),
    [("TICKET", True), ("ENTRY#000001", False), ("NOTIFICATION#1", False), ("COUNT", False)],
)
def test_tickets_alone_wake_it(functions: Template, sk: str, is_heard: bool) -> None:
    ((one,), record) = (stream_of(functions)["FilterCriteria"]["Filters"], changed(sk))
    assert EventPattern.load(one["Pattern"]).matches_event(record) is is_heard


def test_what_it_cannot_follow_is_halved_tried_as_long_as_mail_and_told(
    state: Template, functions: Template
) -> None:
    """An outage of four hours leaves nothing behind; what is given up lies where an alarm looks."""
    source = stream_of(functions)
    assert source["BisectBatchOnFunctionError"] is True
    assert "MaximumRetryAttempts" not in source, "failures that come fast would use them up"
    assert source["MaximumRecordAgeInSeconds"] == 18_000
    told = text(source["DestinationConfig"]["OnFailure"]["Destination"])
    queues = of_type(state, "AWS::SQS::Queue").values()
    (queue,) = [q for q in queues if text(q["QueueName"]).split('"')[3] in told]
    assert queue["MessageRetentionPeriod"] == 14 * 86_400


@pytest.mark.parametrize("name", EVENT_FUNCTIONS)
def test_a_message_stays_hidden_for_six_time_limits(
    state: Template, functions: Template, name: str
) -> None:
    queues = of_type(state, "AWS::SQS::Queue").values()
    names = [{"Fn::Sub": f"civicline-{each}-${{Stage}}"} for each in EVENT_FUNCTIONS[name]]
    found = [queue for queue in queues if queue["QueueName"] in names]
    assert len(found) == len(names)
    for queue in found:
        assert queue["VisibilityTimeout"] >= 6 * function(functions, name)["Timeout"]


def test_what_sns_writes_of_texts_is_heard_and_nothing_else_may_call(functions: Template) -> None:
    groups = sorted([TEXT_LOG, f"{TEXT_LOG}/Failure"])
    filters = of_type(functions, "AWS::Logs::SubscriptionFilter").values()
    assert sorted(f["LogGroupName"]["Fn::Sub"] for f in filters) == groups
    assert {text(f["DestinationArn"]) for f in filters} == {'{"Ref": "OnTextLogAliaslive"}'}
    assert {f["FilterPattern"] for f in filters} == {""}
    permissions = [
        p
        for p in of_type(functions, "AWS::Lambda::Permission").values()
        if p["FunctionName"] == {"Ref": "OnTextLogAliaslive"}
    ]
    arns = [p["SourceArn"]["Fn::Sub"].partition("log-group:")[2] for p in permissions]
    assert sorted(arns) == sorted(f"{group}:*" for group in groups)
    for permission in permissions:
        assert permission["Principal"] == {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}
        assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
    variables = function(functions, "OnTextLog")["Environment"]["Variables"]
    assert variables["SMS_LOG_GROUP"] == {"Fn::Sub": TEXT_LOG}


def test_a_log_of_texts_that_could_not_be_read_waits_for_a_person(functions: Template) -> None:
    invoked = of_type(functions, "AWS::Lambda::EventInvokeConfig")["OnTextLogEventInvokeConfig"]
    assert "civicline-receipts-dead" in text(invoked["DestinationConfig"]["OnFailure"])
    assert invoked["MaximumRetryAttempts"] == 2


@pytest.mark.parametrize("name", SCHEDULED)
def test_a_failed_scheduled_run_is_left_to_the_next(functions: Template, name: str) -> None:
    rules = of_type(functions, "AWS::Events::Rule")
    (rule,) = [r for r in rules.values() if {"Ref": f"{name}Aliaslive"} in _targets(r)]
    assert rule["ScheduleExpression"] == SCHEDULED[name]
    invoked = of_type(functions, "AWS::Lambda::EventInvokeConfig")[f"{name}EventInvokeConfig"]
    assert invoked["MaximumRetryAttempts"] == 0
    assert not invoked["DestinationConfig"], "it would mail every minute; the alarm mails once"


@pytest.mark.parametrize("name", [DAILY, OF_KEYS])
def test_what_runs_once_a_day_is_tried_again(functions: Template, name: str) -> None:
    rules = of_type(functions, "AWS::Events::Rule").values()
    (rule,) = [r for r in rules if {"Ref": f"{name}Aliaslive"} in _targets(r)]
    assert rule["ScheduleExpression"] == "rate(1 day)"
    invoked = of_type(functions, "AWS::Lambda::EventInvokeConfig")[f"{name}EventInvokeConfig"]
    assert invoked["MaximumRetryAttempts"] == 2


def test_the_search_for_mail_has_the_time_for_it(functions: Template) -> None:
    assert function(functions, DAILY)["Timeout"] == 900  # the most that Lambda gives


def _targets(rule: dict[str, Any]) -> list[Any]:
    return [target["Arn"] for target in rule.get("Targets", [])]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_setting_reaches_every_function(functions: Template, name: str) -> None:
    variables = function(functions, name)["Environment"]["Variables"]
    wanted = {field.name.upper() for field in fields(Settings) if field.default is MISSING}
    wanted |= {"PUBLIC_URL", "MAIL_CONFIGURATION_SET", "SMS_CONFIGURATION_SET"}
    wanted |= {"RECEIPTS_QUEUE", "SMS_LOG_GROUP", "TIMEZONE"}
    assert wanted <= set(variables)


def test_nothing_names_the_table_but_its_parameter(functions: Template) -> None:
    assert functions["Parameters"]["TableName"]["Default"] == "civicline-dev"
    for name in FUNCTIONS:
        variables = function(functions, name)["Environment"]["Variables"]
        assert variables["TABLE_NAME"] == {"Ref": "TableName"}
    watching = [
        text(resource)
        for resource in functions["Resources"].values()
        if resource["Type"].startswith("AWS::CloudWatch::") and "AWS/DynamoDB" in text(resource)
    ]
    assert watching
    for resource in watching:
        assert "TableName" in resource
        assert not re.search(r"TableName[^$]{1,30}civicline-", resource)


def test_there_is_one_stage_of_the_api(functions: Template) -> None:
    assert len(of_type(functions, "AWS::ApiGateway::Stage")) == 1


def test_the_access_log_knows_no_path_and_no_visitor(functions: Template) -> None:
    (stage,) = of_type(functions, "AWS::ApiGateway::Stage").values()
    told = json.loads(stage["AccessLogSetting"]["Format"])
    assert set(told.values()) == {
        f"$context.{name}"
        for name in (
            "requestId",
            "integration.requestId",
            "requestTime",
            "httpMethod",
            "status",
            "responseLength",
            "responseLatency",
            "integration.latency",
            "error.responseType",
            "xrayTraceId",
        )
    }
    assert of_type(functions, "AWS::Logs::LogGroup")["AccessLog"]["RetentionInDays"] == 90


def test_the_gateway_logs_no_bodies(functions: Template) -> None:
    (stage,) = of_type(functions, "AWS::ApiGateway::Stage").values()
    (settings,) = stage["MethodSettings"]
    assert not {"LoggingLevel", "DataTraceEnabled"} & set(settings)


def test_what_remembers_more_is_off_until_it_is_asked_for(functions: Template) -> None:
    (stage,) = of_type(functions, "AWS::ApiGateway::Stage").values()
    assert stage["TracingEnabled"] == {"Fn::If": ["TracesApi", True, False]}
    assert functions["Conditions"]["TracesApi"] == {"Fn::Equals": [{"Ref": "TraceApi"}, "yes"]}
    assert functions["Parameters"]["TraceApi"]["Default"] == "no"


def test_no_method_is_measured_apart(functions: Template) -> None:
    """That costs for each, and the gateway knows one."""
    (stage,) = of_type(functions, "AWS::ApiGateway::Stage").values()
    assert "MetricsEnabled" not in stage["MethodSettings"][0]
