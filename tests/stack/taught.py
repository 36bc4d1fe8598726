"""MiniStack with what its CloudFormation lacks, so that a package is deployed to it untouched.

Run by MiniStack's own Python in its place. What has a service behind it there is made in that service;
what has none is remembered by its name alone, and no test may conclude anything from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import apigateway_v1, ses
from ministack.services.cloudformation import provisioners

HANDLERS = provisioners._RESOURCE_HANDLERS

NAMES_ALONE = (
    "AWS::Backup::BackupSelection",
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::GuardDuty::MalwareProtectionPlan",
    "AWS::WAFv2::WebACLAssociation",
)
ANY = "x-amazon-apigateway-any-method"
SAID = "x-amazon-apigateway-gateway-responses"
BINARY = "x-amazon-apigateway-binary-media-types"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
Made = tuple[str, dict[str, Any]]
MAKE_API = HANDLERS["AWS::ApiGateway::RestApi"]["create"]


def name_alone(logical_id: str, _wanted: dict[str, Any], stack: str) -> Made:
    """A resource that nothing stands behind."""
    name = f"{stack}-{logical_id}"
    return name, {"Arn": f"arn:aws:nothing:::{name}", "Id": name}


def kept(physical_id: str, *_changed: Any, **_more: Any) -> Made:
    """An update that changes nothing."""
    return physical_id, {}


def gone(*_what: Any, **_more: Any) -> None:
    """A deletion of what nothing stands behind."""


def rule_set(_logical_id: str, wanted: dict[str, Any], _stack: str) -> Made:
    """A receipt rule set of its SES."""
    _done(ses._create_receipt_rule_set({"RuleSetName": wanted["RuleSetName"]}))
    return wanted["RuleSetName"], {}


def rule(_logical_id: str, wanted: dict[str, Any], _stack: str) -> Made:
    """A receipt rule of its SES."""
    _done(ses._create_receipt_rule(dict(_flat(wanted))))
    return wanted["Rule"]["Name"], {}


def rule_gone(physical_id: str, wanted: dict[str, Any], *_more: Any) -> None:
    """The end of a receipt rule."""
    ses._delete_receipt_rule({"RuleSetName": wanted["RuleSetName"], "RuleName": physical_id})


def rule_anew(
    physical_id: str, before: dict[str, Any], wanted: dict[str, Any], stack: str, *_more: Any
) -> Made:
    """A changed receipt rule."""
    rule_gone(physical_id, before)
    return rule(physical_id, wanted, stack)


def api(logical_id: str, wanted: dict[str, Any], stack: str) -> Made:
    """A REST API with all that its definition says: MiniStack reads paths and methods alone."""
    body = json.loads(json.dumps(wanted["Body"]))  # a copy: an update compares what was asked for
    for methods in body["paths"].values():
        if ANY in methods:
            method = methods.pop(ANY)
            methods.update(dict.fromkeys(METHODS, method))
    made: Made = MAKE_API(
        logical_id, {**wanted, "Body": body, "BinaryMediaTypes": body.get(BINARY, [])}, stack
    )
    for name, said in body.get(SAID, {}).items():
        apigateway_v1._put_gateway_response(made[0], name, said)
    return made


def _teach_alarms() -> None:
    """An alarm that computes with several metrics is a name alone."""
    create = HANDLERS["AWS::CloudWatch::Alarm"]["create"]
    update = HANDLERS["AWS::CloudWatch::Alarm"]["update"]

    def made(logical_id: str, wanted: dict[str, Any], stack: str) -> Made:
        chosen = name_alone if "Metrics" in wanted else create
        return chosen(logical_id, wanted, stack)

    def changed(physical_id: str, before: Any, wanted: Any, *where: str) -> Made:
        chosen = kept if "Metrics" in wanted else update
        return chosen(physical_id, before, wanted, *where)

    HANDLERS["AWS::CloudWatch::Alarm"] |= {"create": made, "update": changed}


def _teach_patience() -> None:
    """What runs while its function changes runs to its end, as on AWS; nothing new comes to it."""
    kill = lambda_runtime.kill_workers
    lambda_runtime.kill_workers = lambda workers: kill([w for w in workers if not w.in_use])


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """A value as the query protocol spells it: `Rule.Recipients.member.1`."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for number, each in enumerate(value, 1):
            yield from _flat(each, f"{name}.member.{number}")
    else:
        yield name, json.dumps(value) if isinstance(value, bool) else str(value)


def _done(answer: Any) -> None:
    if answer[0] >= 400:
        raise ValueError(str(answer[2]))


def teach() -> None:
    """Put all of it among what MiniStack knows."""
    for name in NAMES_ALONE:
        HANDLERS.setdefault(name, {"create": name_alone, "update": kept, "delete": gone})
    HANDLERS["AWS::SES::ReceiptRuleSet"] = {"create": rule_set, "update": kept, "delete": gone}
    HANDLERS["AWS::SES::ReceiptRule"] = {"create": rule, "update": rule_anew, "delete": rule_gone}
    HANDLERS["AWS::ApiGateway::RestApi"] |= {"create": api}
    provisioners._apigw_rest_api_create = api  # an update makes it anew by this name
    _teach_alarms()
    _teach_patience()


if __name__ == "__main__":
    teach()
    main()
