"""`make deploy`, `make administrator` and `make smoke` do what docs/deploy.md says, on moto."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.identity.session_items import StaffSession
from infra import moto_models, preflight, smoke, stacks
from infra.account import Account
from infra.administrator import agencies_of, appoint, dismiss, end_sign_ins, write_down
from infra.checks import Check, asked
from infra.deploy import deploy, environment, rehearsal, services, state_parameters
from infra.installation import Fetch, Installation, find, questions
from infra.local.pool import POOL
from infra.package import CODE_KEYS
from infra.settings import StageSettings
from infra.stacks import DeployError

Clients = Callable[[str], Any]
assert moto_models.MODELS  # moto has learnt our resource types
assert POOL  # and to revoke


@pytest.fixture
def outputs(aws: Clients, settings: StageSettings, built: Path) -> dict[str, str]:
    return deploy(settings, built, aws, say=_quiet, pause=_at_once)


def _quiet(_line: str) -> None:
    pass


def _at_once(_seconds: float) -> None:
    pass


def test_a_rehearsal_says_what_would_happen_and_changes_nothing(
    aws: Clients, built: Path, settings: StageSettings
) -> None:
    lines = rehearsal(settings, built, aws)
    assert "civicline-state-dev: would be created" in lines
    assert "  ReceivingDomain = report.city.example" in lines
    assert aws("cloudformation").list_stacks()["StackSummaries"] == []


def test_an_empty_account_gets_both_stacks_and_a_catalogue(
    aws: Clients, outputs: dict[str, str]
) -> None:
    assert {"TableName", "UserPoolId", "EndpointURL"} <= set(outputs)
    count = aws("dynamodb").scan(TableName=outputs["TableName"], Select="COUNT")["Count"]
    assert count > 20


def test_what_a_stage_costs_can_be_told_by_its_tag(aws: Clients, outputs: dict[str, str]) -> None:
    for name in ("civicline-state-dev", "civicline-functions-dev"):
        stack = stacks.find(aws, name) or {}
        assert stack["Tags"] == [{"Key": "civicline:stage", "Value": "dev"}]


def test_the_functions_learn_their_own_address(aws: Clients, outputs: dict[str, str]) -> None:
    function = aws("lambda").get_function(FunctionName="civicline-on-delivery-dev")
    variables = function["Configuration"]["Environment"]["Variables"]
    assert variables["PUBLIC_URL"] == outputs["EndpointURL"].rstrip("/")


def test_the_functions_learn_the_stream_of_the_table_in_use(
    aws: Clients, outputs: dict[str, str]
) -> None:
    table = aws("dynamodb").describe_table(TableName=outputs["TableName"])["Table"]
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    told = _parameters(aws, "civicline-functions-dev")["StreamArn"]
    assert told == table["LatestStreamArn"] == outputs["StreamArn"]


def test_a_table_whose_stream_was_switched_off_stops_a_deployment(
    aws: Clients, outputs: dict[str, str], settings: StageSettings, built: Path
) -> None:
    off = {"StreamEnabled": False}
    aws("dynamodb").update_table(TableName=outputs["TableName"], StreamSpecification=off)
    with pytest.raises(DeployError, match=r"The stream of civicline-dev is off: aws .*KEYS_ONLY"):
        deploy(settings, built, aws, say=_quiet, pause=_at_once)


def test_deploying_again_keeps_what_there_is(
    aws: Clients, built: Path, outputs: dict[str, str], settings: StageSettings
) -> None:
    said: list[str] = []
    again = deploy(settings, built, aws, say=said.append, pause=_at_once)
    assert again["UserPoolId"] == outputs["UserPoolId"]
    assert said[-1].strip() == "0 entries planted."


def test_what_the_settings_say_reaches_both_stacks(
    aws: Clients, settings: StageSettings, built: Path
) -> None:
    chosen = {"alarm_email": "it@city.example", "text_spend_limit": 250}
    deploy(settings.model_copy(update=chosen), built, aws, say=_quiet, pause=_at_once)
    assert _parameters(aws, "civicline-state-dev")["AlarmEmail"] == "it@city.example"
    assert _parameters(aws, "civicline-functions-dev")["TextSpendLimit"] == "250"
    deploy(settings, built, aws, say=_quiet, pause=_at_once)
    assert _parameters(aws, "civicline-state-dev")["AlarmEmail"] == "", "the file is all there is"


def test_the_key_of_a_new_stage_is_for_many_regions_and_stays_what_it_is(
    aws: Clients, settings: StageSettings, built: Path
) -> None:
    deploy(settings, built, aws, say=_quiet, pause=_at_once)
    assert _parameters(aws, "civicline-state-dev")["MultiRegionKey"] == "yes"
    assert "MultiRegionKey" not in state_parameters(settings, aws), "its stack keeps what it has"


def test_a_stage_stays_with_the_table_that_a_restore_made(
    aws: Clients, settings: StageSettings, built: Path
) -> None:
    deploy(settings, built, aws, say=_quiet, pause=_at_once)
    restored = settings.model_copy(update={"table_name": "civicline-dev-again"})
    assert restored.parameters()["TableName"] == "civicline-dev-again"
    assert restored.variables()["TABLE_NAME"] == "civicline-dev-again"
    assert "TableName" not in settings.parameters(), "the stacks keep what they have"


def _parameters(aws: Clients, name: str) -> dict[str, str]:
    stack = stacks.find(aws, name) or {}
    return {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}


def test_a_release_is_stored_under_its_digest(aws: Clients, outputs: dict[str, str]) -> None:
    listed = aws("s3").list_objects_v2(Bucket=outputs["ReleasesBucket"])["Contents"]
    keys = [entry["Key"] for entry in listed]
    zips = [key for key in keys if key.startswith("releases/") and len(key) == 64 + 13]
    assert len(zips) == len(CODE_KEYS)


def test_a_missing_package_is_named_with_the_remedy(
    aws: Clients, tmp_path: Path, settings: StageSettings
) -> None:
    with pytest.raises(DeployError, match="run make package STAGE=dev first"):
        deploy(settings, tmp_path / "dev", aws, say=_quiet)


def test_what_must_survive_is_protected_in_the_end(aws: Clients, outputs: dict[str, str]) -> None:
    stack = stacks.find(aws, "civicline-state-dev")
    assert stack is not None
    assert stack["StackStatus"] == "UPDATE_COMPLETE", "protection comes on in a second step"
    values = {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}
    assert values["Protected"] == "yes"


def test_a_stack_whose_creation_was_never_begun_is_begun_anew(
    aws: Clients, built: Path, settings: StageSettings
) -> None:
    aws("cloudformation").create_change_set(
        StackName="civicline-functions-dev",
        ChangeSetName="by-hand",
        ChangeSetType="CREATE",
        TemplateBody='{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}',
    )
    found = stacks.find(aws, "civicline-functions-dev")
    assert found is not None
    assert found["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert deploy(settings, built, aws, say=_quiet, pause=_at_once)["EndpointURL"]


def test_the_first_administrator_can_be_appointed_twice(
    aws: Clients, outputs: dict[str, str]
) -> None:
    assert appoint(aws, "dev", "ana@city.example", "Ana Ruiz") is True
    assert appoint(aws, "dev", "ana@city.example", "Ana Ruiz", roles=["auditor"]) is False
    listed = aws("cognito-idp").admin_list_groups_for_user(
        UserPoolId=outputs["UserPoolId"], Username="ana@city.example"
    )
    assert {g["GroupName"] for g in listed["Groups"]} == {"administrator", "auditor"}


@pytest.mark.parametrize("told", [None, "", " , "])
def test_nobody_but_an_administrator_is_appointed_without_saying_whose_tickets(
    told: str | None,
) -> None:
    with pytest.raises(DeployError, match="AGENCY="):
        agencies_of(told, "agent", ["works"])
    assert agencies_of("", "administrator", ["works"]) == []
    with pytest.raises(DeployError, match="AGENCY="):
        agencies_of(None, "administrator", ["works"])


def test_agencies_are_those_of_the_catalogue_or_the_whole_city() -> None:
    assert agencies_of("works, parks", "agent", ["works", "parks"]) == ["works", "parks"]
    assert agencies_of("*", "agent", ["works"]) == ["*"]
    with pytest.raises(DeployError, match="no agency wroks"):
        agencies_of("wroks", "agent", ["works"])


def test_a_deployment_names_who_would_see_no_ticket_and_what_to_do(
    aws: Clients, settings: StageSettings, built: Path, outputs: dict[str, str]
) -> None:
    appoint(aws, "dev", "ros@city.example", "Ros", roles=["agent"])
    appoint(aws, "dev", "ana@city.example", "Ana", roles=["agent"], agencies=["*"])
    said: list[str] = []
    deploy(settings, built, aws, say=said.append, pause=_at_once)
    told = [line for line in said if "sees no ticket" in line]
    assert len(told) == 1
    assert "ros@city.example" in told[0] and "AGENCY='*'" in told[0]
    [answer] = asked(preflight.people(Account(settings, aws)))
    assert (answer.holds, answer.fact) == (False, "ros@city.example")


def test_before_the_first_deployment_nobody_is_asked_about(
    aws: Clients, settings: StageSettings
) -> None:
    assert preflight.people(Account(settings, aws)) == []


def test_an_agent_of_one_agency_gets_its_group(aws: Clients, outputs: dict[str, str]) -> None:
    appoint(aws, "dev", "ros@city.example", "Ros", roles=["agent"], agencies=["public-works"])
    listed = aws("cognito-idp").list_users_in_group(
        UserPoolId=outputs["UserPoolId"], GroupName="agency:public-works"
    )
    assert len(listed["Users"]) == 1


def _colleagues(aws: Clients, settings: StageSettings, outputs: Mapping[str, str]) -> list[str]:
    stage = services(settings.variables() | environment(outputs), aws)
    return [person.username for person in stage.directory.colleagues()]


def test_who_is_appointed_is_in_the_staff_directory_until_dismissed(
    aws: Clients, outputs: dict[str, str], settings: StageSettings
) -> None:
    appoint(aws, "dev", "ros@city.example", "Ros", roles=["agent"], agencies=["*"])
    write_down(settings, aws, "ros@city.example")
    assert _colleagues(aws, settings, outputs) == ["ros@city.example"]
    dismiss(aws, "dev", "ros@city.example")
    write_down(settings, aws, "ros@city.example")
    assert _colleagues(aws, settings, outputs) == []


def test_a_dismissal_from_the_shell_ends_every_sign_in_at_the_console(
    aws: Clients, outputs: dict[str, str], settings: StageSettings
) -> None:
    appoint(aws, "dev", "rob@city.example", "Rob", roles=["agent"], agencies=["*"])
    named = {"UserPoolId": outputs["UserPoolId"], "Username": "rob@city.example"}
    name = aws("cognito-idp").admin_get_user(**named)["Username"]
    stage, now = services(settings.variables() | environment(outputs), aws), datetime.now(UTC)
    groups = frozenset({"agent"})
    begun = StaffSession("d1", name, "access", now, "refresh", "o1", groups, "", now, now)
    stage.sessions._shelf.put(begun)
    end_sign_ins(settings, aws, "rob@city.example")
    assert stage.sessions.of(name) == []


def test_the_last_administrator_is_not_dismissed(aws: Clients, outputs: dict[str, str]) -> None:
    for name in ("ana", "ben"):
        appoint(aws, "dev", f"{name}@city.example", name)
    aws("cognito-idp").admin_set_user_password(
        UserPoolId=outputs["UserPoolId"],
        Username="ana@city.example",
        Password="Springfield-311",
        Permanent=True,
    )
    with pytest.raises(DeployError, match="appoint another one first"):
        dismiss(aws, "dev", "ana@city.example")
    dismiss(aws, "dev", "ben@city.example")


def test_who_had_an_account_before_the_directory_is_in_it_after_a_deployment(
    aws: Clients, outputs: dict[str, str], settings: StageSettings, built: Path
) -> None:
    appoint(aws, "dev", "ros@city.example", "Ros", roles=["agent"], agencies=["*"])
    deploy(settings, built, aws, say=_quiet, pause=_at_once)
    assert _colleagues(aws, settings, outputs) == ["ros@city.example"]


def test_nobody_is_appointed_before_there_is_an_installation(aws: Clients) -> None:
    with pytest.raises(DeployError, match="run make deploy first"):
        appoint(aws, "dev", "ana@city.example", "Ana")


def _pages(url: str) -> tuple[int, str]:
    """An API in good health."""
    if url.endswith("/api/v1/tickets"):
        return 401, "{}"
    return 200, '[{"service_code": "pothole"}]'


def _checks(installation: Installation, fetch: Fetch = _pages) -> list[Check]:
    return list(asked(questions(installation, fetch, lambda _name: True)))


def _answers(installation: Installation, fetch: Fetch = _pages) -> dict[str, bool]:
    return {check.question: check.holds for check in _checks(installation, fetch)}


def test_smoke_names_what_a_person_has_still_to_do(
    aws: Clients, outputs: dict[str, str], settings: StageSettings
) -> None:
    installation = find(settings, aws)
    missing = [c for c in _checks(installation) if not c.holds]
    assert all(check.remedy for check in missing)
    assert "There is an administrator" in [check.question for check in missing]
    appoint(aws, "dev", "ana@city.example", "Ana Ruiz")
    assert _answers(installation)["There is an administrator"]


@pytest.mark.parametrize("name", ["delivery", "changes"])
def test_smoke_finds_dead_letters(
    aws: Clients, outputs: dict[str, str], settings: StageSettings, name: str
) -> None:
    installation = find(settings, aws)
    assert _answers(installation)["No message waits with the dead letters"]
    url = aws("sqs").get_queue_url(QueueName=f"civicline-{name}-dead-dev")["QueueUrl"]
    aws("sqs").send_message(QueueUrl=url, MessageBody="{}")
    assert not _answers(installation)["No message waits with the dead letters"]


def test_smoke_sees_an_api_that_is_down_or_open(
    aws: Clients, outputs: dict[str, str], settings: StageSettings
) -> None:
    def broken(url: str) -> tuple[int, str]:
        return (502, "") if url.endswith("/health") else (200, "[]")

    found = _answers(find(settings, aws), broken)
    assert not found["The API answers"]
    assert not found["There is something to report"]
    assert not found["Strangers do not see tickets"]


def test_smoke_sees_a_raw_address_that_should_be_shut(
    aws: Clients, outputs: dict[str, str], settings: StageSettings
) -> None:
    asked: list[str] = []

    def shut(url: str) -> tuple[int, str]:
        asked.append(url)
        return (403, "") if ".execute-api." in url else _pages(url)

    found = find(settings, aws)
    closed = outputs | {"RawAddress": "closed", "PublicAddress": "https://311.city.example"}
    closed_one = replace(found, outputs=closed)
    question = "Nobody gets in beside the public address"
    assert _answers(closed_one, shut)[question]
    assert "https://311.city.example/health" in asked
    assert not _answers(closed_one)[question]
    assert _answers(found)[question], "nobody asked for it"


def test_a_test_report_lies_where_ses_would_put_it(
    aws: Clients, outputs: dict[str, str], settings: StageSettings
) -> None:
    installation = find(settings, aws)
    check = smoke.report(installation, "ana@city.example", pause=_at_once, patience=1)
    assert not check.holds  # no function runs on moto
    listed = aws("s3").list_objects_v2(Bucket=outputs["MailBucket"], Prefix="inbound/")
    assert listed["KeyCount"] == 1
    url = aws("sqs").get_queue_url(QueueName=outputs["InboundEmailQueue"])["QueueUrl"]
    (message,) = aws("sqs").receive_message(QueueUrl=url)["Messages"]
    assert "A test of the new installation" in message["Body"]


def test_smoke_needs_an_installation(aws: Clients, settings: StageSettings) -> None:
    with pytest.raises(DeployError, match="run make deploy STAGE=dev"):
        find(settings, aws)
