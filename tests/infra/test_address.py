"""The city's own address, the raw one and the firewall: off until asked for, and whole when they are."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from infra.cloudformation import Template, holds
from tests.infra.resources import of_type, text

COSTS = ("AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation", "AWS::WAFv2::IPSet")


def conditions_of(template: Template, kind: str) -> set[str | None]:
    found = [r for r in template["Resources"].values() if r["Type"] == kind]
    assert found, kind
    return {resource.get("Condition") for resource in found}


def truths(template: Template, **parameters: Any) -> dict[str, bool]:
    """Every condition for these parameters."""
    defaults = {n: str(p.get("Default", "")) for n, p in template["Parameters"].items()}
    values = defaults | {name: str(value) for name, value in parameters.items()}
    return {name: holds(template, name, values) for name in template["Conditions"]}


def chosen(template: Template, value: Any, **parameters: Any) -> Any:
    """What a value with `Fn::If` is for these parameters."""
    condition, yes, no = value["Fn::If"]
    return yes if truths(template, **parameters)[condition] else no


def test_nothing_of_it_is_there_until_it_is_asked_for(functions: Template) -> None:
    usual = truths(functions)
    assert not any(usual[name] for name in ("HasDomain", "HasFront", "IsClosed", "CountsRequests"))
    for kind in COSTS:
        assert conditions_of(functions, kind) == {"CountsRequests"}
    for kind in ("AWS::ApiGateway::DomainName", "AWS::ApiGateway::BasePathMapping"):
        assert conditions_of(functions, kind) == {"HasDomain"}


def test_the_citys_domain_leads_to_the_stage_with_todays_encryption(functions: Template) -> None:
    (domain,) = of_type(functions, "AWS::ApiGateway::DomainName").values()
    assert domain["SecurityPolicy"] == "TLS_1_2"
    assert domain["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    (mapping,) = of_type(functions, "AWS::ApiGateway::BasePathMapping").values()
    assert functions["Resources"][mapping["Stage"]["Ref"]]["Type"] == "AWS::ApiGateway::Stage"
    assert not mapping.get("BasePath"), "a path of the domain would stand in every link"


def test_links_name_the_citys_domain_by_themselves(functions: Template) -> None:
    variables = [
        f["Environment"]["Variables"]["PUBLIC_URL"]
        for f in of_type(functions, "AWS::Lambda::Function").values()
    ]
    told = functions["Outputs"]["PublicAddress"]["Value"]
    for value in [*variables, told]:
        assert chosen(functions, value, DomainName="311.city.example") == {
            "Fn::Sub": "https://${DomainName}"
        }
    assert {text(chosen(functions, value)) for value in variables} == {'{"Ref": "PublicUrl"}'}


def test_an_address_that_is_closed_is_closed_by_a_deployment_of_the_api(
    functions: Template,
) -> None:
    body = functions["Resources"]["RestAPI"]["Properties"]["Body"]
    shut = body["x-amazon-apigateway-endpoint-configuration"]["disableExecuteApiEndpoint"]
    (stage,) = of_type(functions, "AWS::ApiGateway::Stage").values()
    deployments = {
        word: chosen(functions, stage["DeploymentId"], RawAddress=word)["Ref"]
        for word in ("open", "closed")
    }
    assert deployments["open"] != deployments["closed"]
    api = functions["Resources"]["RestAPI"]["Properties"]
    assert api["DisableExecuteApiEndpoint"] == shut
    for word, name in deployments.items():
        assert chosen(functions, shut, RawAddress=word) is (word == "closed")
        resource = functions["Resources"][name]
        assert truths(functions, RawAddress=word)[resource["Condition"]]


def test_some_way_in_stays_open(functions: Template) -> None:
    rule = functions["Rules"]["SomeAddressStaysOpen"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "RawAddress"}, "closed"]}
    (asserted,) = rule["Assertions"]
    assert asserted["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "DomainName"}, ""]}]}


def test_the_firewall_counts_visitors_and_not_cloudfront(functions: Template) -> None:
    assert truths(functions, RequestsFromOneAddress=1000)["CountsRequests"]
    behind = truths(functions, RequestsFromOneAddress=1000, FrontMark="x")
    assert not behind["CountsRequests"], "each of CloudFront's addresses stands for very many"


def test_the_firewall_leaves_the_citys_own_networks_alone_and_remembers_nobody(
    functions: Template,
) -> None:
    (firewall,) = of_type(functions, "AWS::WAFv2::WebACL").values()
    (rule,) = firewall["Rules"]
    counted = rule["Statement"]["RateBasedStatement"]
    free = counted["ScopeDownStatement"]["NotStatement"]["Statement"]["IPSetReferenceStatement"]
    assert free == {"Arn": {"Fn::GetAtt": ["FreeNetworks", "Arn"]}}
    assert (counted["Limit"], counted["EvaluationWindowSec"]) == (
        {"Ref": "RequestsFromOneAddress"},
        300,
    )
    for seen in (rule["VisibilityConfig"], firewall["VisibilityConfig"]):
        assert seen["CloudWatchMetricsEnabled"] is True
        assert seen["SampledRequestsEnabled"] is False
    networks = of_type(functions, "AWS::WAFv2::IPSet")["FreeNetworks"]["Addresses"]
    assert chosen(functions, networks) == []


def test_the_alarm_looks_at_the_rule_that_refuses(functions: Template) -> None:
    alarm = of_type(functions, "AWS::CloudWatch::Alarm")["AddressesRefused"]
    (firewall,) = of_type(functions, "AWS::WAFv2::WebACL").values()
    named = {d["Name"]: d["Value"] for d in alarm["Dimensions"]}
    assert named["WebACL"] == firewall["VisibilityConfig"]["MetricName"]
    assert named["Rule"] == firewall["Rules"][0]["VisibilityConfig"]["MetricName"]
    assert conditions_of(functions, "AWS::WAFv2::WebACL") == {
        functions["Resources"]["AddressesRefused"]["Condition"]
    }


@pytest.mark.parametrize("kind", ["WAF_FILTERED", "THROTTLED"])
def test_who_is_refused_reads_why_in_each_format(functions: Template, kind: str) -> None:
    body = functions["Resources"]["RestAPI"]["Properties"]["Body"]
    refused = body["x-amazon-apigateway-gateway-responses"][kind]
    words = refused["responseTemplates"]
    code = f"{refused['statusCode']}.too_many"
    assert json.loads(words["application/json"])[0]["code"] == code
    assert ET.fromstring(words["text/xml"]).findtext("error/code") == code
    assert words["text/html"].startswith('<!doctype html><html lang="en">')
    sent = {name.rpartition(".")[2] for name in refused["responseParameters"]}
    assert {"Retry-After", "Cache-Control", "X-Content-Type-Options"} <= sent
