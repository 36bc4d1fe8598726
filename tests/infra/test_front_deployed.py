"""CloudFront before a stage is deployed with it: one secret at both ends, and nobody is locked out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.config import LEAST_SECRET
from infra import stacks
from infra.deploy import deploy, rehearsal, what_is_left
from infra.settings import StageSettings
from infra.stacks import DeployError
from tests.infra.test_deploy import Clients

CERTIFICATES = {
    "domain_name": "311.city.example",
    "certificate_arn": "arn:aws:acm:us-east-1:1:certificate/1",
    "front_certificate_arn": "arn:aws:acm:us-east-1:1:certificate/1",
}
Deploy = Callable[..., dict[str, str]]


@pytest.fixture
def deployed(aws: Clients, settings: StageSettings, built: Path) -> Deploy:
    """Deploys the stage with some settings; the outputs."""

    def run(**changed: Any) -> dict[str, str]:
        wanted = settings.model_copy(update=CERTIFICATES | changed)
        quiet = {"say": lambda _line: None, "pause": lambda _seconds: None}
        return deploy(wanted, built, aws, far=lambda: aws, **quiet)

    return run


def secret_of(aws: Clients) -> str:
    """What the API's function knows."""
    found = aws("lambda").get_function(FunctionName="civicline-api-handler-dev")
    return str(found["Configuration"]["Environment"]["Variables"]["FRONT_SECRET"])


def mark_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:12]


def test_nothing_stands_before_a_stage_that_does_not_ask_for_it(
    aws: Clients, deployed: Deploy
) -> None:
    outputs = deployed(front_certificate_arn="")
    assert stacks.find(aws, "civicline-front-dev") is None
    assert secret_of(aws) == ""
    assert "FrontMark" not in outputs
    assert any(f"CNAME to {outputs['DomainTarget']}" in line for line in what_is_left(outputs))


def test_both_ends_are_told_one_secret_and_keep_it(aws: Clients, deployed: Deploy) -> None:
    outputs = deployed()
    secret = secret_of(aws)
    assert len(secret) >= LEAST_SECRET
    for name in ("civicline-functions-dev", "civicline-front-dev"):
        assert stacks.outputs(aws, name)["FrontMark"] == mark_of(secret), name
    assert any(f"CNAME to {outputs['FrontTarget']}" in line for line in what_is_left(outputs))
    deployed(raw_address="closed")
    assert secret_of(aws) == secret
    assert stacks.outputs(aws, "civicline-front-dev")["FrontMark"] == mark_of(secret)


def test_a_distribution_that_failed_or_was_deleted_gets_a_new_secret(
    aws: Clients, deployed: Deploy
) -> None:
    deployed()
    before = secret_of(aws)
    aws("cloudformation").delete_stack(StackName="civicline-front-dev")
    deployed()
    assert secret_of(aws) != before
    assert stacks.outputs(aws, "civicline-front-dev")["FrontMark"] == mark_of(secret_of(aws))


def test_a_leaked_secret_is_renewed_at_both_ends(
    aws: Clients, deployed: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed()
    before = secret_of(aws)
    monkeypatch.setenv("RENEW_FRONT_SECRET", "1")
    deployed()
    assert secret_of(aws) != before
    assert stacks.outputs(aws, "civicline-front-dev")["FrontMark"] == mark_of(secret_of(aws))


def test_visitors_are_not_locked_out_by_a_secret_that_cloudfront_does_not_know_yet(
    aws: Clients, deployed: Deploy
) -> None:
    with pytest.raises(DeployError, match="set raw_address to open, deploy"):
        deployed(raw_address="closed")
    assert stacks.find(aws, "civicline-functions-dev") is None, "nothing was changed"


def test_what_is_no_longer_asked_for_is_no_longer_believed(aws: Clients, deployed: Deploy) -> None:
    deployed()
    deployed(front_certificate_arn="")
    assert secret_of(aws) == ""


def test_a_rehearsal_tells_of_it(aws: Clients, settings: StageSettings, built: Path) -> None:
    asked = settings.model_copy(update=CERTIFICATES)
    line = "civicline-front-dev in us-east-1: would be created"
    assert line in rehearsal(asked, built, aws, far=lambda: aws)
    assert line not in rehearsal(settings, built, aws, far=lambda: aws)
