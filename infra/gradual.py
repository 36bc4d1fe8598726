"""New code takes over step by step: an alias for every function, a canary for those that serve citizens.

A tenth of the calls goes to the new version for five minutes, then all of them; an alarm brings them back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from infra.cloudformation import Template

ALIAS = "live"
CANARY = {"Fn::If": ["HasCanary", "Canary10Percent5Minutes", "AllAtOnce"]}
API = "APIHandler"  # as Chalice spells it
# One minute of the last five is enough; nobody is told but CodeDeploy, and whoever deploys by it.
_SOON = {
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 5,
    "DatapointsToAlarm": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


def with_aliases(sam: Template) -> Template:
    """`sam` with an alias for each function that its callers call, and a canary where one can be seen.

    A schedule calls too rarely for a tenth of its calls to tell anything.
    """
    functions = {
        name: resource["Properties"]
        for name, resource in sam["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    for name, properties in functions.items():
        properties |= {"AutoPublishAlias": ALIAS, "AutoPublishAliasAllProperties": True}
        if not _is_scheduled(properties):
            alarms = dict(_alarms(name))
            sam["Resources"] |= alarms
            properties["DeploymentPreference"] = _preference(list(alarms))
    return _called_by_alias(sam)


def finished(functions: Template) -> Template:
    """The translated stack, in the order that it needs, and deaf to alarms where there is no canary."""
    for resource in functions["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Version":
            # What a failed update published is deleted, or Lambda would not publish it again.
            resource["DeletionPolicy"] = "RetainExceptOnCreate"
        if resource["Type"] == "AWS::CodeDeploy::DeploymentGroup":
            (_, _, none) = resource["Properties"]["AlarmConfiguration"]["Fn::If"]
            none |= {"Enabled": False, "Alarms": []}
        if resource["Type"] == "AWS::ApiGateway::Deployment":
            # Nobody is sent to the alias before the gateway may call it.
            resource["DependsOn"] = f"{API}InvokePermission"
    return functions


def _is_scheduled(properties: dict[str, Any]) -> bool:
    return any(event["Type"] == "Schedule" for event in properties.get("Events", {}).values())


def _preference(alarms: list[str]) -> dict[str, Any]:
    role = {"Fn::GetAtt": ["CanaryRole", "Arn"]}
    none = [{"Ref": "AWS::NoValue"}]
    listed = {"Fn::If": ["HasCanary", [{"Ref": name} for name in alarms], none]}
    return {"Type": CANARY, "Role": role, "Alarms": listed}


def _alarms(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Runs of the new version that failed; of the API also its answers, for it survives its errors."""
    version = {"Name": "ExecutedVersion", "Value": {"Fn::GetAtt": [f"{name}.Version", "Version"]}}
    function = {"Name": "FunctionName", "Value": {"Ref": name}}
    alias = {"Name": "Resource", "Value": {"Fn::Sub": f"${{{name}}}:{ALIAS}"}}
    errors = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Threshold": 0}
    told = "Runs of the version that takes over failed."
    yield f"{name}Canary", _alarm(name, told, errors, [function, alias, version])
    if name == API:
        answers = {"Namespace": "AWS/ApiGateway", "MetricName": "5XXError", "Threshold": 2}
        api = {"Name": "ApiName", "Value": {"Fn::Sub": "civicline-${Stage}"}}
        told = "More than two requests in a minute ended with an error of ours during a canary."
        yield f"{name}AnswersCanary", _alarm(f"{name}Answers", told, answers, [api])


def _alarm(name: str, told: str, metric: dict[str, Any], dimensions: list[Any]) -> dict[str, Any]:
    """A new one for each version: one that still rings for the last would stop the canary at once."""
    function = name.removesuffix("Answers")
    parts = ["civicline-canary", name, {"Ref": "Stage"}]
    version = {"Fn::GetAtt": [f"{function}.Version", "Version"]}
    properties = {
        "AlarmName": {"Fn::Join": ["-", [*parts, version]]},
        "AlarmDescription": told,
        **metric,
        **_SOON,
        "Dimensions": dimensions,
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Condition": "HasCanary", "Properties": properties}


def _called_by_alias(sam: Template) -> Template:
    """What SAM does not know as a caller: the gateway's definition, permissions, filters of logs."""
    resources = sam["Resources"]
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Lambda::Permission":
            properties["FunctionName"] = _alias(properties["FunctionName"])
        if resource["Type"] == "AWS::Logs::SubscriptionFilter":
            properties["DestinationArn"] = _alias(properties["DestinationArn"])
        if resource["Type"] == "AWS::Serverless::Api":
            text = json.dumps(resource).replace(f"${{{API}.Arn}}", f"${{{_named(API)}}}")
            resources[name] = json.loads(text)
    return sam


def _alias(function: dict[str, Any]) -> dict[str, str]:
    return {"Ref": _named(function["Ref"] if "Ref" in function else function["Fn::GetAtt"][0])}


def _named(function: str) -> str:
    """As SAM names the alias of a function."""
    return f"{function}Alias{ALIAS}"
