"""The trimmed models of the SDK are what the pinned one says, and hold every call that a policy allows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap import SDK_MODELS
from infra.models import OPERATIONS, SERVICE, descriptions

ROOT = Path(__file__).parents[2]
PREFIXES = {"ses": "sesv2"}
# Permissions that no call of the same name asks for, or that Lambda needs for itself.
NO_CALL = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "dynamodb:ConditionCheckItem",
    "s3:ListBucket",
    "ses:SendRawEmail",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:ReceiveMessage",
}


def allowed() -> set[tuple[str, str]]:
    """Every call of a service we have a model of that some function may make."""
    found = set()
    for path in (ROOT / ".chalice").glob("policy-*.json"):
        for statement in json.loads(path.read_text("utf-8"))["Statement"]:
            if statement["Effect"] == "Deny":
                continue
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                service, _, call = action.partition(":")
                if action not in NO_CALL and PREFIXES.get(service, service) in OPERATIONS:
                    found.add((PREFIXES.get(service, service), call))
    return found


def test_the_models_are_those_of_the_pinned_sdk() -> None:
    """When it fails, write them anew: `python -m infra.models`."""
    wanted = dict(descriptions())
    here = {path.relative_to(SDK_MODELS) for path in SDK_MODELS.rglob("*.json")}
    assert here == wanted.keys()
    assert [p for p, text in wanted.items() if (SDK_MODELS / p).read_text("utf-8") != text] == []


def test_every_call_that_a_policy_allows_has_its_model() -> None:
    assert {call for call in allowed() if call[1] not in OPERATIONS[call[0]]} == set()


@pytest.mark.parametrize("service", sorted(OPERATIONS))
def test_a_client_knows_its_calls_and_no_others(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    bootstrap.forget()
    client = bootstrap.make_client(service)
    assert {*client.meta.method_to_api_mapping.values()} == {*OPERATIONS[service]}
    assert "eu-west-1" in client.meta.endpoint_url


def test_no_model_is_left_whole() -> None:
    sizes = {path: path.stat().st_size for path in SDK_MODELS.rglob(SERVICE)}
    assert {str(path): size for path, size in sizes.items() if size > 45_000} == {}
