"""The month's budget: made when it is asked for, told of when it cannot be, and taken away again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra import budget, stacks
from infra.cloudformation import Template, load_template
from infra.settings import EXAMPLE, StageSettings, read
from tests.infra.resources import lint, of_type

Clients = Callable[[str], Any]


@pytest.fixture
def asked(settings: StageSettings) -> StageSettings:
    return settings.model_copy(update={"budget": 60, "alarm_email": "it@city.example"})


def settled(settings: StageSettings, clients: Clients) -> list[str]:
    return list(budget.settle(settings, clients, lambda _seconds: None))


@pytest.fixture
def template() -> Template:
    return load_template(budget.TEMPLATE)


def test_cfn_lint_has_no_complaint() -> None:
    assert lint(budget.TEMPLATE, regions=("us-east-1", "eu-west-1", "eu-central-1")) == (0, "")


def test_somebody_is_told_before_the_money_is_spent(template: Template) -> None:
    (made,) = of_type(template, "AWS::Budgets::Budget").values()
    told = [
        (each["Notification"]["NotificationType"], each["Notification"]["Threshold"])
        for each in made["NotificationsWithSubscribers"]
    ]
    assert told == [("ACTUAL", 80), ("FORECASTED", 100)]
    assert {
        subscriber["Address"]["Ref"]
        for each in made["NotificationsWithSubscribers"]
        for subscriber in each["Subscribers"]
    } == {"AlarmEmail"}


def test_it_counts_the_whole_account(template: Template) -> None:
    """A filter by a tag that nobody activated counts nothing; texts and mail never have one."""
    (made,) = of_type(template, "AWS::Budgets::Budget").values()
    assert "CostFilters" not in made["Budget"] and "FilterExpression" not in made["Budget"]


def test_it_has_no_name_because_a_new_address_replaces_it(template: Template) -> None:
    (made,) = of_type(template, "AWS::Budgets::Budget").values()
    assert "BudgetName" not in made["Budget"]


def test_nothing_is_made_unless_it_is_asked_for(aws: Clients, settings: StageSettings) -> None:
    assert read(EXAMPLE, stage="dev").budget == 0
    assert settled(settings, aws) == []
    assert stacks.find(aws, "civicline-budget-dev") is None


def test_it_is_made_changed_and_taken_away_as_the_settings_say(
    aws: Clients, asked: StageSettings, settings: StageSettings
) -> None:
    assert settled(asked, aws) == []
    assert settled(asked.model_copy(update={"budget": 80}), aws) == []
    stack = stacks.find(aws, "civicline-budget-dev") or {}
    assert {"ParameterKey": "Budget", "ParameterValue": "80"} in stack["Parameters"]
    assert settled(settings, aws) == ["The budget is taken away, for the settings name none."]
    assert stacks.find(aws, "civicline-budget-dev") is None
    assert settled(settings, aws) == []


class Refusing:
    """CloudFormation of a region that has no budgets."""

    def describe_stacks(self, **_wanted: object) -> None:
        told = {"Code": "ValidationError", "Message": "Stack with id x does not exist"}
        raise ClientError({"Error": told}, "DescribeStacks")

    def create_stack(self, **_wanted: object) -> None:
        message = "Template format error: Unrecognized resource types: [AWS::Budgets::Budget]"
        raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "CreateStack")


def test_a_region_without_budgets_is_told_and_stops_no_deployment(asked: StageSettings) -> None:
    (line,) = settled(asked, lambda _service: Refusing())
    assert "Unrecognized resource types" in line and line.endswith(budget.BY_HAND)
