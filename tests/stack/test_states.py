"""What CloudFormation leaves behind is gone on from, where an engine plays CloudFormation itself."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import reasons, stacks
from infra.stacks import DeployError
from tests.stack.engine import Engine, running

pytestmark = pytest.mark.stack
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "RetainExceptOnCreate",
    "Properties": {
        "TableName": {"Fn::Sub": "${AWS::StackName}-table"},
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "DeletionProtectionEnabled": {"Fn::If": ["IsProtected", True, False]},
    },
}
TEMPLATE = {
    "Parameters": {
        "BucketName": {"Type": "String"},
        "Protected": {"Type": "String", "Default": "yes"},
        "Nobody": {"Type": "String", "Default": "no"},
    },
    "Conditions": {
        "IsProtected": {"Fn::Equals": [{"Ref": "Protected"}, "yes"]},
        "CallsNobody": {"Fn::Equals": [{"Ref": "Nobody"}, "yes"]},
    },
    "Resources": {
        "Table": TABLE,
        # Found wrong before anything is made, or, of what is not named by a template, when it is made.
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "BucketName"}}},
        "Called": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "DependsOn": "Table",
            "Condition": "CallsNobody",
            "Properties": {
                "FunctionName": "nobody",
                "Qualifier": "$LATEST",
                "MaximumRetryAttempts": 0,
            },
        },
    },
}
OTHERS = "bucket-of-somebody"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with running("us-east-1") as found:
        found.client("s3").create_bucket(Bucket=OTHERS)
        yield found


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(TEMPLATE))
    return path


def put(engine: Engine, name: str, template: Path, bucket: str, nobody: str = "no") -> None:
    wanted = {"BucketName": bucket, "Nobody": nobody}
    stacks.put_protected(engine.client, name, template, wanted, pause=briefly)


def briefly(_seconds: float) -> None:
    time.sleep(0.1)


def status(engine: Engine, name: str) -> Any:
    return (stacks.find(engine.client, name) or {}).get("StackStatus")


def is_protected(engine: Engine, name: str) -> Any:
    table = engine.client("dynamodb").describe_table(TableName=f"{name}-table")["Table"]
    return table["DeletionProtectionEnabled"]


def test_a_name_that_is_taken_is_told_with_the_remedy(engine: Engine, template: Path) -> None:
    with pytest.raises(DeployError, match=r"taken is ROLLBACK_COMPLETE: Bucket: .*Import it into"):
        put(engine, "taken", template, OTHERS)
    put(engine, "taken", template, "taken-bucket")
    assert status(engine, "taken") == "UPDATE_COMPLETE"


def test_a_creation_that_failed_is_taken_back_whole_and_begun_anew(
    engine: Engine, template: Path
) -> None:
    with pytest.raises(DeployError, match=r"never is ROLLBACK_COMPLETE: Called: .*nobody"):
        put(engine, "never", template, "never-bucket", nobody="yes")
    assert "never-table" not in engine.client("dynamodb").list_tables()["TableNames"]
    put(engine, "never", template, "never-bucket")
    assert status(engine, "never") == "UPDATE_COMPLETE"
    assert is_protected(engine, "never")


def test_a_stack_that_was_left_half_made_is_begun_anew(engine: Engine, template: Path) -> None:
    engine.client("cloudformation").create_stack(
        StackName="half",
        TemplateBody=template.read_text(),
        Parameters=[
            {"ParameterKey": "BucketName", "ParameterValue": OTHERS},
            {"ParameterKey": "Protected", "ParameterValue": "no"},
        ],
        DisableRollback=True,
    )
    put(engine, "half", template, "half-bucket")
    assert is_protected(engine, "half")


def test_an_update_that_failed_is_followed_by_one_that_does_not(
    engine: Engine, template: Path
) -> None:
    put(engine, "again", template, "again-bucket")
    with pytest.raises(DeployError, match="again is UPDATE_ROLLBACK_COMPLETE: Bucket"):
        put(engine, "again", template, OTHERS)
    put(engine, "again", template, "again-bucket-2")
    assert status(engine, "again") == "UPDATE_COMPLETE"


def test_a_half_update_is_taken_back_first(engine: Engine, template: Path) -> None:
    put(engine, "middle", template, "middle-bucket")
    engine.client("cloudformation").update_stack(
        StackName="middle",
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": "BucketName", "ParameterValue": OTHERS},
            {"ParameterKey": "Protected", "UsePreviousValue": True},
        ],
        DisableRollback=True,
    )
    put(engine, "middle", template, "middle-bucket-2")
    assert status(engine, "middle") == "UPDATE_COMPLETE"
    assert "UPDATE_FAILED" in reasons.states(engine.client, "middle")


def test_a_deployment_waits_for_the_one_that_runs(engine: Engine, template: Path) -> None:
    parameters = [
        {"ParameterKey": "BucketName", "ParameterValue": "runs-bucket"},
        {"ParameterKey": "Protected", "ParameterValue": "no"},
    ]
    engine.client("cloudformation").create_stack(
        StackName="runs", TemplateBody=template.read_text(), Parameters=parameters
    )
    put(engine, "runs", template, "runs-bucket")
    assert is_protected(engine, "runs"), "the first was killed before it came to that"
