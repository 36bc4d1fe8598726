"""Both stacks build: what is deployed at AWS is what the town and these tests stand on."""

from __future__ import annotations

import ast
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from chalicelib.config import Settings
from infra.cloudformation import Template, load_template
from infra.moto_models import deploy
from infra.package import CODE_KEYS

Client = Callable[[str], Any]


@pytest.fixture
def outputs(aws: Client, state: Template, rule_set: None) -> dict[str, str]:
    return deploy(state, "civicline-state-dev", {"Stage": "dev", "AlarmEmail": "it@city.example"})


@pytest.fixture
def deployed(aws: Client, outputs: dict[str, str], functions: Template) -> dict[str, str]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("app.py", "")
    bucket = outputs["ReleasesBucket"]
    aws("s3").put_object(Bucket=bucket, Key="release.zip", Body=archive.getvalue())
    place = {"CodeBucket": bucket, "StreamArn": outputs["StreamArn"]} | dict.fromkeys(
        CODE_KEYS.values(), "release.zip"
    )
    return deploy(functions, "civicline-functions-dev", place)


def test_the_outputs_are_named_like_the_settings(outputs: dict[str, str]) -> None:
    names = {field.name.replace("_", "") for field in fields(Settings)}
    found = {name.lower() for name in outputs} & names
    assert {"tablename", "mailbucket", "filesbucket", "deliveryqueue", "userpoolid"} <= found
    assert {"userpoolclientid", "signingkeyssecret", "mailconfigurationset"} <= found


def test_the_table_has_its_indexes_and_forgets_what_expires(
    aws: Client, outputs: dict[str, str]
) -> None:
    table = aws("dynamodb").describe_table(TableName=outputs["TableName"])["Table"]
    assert len(table["GlobalSecondaryIndexes"]) == 8
    expiry = aws("dynamodb").describe_time_to_live(TableName=outputs["TableName"])
    assert expiry["TimeToLiveDescription"]["AttributeName"] == "expires_at"


def test_the_signing_keys_are_usable_and_long(aws: Client, outputs: dict[str, str]) -> None:
    secret = aws("secretsmanager").get_secret_value(SecretId=outputs["SigningKeysSecret"])
    keys = json.loads(secret["SecretString"])
    assert keys["current"] == "k1"
    assert len(keys["k1"]) == 64


def test_a_mail_s_notification_arrives_in_the_queue_in_its_envelope(
    aws: Client, outputs: dict[str, str]
) -> None:
    aws("sns").publish(TopicArn=outputs["InboundEmailTopic"], Message='{"a": 1}')
    url = aws("sqs").get_queue_url(QueueName=outputs["InboundEmailQueue"])["QueueUrl"]
    (message,) = aws("sqs").receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["Message"] == '{"a": 1}'


def test_the_functions_see_what_the_state_stack_exports(
    aws: Client, outputs: dict[str, str], deployed: dict[str, str]
) -> None:
    function = aws("lambda").get_function(FunctionName="civicline-on-delivery-dev")
    variables = function["Configuration"]["Environment"]["Variables"]
    assert variables["USER_POOL_ID"] == outputs["UserPoolId"]
    assert variables["FILES_BUCKET"] == outputs["FilesBucket"]


def test_every_name_in_the_settings_exists(
    aws: Client, outputs: dict[str, str], deployed: dict[str, str]
) -> None:
    function = aws("lambda").get_function(FunctionName="civicline-on-delivery-dev")
    variables = function["Configuration"]["Environment"]["Variables"]
    for name in ("TableName", "MailBucket", "SigningKeysSecret", "MailConfigurationSet"):
        key = "".join(f"_{c}" if c.isupper() else c for c in name).strip("_").upper()
        assert variables[key] == outputs[name]
    for queue in ("INBOUND_EMAIL", "INBOUND_SMS", "RECEIPTS", "DELIVERY"):
        assert aws("sqs").get_queue_url(QueueName=variables[f"{queue}_QUEUE"])


def test_policies_name_queues_and_tables_that_exist(
    aws: Client, outputs: dict[str, str], deployed: dict[str, str]
) -> None:
    role = next(r for r in aws("iam").list_roles()["Roles"] if "OnDelivery" in r["RoleName"])
    names = aws("iam").list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    policy = aws("iam").get_role_policy(RoleName=role["RoleName"], PolicyName=names[0])
    document = policy["PolicyDocument"]
    document = ast.literal_eval(document) if isinstance(document, str) else document
    resources = {s["Sid"]: s["Resource"] for s in document["Statement"]}
    queues = aws("sqs").list_queues()["QueueUrls"]
    for arn in resources["TakeFromItsQueues"]:
        assert any(url.endswith(f"/{arn.rpartition(':')[2]}") for url in queues), arn
    found = resources["TicketsAndWhatHangsOnThem"]
    table = f":table/{outputs['TableName']}"
    assert all(table in each for each in ([found] if isinstance(found, str) else found)), found
    assert resources["UseTheKeyOfThisStage"] == outputs["KeyArn"]


def test_both_stages_live_side_by_side(aws: Client, state: Template, rule_set: None) -> None:
    first = deploy(state, "civicline-state-dev", {"Stage": "dev"})
    # SNS's log groups are of the account: the first stage makes them.
    second = deploy(state, "civicline-state-prod", {"Stage": "prod", "TextLogs": "no"})
    names = ("TableName", "MailBucket", "InboundEmailTopic", "UserPoolId", "SigningKeysSecret")
    assert all(first[name] != second[name] for name in names)
    rules = aws("ses").describe_receipt_rule_set(RuleSetName="civicline")["Rules"]
    assert {rule["Name"] for rule in rules} == {"civicline-dev", "civicline-prod"}


def test_the_packaged_state_stack_is_the_one_in_the_repository(
    templates_folder: Path, state: Template
) -> None:
    packaged = load_template(templates_folder / "state.yaml")
    assert packaged["Parameters"]["Stage"]["Default"] == "dev"
    assert packaged["Resources"] == state["Resources"]
