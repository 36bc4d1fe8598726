"""What each function may do: named resources only, and nothing that it has no use for."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chalicelib.channels.email.inbox import PREFIX
from chalicelib.notifications.planning.notices import NOTICES
from infra.cloudformation import Template
from tests.infra.resources import as_list, of_type, statements, text

ROLES = (
    "ApiHandlerRole",
    "FindLostMailRole",
    "OnChangeRole",
    "OnDeliveryRole",
    "OnInboundEmailRole",
    "OnInboundSmsRole",
    "OnReceiptRole",
    "OnTextLogRole",
    "RotateKeysRole",
    "RunEscalationsRole",
    "SweepDeliveriesRole",
)
OWN_QUEUE = {
    "OnDeliveryRole": ["delivery", "urgent", "broadcast"],
    "OnInboundEmailRole": ["inbound-email"],
    "OnInboundSmsRole": ["inbound-sms"],
    "OnReceiptRole": ["receipts"],
}


OTHER_HANDS = {"FindLostMailRole", "OnChangeRole", "OnTextLogRole", "RotateKeysRole"}
OF_THE_ACCOUNT = ("SendMail", "ReadTheSendingQuota", "SendTraces")


def allowed(template: Template, role: str) -> list[dict[str, Any]]:
    (policy,) = of_type(template, "AWS::IAM::Role")[role]["Policies"]
    return [s for s in statements(policy["PolicyDocument"]) if s["Effect"] == "Allow"]


def may(template: Template, role: str) -> set[str]:
    return {action for s in allowed(template, role) for action in as_list(s["Action"])}


def test_these_roles_and_no_others_exist(functions: Template) -> None:
    assert sorted(of_type(functions, "AWS::IAM::Role")) == sorted([*ROLES, "CanaryRole"])


def test_the_role_of_the_canary_moves_calls_and_no_more(functions: Template) -> None:
    assert may(functions, "CanaryRole") == {
        "cloudwatch:DescribeAlarms",
        "lambda:GetAlias",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:UpdateAlias",
    }
    (moving, _) = allowed(functions, "CanaryRole")
    assert all("function:civicline-*-${Stage}" in text(each) for each in moving["Resource"])


@pytest.mark.parametrize("role", ROLES)
def test_no_action_is_a_pattern(functions: Template, role: str) -> None:
    assert not [action for action in may(functions, role) if "*" in action]


@pytest.mark.parametrize("role", ROLES)
def test_every_resource_names_this_stage(functions: Template, role: str) -> None:
    for statement in allowed(functions, role):
        for resource in as_list(statement["Resource"]):
            if statement["Sid"].startswith("SendTexts") or statement["Sid"] in OF_THE_ACCOUNT:
                continue  # looked at below
            assert re.search(r"\$\{(Stage|TableName)\}", text(resource)), statement["Sid"]


@pytest.mark.parametrize("role", ROLES)
def test_a_function_sends_traces_and_reads_none(functions: Template, role: str) -> None:
    """X-Ray knows no resources to name here."""
    tracing = {action for action in may(functions, role) if action.startswith("xray:")}
    assert tracing == {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def test_texts_go_to_numbers_and_never_to_topics(functions: Template) -> None:
    """A number has no ARN, so the permission has none either; every topic is refused instead."""
    (policy,) = of_type(functions, "AWS::IAM::Role")["OnDeliveryRole"]["Policies"]
    refused = [s for s in statements(policy["PolicyDocument"]) if s["Effect"] == "Deny"]
    (denied,) = [s for s in refused if "sns:Publish" in as_list(s["Action"])]
    assert denied["Action"] == "sns:Publish"
    assert text(denied["Resource"]) == '{"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"}'


def test_texts_by_end_user_messaging_come_from_this_accounts_numbers(functions: Template) -> None:
    """Numbers, pools and names have no stage; the configuration set has."""
    (sending,) = [
        s for s in allowed(functions, "OnDeliveryRole") if s["Sid"] == "SendTextsByEndUserMessaging"
    ]
    assert sending["Action"] == "sms-voice:SendTextMessage"
    names = [text(each).partition("${AWS::AccountId}:")[2] for each in sending["Resource"]]
    assert sorted(names) == [
        'configuration-set/civicline-texts-${Stage}"}',
        'phone-number/*"}',
        'pool/*"}',
        'protect-configuration/*"}',
        'sender-id/*"}',
    ]


def test_the_reader_of_logs_only_hands_on(functions: Template) -> None:
    assert {a.partition(":")[0] for a in may(functions, "OnTextLogRole")} == {
        "logs",
        "kms",
        "sqs",
        "xray",
    }
    (handing, keeping) = [
        s for s in allowed(functions, "OnTextLogRole") if "sqs:SendMessage" in as_list(s["Action"])
    ]
    assert (queues_of(handing), queues_of(keeping)) == (["receipts"], ["receipts-dead"])


@pytest.mark.parametrize("role", ROLES)
def test_of_tables_it_knows_the_one_in_use_and_its_indexes_by_name(
    functions: Template, role: str
) -> None:
    tables = [
        text(resource)
        for s in allowed(functions, role)
        for resource in as_list(s["Resource"])
        if ":dynamodb:" in text(resource)
    ]
    for table in tables:
        assert re.search(r':table/\$\{TableName\}(/index/by_\w+|/stream/\*)?"}$', table), table


@pytest.mark.parametrize("role", ROLES)
def test_nobody_scans_deletes_or_changes_tables(functions: Template, role: str) -> None:
    table = {a for a in may(functions, role) if a.startswith("dynamodb:")}
    assert table - of_streams(functions, role) <= {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:ConditionCheckItem",
    }


def of_streams(template: Template, role: str) -> set[str]:
    found = [s for s in allowed(template, role) if "/stream/" in text(s["Resource"])]
    return {action for statement in found for action in as_list(statement["Action"])}


@pytest.mark.parametrize("role", ROLES)
def test_the_stream_is_read_by_the_one_that_follows_it(functions: Template, role: str) -> None:
    """What Lambda reads a stream with ("Using AWS Lambda with Amazon DynamoDB", permissions)."""
    reading = {f"dynamodb:{a}" for a in ("DescribeStream", "GetRecords", "GetShardIterator")}
    wanted = reading | {"dynamodb:ListStreams"} if role == "OnChangeRole" else set()
    assert of_streams(functions, role) == wanted


@pytest.mark.parametrize("role", ROLES)
def test_nobody_deletes_files_or_reads_other_mail(functions: Template, role: str) -> None:
    assert "s3:DeleteObject" not in may(functions, role)
    for statement in allowed(functions, role):
        if statement["Sid"] in ("TellAbsentFromForbidden", "ListReceivedMail"):
            assert statement["Action"] == "s3:ListBucket"
        elif "civicline-mail-" in text(statement["Resource"]):
            assert text(statement["Resource"]).endswith('/inbound/*"}')
            assert as_list(statement["Action"]) == ["s3:GetObject"]


@pytest.mark.parametrize("role", ROLES)
def test_a_function_takes_from_its_own_queue_only(functions: Template, role: str) -> None:
    taking = [s for s in allowed(functions, role) if "sqs:ReceiveMessage" in as_list(s["Action"])]
    assert [name for s in taking for name in queues_of(s)] == OWN_QUEUE.get(role, [])


@pytest.mark.parametrize("role", sorted(set(ROLES) - OTHER_HANDS))
def test_only_the_schedules_fill_the_queue_of_broadcasts(functions: Template, role: str) -> None:
    handing = [s for s in allowed(functions, role) if "sqs:SendMessage" in as_list(s["Action"])]
    lanes = ["delivery", "urgent"]
    if role in ("RunEscalationsRole", "SweepDeliveriesRole"):
        lanes.append("broadcast")
    assert [queues_of(s) for s in handing] == [lanes]


def test_what_follows_changes_fills_nothing_but_its_dead_letters(functions: Template) -> None:
    """Lambda puts them there in the function's name."""
    handing = [
        s for s in allowed(functions, "OnChangeRole") if "sqs:SendMessage" in as_list(s["Action"])
    ]
    assert [queues_of(s) for s in handing] == [["changes-dead"]]
    services = {action.partition(":")[0] for action in may(functions, "OnChangeRole")}
    assert services == {"dynamodb", "kms", "logs", "sqs", "xray"}


def test_the_search_for_mail_lists_received_mail_and_fills_the_queue_of_intake_alone(
    functions: Template,
) -> None:
    by_name = {s["Sid"]: s for s in allowed(functions, "FindLostMailRole")}
    listing, handing = by_name["ListReceivedMail"], by_name["HandToIntake"]
    assert listing["Condition"] == {"StringEquals": {"s3:prefix": PREFIX}}
    assert queues_of(handing) == ["inbound-email"]
    others = [r for r in ROLES if r != "FindLostMailRole"]
    assert not [r for r in others for s in allowed(functions, r) if s["Sid"] == "HandToIntake"]


def queues_of(statement: dict[str, Any]) -> list[str]:
    resources = as_list(statement["Resource"])
    return [text(each).split("civicline-")[1].split("-$")[0] for each in resources]


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"OnDeliveryRole"}))
def test_only_delivery_sends(functions: Template, role: str) -> None:
    sending = {a for a in may(functions, role) if a.startswith("ses:")}
    publishing = [s for s in allowed(functions, role) if "sns:Publish" in as_list(s["Action"])]
    assert not sending
    assert not publishing


def test_the_sweep_only_reads(functions: Template) -> None:
    assert not may(functions, "SweepDeliveriesRole") & {"dynamodb:PutItem", "dynamodb:UpdateItem"}


@pytest.mark.parametrize("role", ROLES)
def test_a_function_writes_its_own_log_only(functions: Template, role: str) -> None:
    (log,) = [s for s in allowed(functions, role) if s["Sid"] == "WriteItsOwnLog"]
    assert "log-group:/aws/lambda/civicline-" in text(log["Resource"])


# What the people page does; no password is set and nobody is deleted, here or anywhere.
PEOPLE = {
    "cognito-idp:AdminAddUserToGroup",
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminDisableUser",
    "cognito-idp:AdminEnableUser",
    "cognito-idp:AdminRemoveUserFromGroup",
    "cognito-idp:AdminResetUserPassword",
    "cognito-idp:AdminSetUserMFAPreference",
    "cognito-idp:AdminUpdateUserAttributes",
    "cognito-idp:AdminUserGlobalSignOut",
    "cognito-idp:CreateGroup",
    "cognito-idp:ListUsersInGroup",
}
READS = {
    "cognito-idp:AdminGetUser",
    "cognito-idp:AdminListGroupsForUser",
    "cognito-idp:DescribeUserPoolClient",
    "cognito-idp:ListUsers",
}


def about_staff(functions: Template, role: str) -> set[str]:
    return {action for action in may(functions, role) if action.startswith("cognito-idp:")}


def test_the_consoles_function_alone_appoints_people_and_the_others_read(
    functions: Template,
) -> None:
    assert about_staff(functions, "ApiHandlerRole") - READS == PEOPLE
    for role in set(ROLES) - {"ApiHandlerRole"}:
        assert about_staff(functions, role) <= READS


def test_only_the_daily_run_lists_who_may_sign_in(functions: Template) -> None:
    """Who works here stands in the table; a page or a mail asks about single people."""
    lists = {role for role in ROLES if "cognito-idp:ListUsers" in may(functions, role)}
    assert lists == {"FindLostMailRole"}


# What delivery and receipts put on a timeline (`note_failure`, `note_informed`, the ladder's task).
NOTED = {"notice_failed", "informed", "contact_unreachable"}


def test_what_delivery_and_receipts_note_is_told_to_nobody() -> None:
    """So their writes hold no share of anybody's day, and receipts sign no link."""
    assert not NOTED & {notice.kind for notice in NOTICES}


@pytest.mark.parametrize("role", ["OnDeliveryRole", "OnReceiptRole"])
def test_what_delivery_and_receipts_have_no_use_for_they_may_not_do(
    functions: Template, role: str
) -> None:
    assert "dynamodb:ConditionCheckItem" not in may(functions, role)
    assert not [action for action in may(functions, role) if action.startswith("s3:")]


def test_receipts_know_no_signing_key(functions: Template) -> None:
    assert "secretsmanager:GetSecretValue" not in may(functions, "OnReceiptRole")
