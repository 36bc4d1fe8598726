"""What moto's CloudFormation cannot make of the functions' stack, and how a kind is registered with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar


@dataclass(frozen=True)
class Made:
    """What a resource answers to `Ref` and to `Fn::GetAtt`."""

    id: str
    attributes: Mapping[str, str] = field(default_factory=dict)


Maker = TypeVar("Maker", bound=Callable[[dict[str, Any], Callable[[str], Any]], Made])
MAKERS: dict[str, Callable[[dict[str, Any], Callable[[str], Any]], Made]] = {}


def makes(*resource_types: str) -> Callable[[Maker], Maker]:
    """Register what makes kinds of resources out of their properties and clients."""

    def register(maker: Maker) -> Maker:
        MAKERS.update(dict.fromkeys(resource_types, maker))
        return maker

    return register


@makes("AWS::CloudWatch::Alarm")
def _alarm(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    counts = ("Period", "EvaluationPeriods", "DatapointsToAlarm")
    numbers: dict[str, Any] = {key: int(wanted[key]) for key in counts if key in wanted}
    numbers["Threshold"] = float(wanted["Threshold"])
    if "Metrics" in wanted:
        numbers["Metrics"] = [_metric(metric) for metric in wanted["Metrics"]]
    client("cloudwatch").put_metric_alarm(**(wanted | numbers))
    return Made(wanted["AlarmName"])


def _metric(wanted: dict[str, Any]) -> dict[str, Any]:
    if "MetricStat" not in wanted:
        return wanted
    stat = wanted["MetricStat"] | {"Period": int(wanted["MetricStat"]["Period"])}
    return wanted | {"MetricStat": stat, "ReturnData": False}


@makes("AWS::Lambda::EventInvokeConfig")
def _event_invoke_config(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    numbers = {key: int(wanted[key]) for key in wanted if key.startswith("Maximum")}
    client("lambda").put_function_event_invoke_config(
        FunctionName=wanted["FunctionName"], **numbers
    )
    return Made("event-invoke-config")


@makes("AWS::Logs::SubscriptionFilter")
def _subscription_filter(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    names = {key[0].lower() + key[1:]: value for key, value in wanted.items()}
    client("logs").put_subscription_filter(**names)
    return Made(wanted["FilterName"])


@makes("AWS::Lambda::Version")
def _version(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    made = client("lambda").publish_version(FunctionName=wanted["FunctionName"])
    return Made(made["FunctionArn"], {"Version": made["Version"]})


@makes("AWS::Lambda::Alias")
def _alias(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    functions = client("lambda")
    pages = functions.list_aliases(FunctionName=wanted["FunctionName"])
    is_there = wanted["Name"] in [alias["Name"] for alias in pages["Aliases"]]
    put = functions.update_alias if is_there else functions.create_alias
    return Made(put(**wanted)["AliasArn"])


# Calls are shifted at once here: that a canary is asked for is all there is to see.
@makes("AWS::CodeDeploy::Application")
@makes("AWS::CodeDeploy::DeploymentGroup")
def _of_the_canary(wanted: dict[str, Any], _client: Callable[[str], Any]) -> Made:
    return Made(wanted.get("ApplicationName", "application"))
