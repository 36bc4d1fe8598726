"""What moto's CloudFormation does not make by itself, made by the API calls AWS would make.

Importing this module teaches moto the resource types of our templates; `deploy` then builds a whole
stack, its outputs and exports included. Nothing here knows a ticket.
"""

from __future__ import annotations

import functools
import json
import secrets
import string
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.parsing import get_model_list, get_model_map, get_name_type_map
from moto.core.common_models import CloudFormationModel

from infra.cloudformation import Template
from infra.moto_functions import MAKERS, Made, makes

# moto refuses these, or would deliver messages by itself where the event pump does.
LEFT_OUT = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::BasePathMapping",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::Stage",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::GuardDuty::MalwareProtectionPlan",
        "AWS::WAFv2::WebACLAssociation",
    }
)


@makes("AWS::SecretsManager::Secret")
def _secret(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    rules = wanted["GenerateSecretString"]
    letters = string.ascii_letters + string.digits
    document = json.loads(rules["SecretStringTemplate"])
    length = int(rules.get("PasswordLength", 32))
    document[rules["GenerateStringKey"]] = "".join(secrets.choice(letters) for _ in range(length))
    made = client("secretsmanager").create_secret(
        Name=wanted["Name"], SecretString=json.dumps(document)
    )
    return Made(made["ARN"])


@makes("AWS::Cognito::UserPool")
def _user_pool(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    taken = {"UserPoolName", "EnabledMfas", "DeletionProtection"}
    rest = {key: value for key, value in wanted.items() if key not in taken}
    rest["Policies"]["PasswordPolicy"] = {
        key: int(value) if str(value).isdigit() else value in (True, "true")
        for key, value in rest["Policies"]["PasswordPolicy"].items()
    }
    pool = client("cognito-idp").create_user_pool(PoolName=wanted["UserPoolName"], **rest)
    return Made(pool["UserPool"]["Id"], {"Arn": pool["UserPool"]["Arn"]})


@makes("AWS::Cognito::UserPoolClient")
def _user_pool_client(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    made = client("cognito-idp").create_user_pool_client(**wanted)
    return Made(made["UserPoolClient"]["ClientId"])


@makes("AWS::Cognito::UserPoolGroup")
def _user_pool_group(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    client("cognito-idp").create_group(**wanted)
    return Made(wanted["GroupName"])


@makes("AWS::SNS::Subscription")
def _subscription(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    redrive = {"RedrivePolicy": json.dumps(wanted.pop("RedrivePolicy", {}))}
    made = client("sns").subscribe(**wanted, Attributes=redrive, ReturnSubscriptionArn=True)
    return Made(made["SubscriptionArn"])


@makes("AWS::SQS::QueuePolicy")
def _queue_policy(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    policy = json.dumps(wanted["PolicyDocument"])
    for url in wanted["Queues"]:
        client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return Made("queue-policy")


@makes("AWS::S3::BucketPolicy")
def _bucket_policy(wanted: dict[str, Any], _client: Callable[[str], Any]) -> Made:
    # Not put: moto reads no conditions, so "refuse what comes without TLS" would refuse everything.
    return Made(wanted["Bucket"])


@makes("AWS::SES::EmailIdentity")
def _identity(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    client("ses").verify_domain_identity(Domain=wanted["EmailIdentity"])
    return Made(wanted["EmailIdentity"])


@makes("AWS::SES::ConfigurationSet")
def _configuration_set(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    client("ses").create_configuration_set(ConfigurationSet={"Name": wanted["Name"]})
    return Made(wanted["Name"])


@makes("AWS::SES::ConfigurationSetEventDestination")
def _event_destination(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    # moto knows the first interface only, whose event names are lower case.
    events = [event.lower() for event in wanted["EventDestination"]["MatchingEventTypes"]]
    known = {"send", "reject", "bounce", "complaint", "delivery", "open", "click"}
    client("ses").create_configuration_set_event_destination(
        ConfigurationSetName=wanted["ConfigurationSetName"],
        EventDestination={
            "Name": wanted["EventDestination"]["Name"],
            "Enabled": True,
            "MatchingEventTypes": [event for event in events if event in known],
            "SNSDestination": wanted["EventDestination"]["SnsDestination"],
        },
    )
    return Made(wanted["EventDestination"]["Name"])


@makes("AWS::SES::ReceiptRuleSet")
def _rule_set(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    client("ses").create_receipt_rule_set(RuleSetName=wanted["RuleSetName"])
    return Made(wanted["RuleSetName"])


@makes("AWS::SES::ReceiptRule")
def _receipt_rule(wanted: dict[str, Any], client: Callable[[str], Any]) -> Made:
    rule = wanted["Rule"] | {"Enabled": True, "ScanEnabled": True}
    client("ses").create_receipt_rule(RuleSetName=wanted["RuleSetName"], Rule=rule)
    return Made(wanted["Rule"]["Name"])


@functools.cache
def _client(service: str, region: str) -> Any:
    """Kept for the process: making a client takes longer than what it is asked here."""
    return boto3.client(service, region_name=region)


# What moto does not play: that it is asked for is all there is to see.
@makes(
    *("AWS::ApiGateway::DomainName", "AWS::CloudFront::Distribution", "AWS::SNS::TopicPolicy"),
    *("AWS::Cognito::UserPoolDomain", "AWS::Cognito::UserPoolIdentityProvider"),
    *(f"AWS::CloudFront::{kind}Policy" for kind in ("Cache", "OriginRequest")),
    *(f"AWS::SMSVOICE::{kind}" for kind in ("ConfigurationSet", "OptOutList", "PhoneNumber")),
    *("AWS::SMSVOICE::ProtectConfiguration", "AWS::WAFv2::IPSet", "AWS::WAFv2::WebACL"),
)
def _asked_for(wanted: dict[str, Any], _client: Callable[[str], Any]) -> Made:
    named = (wanted[key] for key in ("ConfigurationSetName", "DomainName", "Name") if key in wanted)
    name = next(named, "made-1")
    told = {"PhoneNumber": "+15550100311", "Arn": f"arn:aws:made:::{name}"}
    return Made(name, told | dict.fromkeys(("DomainName", "RegionalDomainName"), f"to.{name}"))


def _model(resource_type: str) -> type[CloudFormationModel]:
    def create(
        cls: type[CloudFormationModel],
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_rest: object,
    ) -> CloudFormationModel:
        made = MAKERS[resource_type](
            cloudformation_json.get("Properties", {}),
            lambda service: _client(service, region_name),
        )
        resource = cls()
        resource.made = made
        return resource

    def update(
        cls: type[CloudFormationModel], original_resource: CloudFormationModel | None, **given: Any
    ) -> CloudFormationModel:
        if resource_type == "AWS::Lambda::Alias":  # the one kind whose changes count here
            return create(cls, given.pop("new_resource_name"), **given)
        return original_resource or cls()

    members: dict[str, Any] = {
        "cloudformation_name_type": staticmethod(lambda: ""),
        "cloudformation_type": staticmethod(lambda: resource_type),
        "create_from_cloudformation_json": classmethod(create),
        "delete_from_cloudformation_json": classmethod(lambda cls, *_a, **_k: None),
        "update_from_cloudformation_json": classmethod(update),
        "made": Made(""),  # moto also updates what a condition leaves out
        "has_cfn_attr": classmethod(lambda cls, _name: True),
        "get_cfn_attribute": lambda self, name: self.made.attributes[name],
        "physical_resource_id": property(lambda self: self.made.id),
        "is_created": lambda self: True,
    }
    return type(resource_type.replace("::", ""), (CloudFormationModel,), members)


def _resolve(
    _backend: Any, *, instance: Any, incoming_params: list[dict[str, Any]]
) -> dict[str, str]:
    """Like CloudFormation, and unlike moto, also for what was a default before."""
    given = {p["ParameterKey"]: p.get("ParameterValue") for p in incoming_params}
    kept = instance.stack_parameters
    before = {k: ",".join(v) if isinstance(v, list) else v for k, v in kept.items()}
    return {key: before[key] if value is None else value for key, value in given.items()}


setattr(CloudFormationBackend, "_resolve_update_parameters", _resolve)  # noqa: B010

# moto finds its models among the subclasses, so these must stay referenced.
MODELS = [_model(resource_type) for resource_type in MAKERS]
for _cached in (get_model_list, get_model_map, get_name_type_map):
    _cached.cache_clear()


def deploy(
    template: Template,
    name: str,
    parameters: Mapping[str, str] | None = None,
    *,
    region: str = "us-east-1",
    leave_out: frozenset[str] = LEFT_OUT,
) -> dict[str, str]:
    """Build `template` on the running moto and return the stack's outputs."""
    body = _without(template, leave_out)
    client = _client("cloudformation", region)
    given = [{"ParameterKey": k, "ParameterValue": v} for k, v in (parameters or {}).items()]
    client.create_stack(
        StackName=name,
        TemplateBody=json.dumps(body, separators=(",", ":")),
        Parameters=given,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    _switch_expiry_on(body, name, client, region)
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _without(template: Template, types: frozenset[str]) -> Template:
    kept = {k: v for k, v in template["Resources"].items() if v["Type"] not in types}
    return template | {"Resources": kept}


def _switch_expiry_on(body: Template, name: str, client: Any, region: str) -> None:
    """moto drops a table's expiry attribute; set it as CloudFormation would."""
    for logical_id, resource in body["Resources"].items():
        expiry = resource.get("Properties", {}).get("TimeToLiveSpecification")
        if not expiry:
            continue
        found = client.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)
        _client("dynamodb", region).update_time_to_live(
            TableName=found["StackResourceDetail"]["PhysicalResourceId"],
            TimeToLiveSpecification=expiry,
        )
