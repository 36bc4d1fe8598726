"""What smoke reads of a deployed stage beside its pages: each way that can break in silence is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from infra.checks import Check, asked
from infra.installation import Installation, questions
from infra.settings import EXAMPLE, StageSettings, read
from tests.infra.laid_down import Client

TEXTS = {"sms_origination": "+15550100"}
SNS = read(EXAMPLE, stage="prod", **TEXTS)
EVENTS = read(EXAMPLE, stage="prod", sms_sender="end-user-messaging", **TEXTS)
OUTPUTS = {
    "EndpointURL": "https://api.example/live/",
    "TableName": "civicline-prod",
    "MailBucket": "mail",
    "FilesBucket": "files",
    "ReceiptRuleSet": "civicline",
    "AlarmsTopic": "ordinary",
    "UrgentAlarmsTopic": "urgent",
}
GROUP = "sns/eu-west-1/123456789012/DirectPublishToPhoneNumber"
OURS = "arn:aws:lambda:eu-west-1:123456789012:function:civicline-on-text-log-prod"


def subscribed(**confirmed: bool) -> Callable[..., Any]:
    def listed(TopicArn: str) -> Any:  # noqa: N803 - botocore's name
        arn = f"arn:aws:sns:x:y:{TopicArn}" if confirmed[TopicArn] else "PendingConfirmation"
        return {"Subscriptions": [{"SubscriptionArn": arn}]}

    return listed


RULE = {"Name": "civicline-prod", "Recipients": [SNS.receiving_domain], "Enabled": True}
WELL: dict[str, dict[str, Any]] = {
    "cloudformation": {},
    "sns": {
        "list_subscriptions_by_topic": subscribed(ordinary=True, urgent=True),
        "get_sms_attributes": {
            "attributes": {
                "DeliveryStatusIAMRole": "arn:aws:iam::123456789012:role/r",
                "DeliveryStatusSuccessSamplingRate": "100",
            }
        },
    },
    "sesv2": {
        "get_email_identity": {
            "VerifiedForSendingStatus": True,
            "MailFromAttributes": {
                "MailFromDomain": "bounce.report.city.example",
                "MailFromDomainStatus": "SUCCESS",
            },
        }
    },
    "ses": {
        "describe_active_receipt_rule_set": {"Metadata": {"Name": "civicline"}},
        "describe_receipt_rule_set": {"Rules": [RULE]},
    },
    "logs": {
        "describe_log_groups": {
            "logGroups": [{"logGroupName": GROUP}, {"logGroupName": f"{GROUP}/Failure"}]
        },
        "describe_subscription_filters": {"subscriptionFilters": [{"destinationArn": OURS}]},
    },
    "pinpoint-sms-voice-v2": {
        "describe_configuration_sets": {
            "ConfigurationSets": [{"EventDestinations": [{"Enabled": True, "SnsDestination": {}}]}]
        }
    },
}
ASKED = (
    "Somebody hears the alarms",
    f"Mail may leave as {SNS.sender_address}",
    "Bounces come to a domain of ours",
    "Received mail reaches the city",
    "What becomes of texts is told",
)


def lacking(
    service: str = "", changed: Mapping[str, Any] | None = None, settings: StageSettings = SNS
) -> dict[str, Check]:
    answers = {**WELL, service: {**WELL.get(service, {}), **(changed or {})}}
    clients = {name: Client(calls) for name, calls in answers.items()}
    it = Installation(clients.__getitem__, "prod", settings, OUTPUTS)
    found = asked(questions(it, lambda _url: (200, "[]"), lambda _name: True))
    return {c.question: c for c in found if c.question in ASKED and not c.holds}


@pytest.mark.parametrize("settings", [SNS, EVENTS], ids=["sns", "events"])
def test_an_installation_that_is_well_lacks_nothing(settings: StageSettings) -> None:
    assert lacking(settings=settings) == {}


NO_ROLE = {"attributes": {"DeliveryStatusSuccessSamplingRate": "100"}}
SAMPLED = {"attributes": {"DeliveryStatusIAMRole": "r", "DeliveryStatusSuccessSamplingRate": "10"}}
PENDING = {"MailFromAttributes": {"MailFromDomain": "b", "MailFromDomainStatus": "PENDING"}}


@pytest.mark.parametrize(
    ("service", "changed", "question"),
    [
        ("sns", {"list_subscriptions_by_topic": subscribed(ordinary=True, urgent=False)}, ASKED[0]),
        ("sns", {"list_subscriptions_by_topic": {"Subscriptions": []}}, ASKED[0]),
        (
            "sesv2",
            {"get_email_identity": {"VerifiedForSendingStatus": True} | PENDING},
            ASKED[2],
        ),
        ("ses", {"describe_active_receipt_rule_set": {"Metadata": {"Name": "theirs"}}}, ASKED[3]),
        ("ses", {"describe_receipt_rule_set": {"Rules": []}}, ASKED[3]),
        (
            "ses",
            {"describe_receipt_rule_set": {"Rules": [RULE | {"Enabled": False}]}},
            ASKED[3],
        ),
        ("sns", {"get_sms_attributes": NO_ROLE}, ASKED[4]),
        ("sns", {"get_sms_attributes": SAMPLED}, ASKED[4]),
        ("logs", {"describe_subscription_filters": {"subscriptionFilters": []}}, ASKED[4]),
        ("logs", {"describe_log_groups": {"logGroups": []}}, ASKED[4]),
    ],
)
def test_what_breaks_in_silence_is_read(
    service: str, changed: Mapping[str, Any], question: str
) -> None:
    found = lacking(service, changed)
    assert set(found) == {question}
    assert found[question].remedy


@pytest.mark.parametrize(
    "destination", [[], [{"Enabled": False, "SnsDestination": {}}], [{"Enabled": True}]]
)
def test_a_configuration_set_that_tells_nobody_is_read(destination: list[Any]) -> None:
    changed = {
        "describe_configuration_sets": {"ConfigurationSets": [{"EventDestinations": destination}]}
    }
    assert set(lacking("pinpoint-sms-voice-v2", changed, EVENTS)) == {ASKED[4]}


def test_where_nobody_tells_nothing_is_asked_about_it() -> None:
    chosen = SNS.model_copy(update={"sms_receipts": "none"})
    assert lacking("sns", {"get_sms_attributes": NO_ROLE}, chosen) == {}
