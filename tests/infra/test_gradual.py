"""A release comes in step by step: all call the alias, a tenth first, and an alarm takes it back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra import stacks, versions
from infra.cloudformation import Template
from infra.package import package
from infra.target import Target
from tests.infra.conftest import SETTINGS
from tests.infra.resources import of_type, text
from tests.infra.test_functions_template import DAILY, FUNCTIONS, OF_KEYS, SCHEDULED

GRADUAL = sorted(set(FUNCTIONS) - {*SCHEDULED, DAILY, OF_KEYS})
CANARY_ONLY = {"Fn::If": ["HasCanary", True, False]}


def version_of(template: Template, function: str) -> str:
    """The logical id of the version that a function's alias leads to."""
    alias = of_type(template, "AWS::Lambda::Alias")[f"{function}Aliaslive"]
    assert alias["Name"] == "live"
    name, attribute = alias["FunctionVersion"]["Fn::GetAtt"]
    assert attribute == "Version"
    assert of_type(template, "AWS::Lambda::Version")[name]["FunctionName"] == {"Ref": function}
    return str(name)


def group(template: Template, function: str) -> dict[str, Any]:
    return of_type(template, "AWS::CodeDeploy::DeploymentGroup")[f"{function}DeploymentGroup"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_an_alias_on_a_published_version(functions: Template, name: str) -> None:
    published = functions["Resources"][version_of(functions, name)]
    # What a failed update published must go, or Lambda would not publish it again.
    assert published["DeletionPolicy"] == "RetainExceptOnCreate"


def test_whoever_calls_a_function_calls_its_alias(functions: Template) -> None:
    callers = {
        "AWS::Lambda::EventSourceMapping": "FunctionName",
        "AWS::Lambda::Permission": "FunctionName",
        "AWS::Logs::SubscriptionFilter": "DestinationArn",
    }
    called = [
        resource[key]
        for kind, key in callers.items()
        for resource in of_type(functions, kind).values()
    ]
    rules = of_type(functions, "AWS::Events::Rule").values()
    called += [target["Arn"] for rule in rules for target in rule.get("Targets", [])]
    assert len(called) == 7 + 7 + 2 + 4
    assert [each for each in called if not text(each).endswith('Aliaslive"}')] == []
    for config in of_type(functions, "AWS::Lambda::EventInvokeConfig").values():
        assert config["Qualifier"] == "live"


def test_the_gateway_calls_the_alias_once_it_may(functions: Template) -> None:
    body = json.dumps(functions["Resources"]["RestAPI"]["Properties"]["Body"])
    assert "functions/${APIHandlerAliaslive}/invocations" in body
    assert "APIHandler.Arn" not in body
    for resource in functions["Resources"].values():
        if resource["Type"] == "AWS::ApiGateway::Deployment":
            assert resource["DependsOn"] == "APIHandlerInvokePermission"


@pytest.mark.parametrize("name", GRADUAL)
def test_a_tenth_of_the_calls_comes_first(functions: Template, name: str) -> None:
    policy = functions["Resources"][f"{name}Aliaslive"]["UpdatePolicy"]
    shifted = policy["CodeDeployLambdaAliasUpdate"]
    assert shifted["DeploymentGroupName"] == {"Ref": f"{name}DeploymentGroup"}
    found = group(functions, name)
    (condition, slowly, at_once) = found["DeploymentConfigName"]["Fn::If"]
    assert condition == "HasCanary"
    assert "Canary10Percent5Minutes" in text(slowly)
    assert "AllAtOnce" in text(at_once)
    assert found["ServiceRoleArn"] == {"Fn::GetAtt": ["CanaryRole", "Arn"]}
    assert "DEPLOYMENT_STOP_ON_ALARM" in found["AutoRollbackConfiguration"]["Events"]


@pytest.mark.parametrize("name", GRADUAL)
def test_failures_of_the_new_version_alone_take_it_back(functions: Template, name: str) -> None:
    condition, watched, none = group(functions, name)["AlarmConfiguration"]["Fn::If"]
    assert (condition, none) == ("HasCanary", {"Enabled": False, "Alarms": []})
    first = functions["Resources"][watched["Alarms"][0]["Name"]["Ref"]]
    assert first["Condition"] == "HasCanary"  # an alarm costs money while nothing happens
    version = {"Fn::GetAtt": [version_of(functions, name), "Version"]}
    assert {d["Name"]: d["Value"] for d in first["Properties"]["Dimensions"]} == {
        "FunctionName": {"Ref": name},
        "Resource": {"Fn::Sub": f"${{{name}}}:live"},
        "ExecutedVersion": version,
    }
    assert first["Properties"]["MetricName"] == "Errors"


def test_an_alarm_of_a_canary_is_new_for_each_version_and_tells_nobody(functions: Template) -> None:
    alarms = [a for a in of_type(functions, "AWS::CloudWatch::Alarm").values() if _is_canary(a)]
    assert len(alarms) == len(GRADUAL) + 1  # the API survives its errors, so its answers count, too
    for alarm in alarms:
        assert alarm["AlarmName"]["Fn::Join"][1][-1]["Fn::GetAtt"][1] == "Version"
        assert "AlarmActions" not in alarm
        assert alarm["Period"] * alarm["EvaluationPeriods"] == 300


def _is_canary(alarm: dict[str, Any]) -> bool:
    return "canary" in text(alarm["AlarmName"])


def test_snapshots_are_off_until_they_are_asked_for(functions: Template) -> None:
    functions_with = {
        name: f["SnapStart"]["ApplyOn"]
        for name, f in of_type(functions, "AWS::Lambda::Function").items()
        if "SnapStart" in f
    }
    assert functions_with == {
        "APIHandler": {"Fn::If": ["HasSnapStart", "PublishedVersions", "None"]}
    }
    assert functions["Parameters"]["SnapStart"]["Default"] == "no"


def test_a_runtime_without_snapshots_is_asked_for_none(tmp_path: Path) -> None:
    made = package(SETTINGS, tmp_path / "dev", Target("python3.11"), with_code=False)
    assert "SnapStart" not in text(made["Resources"]["APIHandler"])


def test_a_value_out_of_a_changed_map_is_another_version(functions: Template) -> None:
    other = json.loads(json.dumps(functions))
    other["Mappings"]["Sizes"]["village"]["DeliveryWorkers"] = "7"
    values = stacks.values(functions, {}, None)
    named = [versions.named(template, values) for template in (functions, other)]
    assert version_of(named[0], "OnDelivery") != version_of(named[1], "OnDelivery")


@pytest.mark.parametrize(
    ("changed", "renamed"),
    [
        ({}, []),
        ({"ApiCodeKey": "releases/b.zip"}, ["APIHandler"]),
        ({"EventsCodeKey": "releases/b.zip"}, sorted(set(FUNCTIONS) - {"APIHandler"})),
        ({"PublicUrl": "https://311.city.example"}, FUNCTIONS),
        ({"SnapStart": "yes"}, ["APIHandler"]),
        ({"CodeBucket": "another"}, []),
        ({"ReserveConcurrency": "yes"}, []),  # Lambda keeps it of the function, not of a version
        ({"TextSpendLimit": "500", "Canary": "no"}, []),
        ({"Size": "city"}, FUNCTIONS),
        ({"FrontSecret": "****"}, []),
        ({"FrontSecret": "new", "FrontMark": "of the new"}, ["APIHandler"]),
    ],
)
def test_a_version_has_a_new_name_if_and_only_if_its_function_changes(
    functions: Template, changed: dict[str, str], renamed: list[str]
) -> None:
    """Lambda would not publish the same twice, and CloudFormation publishes for a new name only."""
    defaults = stacks.values(functions, {}, None)
    before, after = (versions.named(functions, defaults | each) for each in ({}, changed))
    differing = [n for n in FUNCTIONS if version_of(before, n) != version_of(after, n)]
    assert differing == renamed


AT_HOME = {"DomainName": "311.city.example", "CertificateArn": "arn:aws:acm:1"}
BEHIND = AT_HOME | {"FrontSecret": "****", "FrontMark": "a1"}  # as CloudFormation shows them


@pytest.mark.parametrize(
    ("standing", "changed", "renamed"),
    [
        ({}, AT_HOME, FUNCTIONS),
        (AT_HOME, {"PublicUrl": "https://1.execute-api.example"}, []),
        (AT_HOME, {"RawAddress": "closed"}, []),
        (AT_HOME, {"FrontSecret": "new", "FrontMark": "a1"}, ["APIHandler"]),
        (BEHIND, {"FrontSecret": "the one that is known"}, []),
        (BEHIND, {"FrontSecret": "another", "FrontMark": "b2"}, ["APIHandler"]),
        (BEHIND, {"RawAddress": "closed"}, ["APIHandler"]),
    ],
)
def test_a_closed_door_and_a_secret_that_is_not_shown_name_versions_too(
    functions: Template, standing: dict[str, str], changed: dict[str, str], renamed: list[str]
) -> None:
    values = stacks.values(functions, standing, None)
    before, after = (versions.named(functions, values | each) for each in ({}, changed))
    differing = [n for n in FUNCTIONS if version_of(before, n) != version_of(after, n)]
    assert differing == renamed


def test_another_way_of_writing_the_same_is_the_same_version(functions: Template) -> None:
    other = json.loads(json.dumps(functions))
    properties = other["Resources"]["OnReceipt"]["Properties"]
    properties["FunctionName"] = "civicline-on-receipt-dev"
    values = stacks.values(functions, {}, None)
    named = [versions.named(template, values) for template in (functions, other)]
    assert version_of(named[0], "OnReceipt") == version_of(named[1], "OnReceipt")


class FakeLambda:
    """Functions with published versions and aliases, and the stack that has them."""

    def __init__(self, published: int, **aliases: tuple[str, dict[str, float]]) -> None:
        self.versions = ["$LATEST", *(str(n) for n in range(1, published + 1))]
        self.aliases = [
            {"FunctionVersion": v, "RoutingConfig": {"AdditionalVersionWeights": w}}
            for v, w in aliases.values()
        ]

    def __call__(self, _service: str) -> FakeLambda:
        return self

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - botocore's name
        return {"Stacks": [{"StackName": StackName, "StackStatus": "UPDATE_COMPLETE"}]}

    def update_stack(self, **_request: Any) -> None:
        """The new ones are published now."""
        assert self.versions == ["$LATEST"]

    def get_paginator(self, operation: str) -> FakePages:
        function = {"ResourceType": "AWS::Lambda::Function", "PhysicalResourceId": "f"}
        return FakePages(
            {
                "list_stack_resources": {"StackResourceSummaries": [function]},
                "list_versions_by_function": {"Versions": [{"Version": v} for v in self.versions]},
                "list_aliases": {"Aliases": self.aliases},
            }[operation]
        )

    def delete_function(self, FunctionName: str, Qualifier: str) -> None:  # noqa: N803 - as above
        assert FunctionName == "f"
        self.versions.remove(Qualifier)


class FakePages:
    """The one page of a listing."""

    def __init__(self, page: dict[str, Any]) -> None:
        self._page = page

    def paginate(self, **_request: str) -> list[dict[str, Any]]:
        return [self._page]


@pytest.mark.parametrize(
    ("found", "left"),
    [
        (FakeLambda(12, live=("12", {})), ["10", "11", "12"]),
        (FakeLambda(12, live=("2", {"12": 0.1})), ["2", "10", "11", "12"]),
        (FakeLambda(5, live=("5", {"1": 0.9})), ["1", "3", "4", "5"]),
        (FakeLambda(2, live=("2", {})), ["1", "2"]),
        (FakeLambda(2), []),
    ],
)
def test_old_versions_go_and_none_that_an_alias_leads_to(
    found: FakeLambda, left: list[str]
) -> None:
    gone = list(versions.forget_old(found, "civicline-functions-dev"))
    assert found.versions == ["$LATEST", *left]
    assert all(name.startswith("f:") for name in gone)


def test_what_a_release_without_aliases_left_goes_before_the_same_is_published_again(
    tmp_path: Path,
) -> None:
    template = tmp_path / "functions.json"
    template.write_text(json.dumps({"Parameters": {}, "Resources": {}}))
    versions.put(FakeLambda(2), "civicline-functions-dev", template, {}, bucket="releases")
