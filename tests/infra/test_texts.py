"""What `make deploy` sets for texts in the account: all of it, repeatably, and nobody's wish undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra import texts
from infra.cloudformation import Template
from infra.moto_models import deploy
from infra.settings import EXAMPLE, read

Clients = Callable[[str], Any]
OUTPUTS = {"TextLogRole": "arn:aws:iam::123456789012:role/ours"}
WANTED = {
    "DeliveryStatusIAMRole": OUTPUTS["TextLogRole"],
    "DeliveryStatusSuccessSamplingRate": "100",
    "DefaultSMSType": "Transactional",
    "MonthlySpendLimit": "100",
}
BY_SNS = read(EXAMPLE, stage="dev")
EVENTS = {"sms_sender": "end-user-messaging"}


def settled(aws: Clients, settings: dict[str, str] | None = None) -> list[str]:
    chosen = BY_SNS.model_copy(update=settings)
    return list(texts.settle(chosen, OUTPUTS, aws))


def attributes(aws: Clients) -> dict[str, str]:
    found: dict[str, str] = aws("sns").get_sms_attributes()["attributes"]
    return {name: value for name, value in found.items() if value}


def test_sns_reports_every_text_and_spends_what_was_agreed(aws: Clients) -> None:
    assert settled(aws) == []
    assert attributes(aws) == WANTED
    assert settled(aws) == []
    assert attributes(aws) == WANTED


@pytest.mark.parametrize("settings", [EVENTS, {"sms_receipts": "none"}])
def test_an_account_that_sns_reports_nothing_to_is_left_alone(
    aws: Clients, settings: dict[str, str]
) -> None:
    settled(aws, settings)
    assert attributes(aws) == {}
    assert texts.function_parameters(BY_SNS.model_copy(update=settings)) == {"ReadsTextLogs": "no"}


def test_what_somebody_set_higher_stays_and_is_said(aws: Clients) -> None:
    before = {"MonthlySpendLimit": "500", "DefaultSMSType": "Promotional"}
    aws("sns").set_sms_attributes(attributes=before)
    (line,) = settled(aws)
    assert "500 $" in line
    assert attributes(aws) == WANTED | before


def test_a_role_that_serves_already_stays_and_one_that_is_gone_is_replaced(aws: Clients) -> None:
    trust = '{"Version": "2012-10-17", "Statement": []}'
    made = aws("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=trust)
    aws("sns").set_sms_attributes(attributes={"DeliveryStatusIAMRole": made["Role"]["Arn"]})
    (line,) = settled(aws)
    assert "role/theirs" in line
    aws("iam").delete_role(RoleName="theirs")
    settled(aws)
    assert attributes(aws)["DeliveryStatusIAMRole"] == OUTPUTS["TextLogRole"]


class Account:
    """SNS in an account whose limit only AWS's support can raise, or without texts at all."""

    def __init__(self, *, has_texts: bool = True) -> None:
        self.has_texts = has_texts
        self.set: dict[str, str] = {}

    def get_sms_attributes(self) -> dict[str, Any]:
        if not self.has_texts:
            raise ClientError({"Error": {"Code": "InvalidAction"}}, "GetSMSAttributes")
        return {"attributes": {"MonthlySpendLimit": "1"}}

    def set_sms_attributes(self, attributes: dict[str, str]) -> None:
        if "MonthlySpendLimit" in attributes:
            raise ClientError({"Error": {"Code": "InvalidParameter"}}, "SetSMSAttributes")
        self.set |= attributes


def test_a_limit_that_aws_refuses_is_told_with_its_remedy(aws: Clients) -> None:
    account = Account()
    lines = list(texts.settle(BY_SNS, OUTPUTS, lambda s: account if s == "sns" else aws(s)))
    assert "support" in lines[0]
    assert account.set["DeliveryStatusIAMRole"] == OUTPUTS["TextLogRole"], "the rest is set"


def test_a_region_without_texts_stops_no_deployment(aws: Clients) -> None:
    account = Account(has_texts=False)
    (line,) = texts.settle(BY_SNS, OUTPUTS, lambda s: account if s == "sns" else aws(s))
    assert "none is reported" in line


def test_log_groups_are_made_once_in_an_account(
    aws: Clients, state: Template, rule_set: None
) -> None:
    assert texts.state_parameters("dev", aws)["TextLogs"] == "yes"
    deploy(state, "civicline-state-dev", {"Stage": "dev"})
    assert texts.state_parameters("dev", aws)["TextLogs"] == "yes", "they are its own"
    assert texts.state_parameters("prod", aws)["TextLogs"] == "no", "they are there"


def test_end_user_messaging_gets_its_resources_where_it_is_chosen(
    aws: Clients, state: Template, rule_set: None
) -> None:
    settings = BY_SNS.model_copy(update=EVENTS | {"text_number_type": "TOLL_FREE"})
    asked = settings.parameters() | texts.state_parameters("dev", aws)
    known = {name: value for name, value in asked.items() if name in state["Parameters"]}
    outputs = deploy(state, "civicline-state-dev", known)
    assert outputs["TextNumber"] == "+15550100311"
    listed = aws("cloudformation").list_stack_resources(StackName="civicline-state-dev")
    kinds = {each["ResourceType"] for each in listed["StackResourceSummaries"]}
    assert {"AWS::SMSVOICE::ConfigurationSet", "AWS::SMSVOICE::ProtectConfiguration"} <= kinds
