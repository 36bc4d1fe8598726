"""Mail reaches a stage by a rule in the account's one active set, which nobody loses to us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from infra import receiving
from infra.settings import StageSettings
from infra.stacks import DeployError

Clients = Callable[[str], Any]


def prepared(settings: StageSettings, clients: Clients) -> list[str]:
    return list(receiving.prepare(settings, clients, lambda _seconds: None))


def test_an_account_without_rules_receives_by_ours(aws: Clients, settings: StageSettings) -> None:
    assert prepared(settings, aws) == ["SES receives by the rule set civicline now."]
    assert receiving.active(aws) == "civicline"
    assert prepared(settings, aws) == [], "it may be repeated"


def test_another_stage_shares_the_set(aws: Clients, settings: StageSettings) -> None:
    prepared(settings, aws)
    assert prepared(settings.model_copy(update={"stage": "prod"}), aws) == []


def test_a_set_of_somebody_else_stays_active_and_is_named(
    aws: Clients, settings: StageSettings
) -> None:
    aws("ses").create_receipt_rule_set(RuleSetName="theirs")
    aws("ses").set_active_receipt_rule_set(RuleSetName="theirs")
    (line,) = prepared(settings, aws)
    assert "receipt_rule_set: theirs" in line
    assert receiving.active(aws) == "theirs"
    assert prepared(settings.model_copy(update={"receipt_rule_set": "theirs"}), aws) == []


def test_a_set_that_is_not_there_is_refused(aws: Clients, settings: StageSettings) -> None:
    with pytest.raises(DeployError, match="There is no receipt rule set theirs"):
        prepared(settings.model_copy(update={"receipt_rule_set": "theirs"}), aws)


class Deaf:
    """SES where no mail can be received: there is no such address, or no such action."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def describe_receipt_rule_set(self, **_wanted: object) -> None:
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://email.nowhere"),
        ClientError(
            {"Error": {"Code": "InvalidAction", "Message": "No."}}, "DescribeReceiptRuleSet"
        ),
    ],
)
def test_a_region_without_receiving_is_told_in_plain_words(
    settings: StageSettings, error: Exception
) -> None:
    chosen = settings.model_copy(update={"receipt_rule_set": "theirs"})
    with pytest.raises(DeployError, match="Choose a region where it does"):
        prepared(chosen, lambda _service: Deaf(error))
