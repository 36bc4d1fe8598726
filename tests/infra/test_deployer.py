"""Who deploys may do what deploying asks, and no more than the account's roles of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.administrator import appoint, dismiss, end_sign_ins, write_down
from infra.checks import asked
from infra.deploy import deploy
from infra.deployer import LARGEST, actions, policies
from infra.installation import find, questions
from infra.rollback import listing
from infra.settings import ROOT, StageSettings

Clients = Callable[[str], Any]
# botocore's names of services and calls where IAM has others.
SERVICES = {"sesv2": "ses", "pinpoint-sms-voice-v2": "sms-voice"}
CALLS = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "dynamodb:TransactWriteItems": "dynamodb:PutItem",
}


@pytest.fixture(scope="module")
def allowed(templates_folder: Path) -> frozenset[str]:
    templates = [templates_folder / name for name in ("state.yaml", "functions.json")]
    others = [ROOT / "infra" / f"{name}.yaml" for name in ("receiving", "front", "budget")]
    return actions([*templates, *others])


@pytest.fixture
def called(aws: Clients) -> Iterator[set[str]]:
    """What was asked of AWS, in IAM's words."""
    found: set[str] = set()

    def note(model: Any, **_: object) -> None:
        service = model.service_model.service_name
        action = f"{SERVICES.get(service, service)}:{model.name}"
        found.add(CALLS.get(action, action))

    for service in ("cloudformation", "s3", "sns", "ses", "sesv2", "dynamodb", "lambda", "sqs"):
        aws(service).meta.events.register("before-call", note)
    for service in ("cognito-idp", "cloudwatch", "logs", "sts", "iam", "secretsmanager"):
        aws(service).meta.events.register("before-call", note)
    yield found
    assert boto3.DEFAULT_SESSION is not None


def test_all_that_make_asks_is_allowed(
    aws: Clients,
    called: set[str],
    settings: StageSettings,
    built: Path,
    allowed: frozenset[str],
) -> None:
    chosen = settings.model_copy(update={"sms_origination": "+15550100"})
    deploy(chosen, built, aws, say=lambda _line: None, pause=lambda _seconds: None)
    appoint(aws, "dev", "ana@city.example", "Ana Ruiz")
    write_down(chosen, aws, "ana@city.example")
    dismiss(aws, "dev", "ana@city.example")
    end_sign_ins(chosen, aws, "ana@city.example")
    list(asked(questions(find(chosen, aws), lambda _url: (200, "[]"), lambda _name: True)))
    list(listing("dev", aws))
    by_moto = {a for a in called if a.startswith(("ses:Create", "lambda:Create", "lambda:Publish"))}
    assert len(called) > 25
    assert called - by_moto - allowed == set()


def test_what_the_stacks_are_made_of_may_be_made(allowed: frozenset[str]) -> None:
    wanted = {"dynamodb:CreateTable", "kms:CreateKey", "cognito-idp:CreateUserPool"}
    wanted |= {"codedeploy:CreateDeployment", "cloudfront:CreateDistribution", "iam:PassRole"}
    assert wanted <= allowed


def test_every_policy_fits_and_roles_of_others_are_out_of_reach(allowed: frozenset[str]) -> None:
    found = policies(allowed)
    assert all(len(json.dumps(p, separators=(",", ":"))) <= LARGEST for p in found)
    assert len(found) <= 5, "a role takes ten"
    statements = [s for policy in found for s in policy["Statement"]]
    assert {a for s in statements for a in s["Action"]} == set(allowed)
    for statement in statements:
        if any(action.startswith("iam:") for action in statement["Action"]):
            assert all(":role/" in each for each in statement["Resource"])
    assert not any("*" in action for action in allowed)
