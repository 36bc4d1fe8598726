"""A deployed stage, and everything that it can be asked; only reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from infra import account, receiving, recovery, stacks
from infra.account import DOC, Account
from infra.checks import Answer, Question
from infra.recovery import Kept
from infra.settings import QUEUES, StageSettings
from infra.stacks import Clients, DeployError
from infra.texts import is_reported_in_logs

Fetch = Callable[[str], tuple[int, str]]


@dataclass(frozen=True)
class Installation:
    """What is asked: an account, a stage, its settings and outputs."""

    clients: Clients
    stage: str
    settings: StageSettings
    outputs: Mapping[str, str]

    @property
    def address(self) -> str:
        """Where citizens reach it, without a slash at the end."""
        said = self.settings.public_url or self.outputs.get("PublicAddress")
        return (said or self.outputs["EndpointURL"]).rstrip("/")


def find(settings: StageSettings, clients: Clients) -> Installation:
    """The installation of a stage. Raises `DeployError` when it is not deployed."""
    found: dict[str, str] = {}
    stage = settings.stage
    for name in (stacks.state_stack(stage), stacks.functions_stack(stage)):
        stack = stacks.find(clients, name)
        if stack is None or stack["StackStatus"] not in stacks.CLEAN:
            status = "not there" if stack is None else stack["StackStatus"]
            raise DeployError(f"{name} is {status}; run make deploy STAGE={stage}.")
        found |= stacks.outputs(clients, name)
    return Installation(clients, stage, settings, found)


def questions(
    it: Installation, fetch: Fetch, resolve: account.Resolve | None = None
) -> list[Question]:
    """Everything that can be wrong with it, and with its account."""
    of_account = account.questions(Account(it.settings, it.clients), resolve)
    buckets = it.outputs["MailBucket"], it.outputs["FilesBucket"]
    kept = recovery.questions(Kept(it.clients, it.settings, it.outputs["TableName"], buckets))
    return [*_pages(it, fetch), *_operation(it), *kept, *of_account, *_mail(it), *_texts(it)]


def _pages(it: Installation, fetch: Fetch) -> list[Question]:
    return [
        Question(
            "The API answers",
            lambda: Answer(fetch(f"{it.address}/health")[0] == 200, it.address),
            f"look at the log group /aws/lambda/civicline-api-handler-{it.stage}",
        ),
        Question(
            "There is something to report",
            lambda: bool(json.loads(fetch(f"{it.address}/open311/v2/services.json")[1])),
            f"run make deploy STAGE={it.stage} again: it plants the catalogue",
        ),
        Question(
            "Strangers do not see tickets",
            lambda: fetch(f"{it.address}/api/v1/tickets")[0] == 401,
            "take the installation off the net and report this",
        ),
        Question(
            "Nobody gets in beside the public address",
            lambda: _is_shut(it, fetch),
            f"the raw address should be closed and answers; run make deploy STAGE={it.stage} again",
        ),
        Question("There is an administrator", lambda: _has_administrator(it), f"{DOC} 6"),
    ]


def _operation(it: Installation) -> list[Question]:
    return [
        Question(
            "No message waits with the dead letters",
            lambda: Answer.none_of(_dead(it)),
            "docs/runbook.md, dead letters",
        ),
        Question(
            "No alarm rings",
            lambda: Answer.none_of(_ringing(it)),
            "docs/runbook.md has its section",
        ),
        Question(
            "Somebody hears the alarms",
            lambda: _hear_alarms(it),
            "set alarm_email in the settings, deploy, and follow the link in AWS's mail",
        ),
    ]


def _mail(it: Installation) -> list[Question]:
    return [
        Question(
            f"Mail may leave as {it.settings.sender_address}",
            lambda: _is_verified(it),
            f"set the DKIM records, {DOC} 3",
        ),
        Question(
            "Bounces come to a domain of ours",
            lambda: _has_own_bounces(it),
            f"set the two records of bounce., {DOC} 3",
        ),
        Question(
            "Received mail reaches the city",
            lambda: Answer(*_receives(it)),
            f"run make deploy STAGE={it.stage} again, {DOC} 4",
        ),
    ]


def _texts(it: Installation) -> list[Question]:
    """Silence of a broken way of receipts looks like silence of carriers: so the way itself is read."""
    if it.settings.sms_receipts == "none" or not Account(it.settings, it.clients).sends_texts:
        return []
    by_logs = is_reported_in_logs(it.settings)
    return [
        Question(
            "What becomes of texts is told",
            lambda: Answer.none_of(_broken_logs(it) if by_logs else _broken_events(it)),
            f"run make deploy STAGE={it.stage} again, {DOC} 7",
        )
    ]


def _is_shut(it: Installation, fetch: Fetch) -> bool:
    """Whether the raw address refuses, where it was asked to."""
    if it.outputs.get("RawAddress") != "closed":
        return True
    return fetch(f"{it.outputs['EndpointURL'].rstrip('/')}/health")[0] == 403


def _dead(it: Installation) -> list[str]:
    names = (*QUEUES, "changes")
    return [name for name in names if _waiting(it, f"civicline-{name}-dead-{it.stage}")]


def _waiting(it: Installation, queue: str) -> int:
    sqs = it.clients("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    wanted = ["ApproximateNumberOfMessages"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    return int(found[wanted[0]])


def _ringing(it: Installation) -> list[str]:
    pages = it.clients("cloudwatch").get_paginator("describe_alarms")
    found = pages.paginate(AlarmNamePrefix="civicline-", StateValue="ALARM")
    alarms = chain.from_iterable(page["MetricAlarms"] for page in found)
    return [a["AlarmName"] for a in alarms if a["AlarmName"].endswith(f"-{it.stage}")]


def _hear_alarms(it: Installation) -> Answer:
    """Both topics need somebody who confirmed: AWS tells nobody else."""
    deaf = [
        name
        for name in ("AlarmsTopic", "UrgentAlarmsTopic")
        if not any(_is_confirmed(each) for each in _subscriptions(it, name))
    ]
    return Answer.none_of(f"nobody confirmed {name}" for name in deaf)


def _subscriptions(it: Installation, topic: str) -> Iterator[Any]:
    pages = it.clients("sns").get_paginator("list_subscriptions_by_topic")
    found = pages.paginate(TopicArn=it.outputs[topic])
    return chain.from_iterable(page["Subscriptions"] for page in found)


def _is_confirmed(subscription: Mapping[str, str]) -> bool:
    """AWS lists one that waits for its link as `PendingConfirmation`, in the place of its name."""
    return str(subscription["SubscriptionArn"]).startswith("arn:")


def _sender_identity(it: Installation) -> Any:
    return it.clients("sesv2").get_email_identity(EmailIdentity=it.settings.sender_domain)


def _is_verified(it: Installation) -> bool:
    return bool(_sender_identity(it)["VerifiedForSendingStatus"])


def _has_own_bounces(it: Installation) -> Answer:
    found = _sender_identity(it).get("MailFromAttributes", {})
    domain, status = found.get("MailFromDomain", ""), found.get("MailFromDomainStatus", "")
    return Answer(status == "SUCCESS", f"{domain} is {status}" if domain else "none is set")


def _receives(it: Installation) -> tuple[bool, str]:
    """The active set must be the one that holds our rule, and the rule must be in it."""
    active = receiving.active(it.clients)
    if active != it.outputs["ReceiptRuleSet"]:
        return False, f"{active or 'no rule set'} is active, not {it.outputs['ReceiptRuleSet']}"
    rules = it.clients("ses").describe_receipt_rule_set(RuleSetName=active)["Rules"]
    ours = [rule for rule in rules if it.settings.receiving_domain in rule.get("Recipients", ())]
    return any(rule.get("Enabled") for rule in ours), active


def _broken_logs(it: Installation) -> Iterator[str]:
    """What SNS reports texts with: the account's attributes, and the filters that bring the log to us."""
    attributes = it.clients("sns").get_sms_attributes()["attributes"]
    if not attributes.get("DeliveryStatusIAMRole"):
        yield "SNS has no role to write its log with"
    if attributes.get("DeliveryStatusSuccessSamplingRate") != "100":
        yield "SNS does not report every text"
    function = f":function:civicline-on-text-log-{it.stage}"
    group = f"sns/{it.clients('sns').meta.region_name}/"
    names = _text_logs(it, group)
    if not names:
        yield "there is no log of texts"
    for name in names:
        filters = it.clients("logs").describe_subscription_filters(logGroupName=name)
        if not any(function in each["destinationArn"] for each in filters["subscriptionFilters"]):
            yield f"nobody hears {name}"


def _text_logs(it: Installation, prefix: str) -> list[str]:
    found = it.clients("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    names = [group["logGroupName"] for group in found]
    return [name for name in names if "/DirectPublishToPhoneNumber" in name]


def _broken_events(it: Installation) -> Iterator[str]:
    """What End User Messaging reports texts by: an enabled destination of our configuration set."""
    name = it.settings.variables()["SMS_CONFIGURATION_SET"]
    found = it.clients("pinpoint-sms-voice-v2").describe_configuration_sets(
        ConfigurationSetNames=[name]
    )["ConfigurationSets"]
    told = [destination for each in found for destination in each["EventDestinations"]]
    if not any(d["Enabled"] and "SnsDestination" in d for d in told):
        yield f"{name} tells nobody"


def _has_administrator(it: Installation) -> bool:
    users = it.clients("cognito-idp").list_users_in_group(
        UserPoolId=it.outputs["UserPoolId"], GroupName="administrator"
    )["Users"]
    return any(user["Enabled"] for user in users)
