"""`make deploy` goes on from every state that CloudFormation can leave a stack in, and says so plainly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    ParamValidationError,
)

from infra import stacks, versions
from infra.plainly import plainly
from infra.stacks import DeployError

NAME = "civicline-state-dev"
WORKING = {
    "CREATE_IN_PROGRESS": "CREATE_COMPLETE",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_COMPLETE",
    "DELETE_IN_PROGRESS": "",
    "UPDATE_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_IN_PROGRESS": "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_IN_PROGRESS": "IMPORT_ROLLBACK_COMPLETE",
}
# What is asked of CloudFormation from each state; nothing but an error where only a person can go on.
ASKED: dict[str, list[str]] = {
    "": ["create"],
    "CREATE_IN_PROGRESS": ["update"],
    "CREATE_FAILED": ["delete", "create"],
    "CREATE_COMPLETE": ["update"],
    "ROLLBACK_IN_PROGRESS": ["delete", "create"],
    "ROLLBACK_FAILED": ["delete", "create"],
    "ROLLBACK_COMPLETE": ["delete", "create"],
    "DELETE_IN_PROGRESS": ["create"],
    "DELETE_FAILED": [],
    "DELETE_COMPLETE": ["create"],
    "UPDATE_IN_PROGRESS": ["update"],
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": ["update"],
    "UPDATE_COMPLETE": ["update"],
    "UPDATE_FAILED": ["rollback", "update"],
    "UPDATE_ROLLBACK_IN_PROGRESS": ["update"],
    "UPDATE_ROLLBACK_FAILED": ["continue", "update"],
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": ["update"],
    "UPDATE_ROLLBACK_COMPLETE": ["update"],
    "REVIEW_IN_PROGRESS": ["delete", "create"],
    "IMPORT_IN_PROGRESS": ["update"],
    "IMPORT_COMPLETE": ["update"],
    "IMPORT_ROLLBACK_IN_PROGRESS": ["update"],
    "IMPORT_ROLLBACK_FAILED": [],
    "IMPORT_ROLLBACK_COMPLETE": ["update"],
}


def event(status: str, resource: str = NAME, reason: str = "") -> dict[str, str]:
    return {"LogicalResourceId": resource, "ResourceStatus": status, "ResourceStatusReason": reason}


class FakeCloudFormation:
    """One stack that goes through its states; `ends` says what becomes of what is asked."""

    def __init__(self, status: str = "", *, ends: dict[str, str] | None = None) -> None:
        self.status = "" if status == "DELETE_COMPLETE" else status
        self.asked: list[str] = []
        self.events: list[dict[str, str]] = []  # the latest first
        self.found: list[dict[str, str]] = []  # before an operation was begun
        self.parameters: dict[str, str] = {}
        self.refusal = ""
        self._working = dict(WORKING)
        self._ends = {
            "create": "CREATE_COMPLETE",
            "update": "UPDATE_COMPLETE",
            "delete": "",
            "rollback": "UPDATE_ROLLBACK_COMPLETE",
            "continue": "UPDATE_ROLLBACK_COMPLETE",
        } | (ends or {})

    def __call__(self, _service: str) -> FakeCloudFormation:
        return self

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - botocore's name
        if not self.status:
            raise refused("ValidationError", f"Stack with id {StackName} does not exist")
        found = {"ParameterKey": "Stage", "ParameterValue": "dev"}
        stack = {"StackName": StackName, "StackStatus": self.status, "Parameters": [found]}
        return {"Stacks": [stack | {"Outputs": [{"OutputKey": "Table", "OutputValue": "t"}]}]}

    def pass_time(self, _seconds: float) -> None:
        self.status = self._working.get(self.status, self.status)

    def _ask(self, what: str, begun: str) -> None:
        if self.refusal:
            raise refused("ValidationError", self.refusal)
        self.asked.append(what)
        self.status = begun
        self._working[begun] = self._ends[what]

    def create_stack(self, **request: Any) -> None:
        assert not self.status, "an existing stack cannot be created"
        self._ask("create", "CREATING_IN_PROGRESS")
        self._keep(request)

    def update_stack(self, **request: Any) -> None:
        assert self.status in stacks.STANDS, f"{self.status} can not be updated"
        self._ask("update", "UPDATING_IN_PROGRESS")
        self._keep(request)

    def _keep(self, request: dict[str, Any]) -> None:
        given = {p["ParameterKey"]: p.get("ParameterValue") for p in request["Parameters"]}
        self.parameters |= {key: value for key, value in given.items() if value is not None}

    def delete_stack(self, **_request: str) -> None:
        self._ask("delete", "DELETING_IN_PROGRESS")

    def rollback_stack(self, **_request: str) -> None:
        self._ask("rollback", "ROLLING_IN_PROGRESS")

    def continue_update_rollback(self, **_request: str) -> None:
        self._ask("continue", "CONTINUING_IN_PROGRESS")

    def describe_events(self, **_request: Any) -> dict[str, Any]:
        return {"OperationEvents": self.found}

    def get_paginator(self, operation: str) -> FakeCloudFormation:
        assert operation in ("describe_stack_events", "list_stack_resources")
        return self

    def paginate(self, **_request: str) -> Iterator[dict[str, Any]]:
        return ({"StackEvents": [each], "StackResourceSummaries": []} for each in self.events)


def refused(code: str, message: str, operation: str = "DescribeStacks") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "state.json"
    parameters = {"Stage": {"Type": "String"}, "Protected": {"Type": "String"}}
    path.write_text(json.dumps({"Parameters": parameters, "Resources": {}}))
    return path


def put(cloud: FakeCloudFormation, template: Path) -> dict[str, str]:
    return stacks.put(cloud, NAME, template, {"Stage": "dev"}, pause=cloud.pass_time)


def test_every_state_of_a_stack_is_in_the_table() -> None:
    model = botocore.session.get_session().get_service_model("cloudformation")
    assert set(ASKED) == {"", *model.shape_for("StackStatus").enum}


@pytest.mark.parametrize("status", [status for status, asked in ASKED.items() if asked])
def test_a_deployment_goes_on_from_any_state(template: Path, status: str) -> None:
    cloud = FakeCloudFormation(status)
    assert put(cloud, template) == {"Table": "t"}
    assert cloud.asked == ASKED[status]


@pytest.mark.parametrize("status", [status for status, asked in ASKED.items() if not asked])
def test_where_only_a_person_can_go_on_nothing_is_touched(template: Path, status: str) -> None:
    cloud = FakeCloudFormation(status)
    with pytest.raises(DeployError, match=f"{NAME} is {status}"):
        put(cloud, template)
    assert cloud.asked == []


def test_a_half_deleted_stack_that_never_stood_is_deleted_again(template: Path) -> None:
    cloud = FakeCloudFormation("DELETE_FAILED")
    cloud.events = [event("DELETE_FAILED"), event("CREATE_FAILED"), event("CREATE_IN_PROGRESS")]
    put(cloud, template)
    assert cloud.asked == ["delete", "create"]


def test_a_half_deleted_stack_that_stood_is_left_to_a_person(template: Path) -> None:
    cloud = FakeCloudFormation("DELETE_FAILED")
    cloud.events = [
        event("DELETE_FAILED", "Table", "Table is protected"),
        event("DELETE_IN_PROGRESS"),
        event("CREATE_COMPLETE"),
        event("CREATE_IN_PROGRESS"),
    ]
    with pytest.raises(DeployError, match=rf"Table: Table is protected\..* delete-stack .* {NAME}"):
        put(cloud, template)
    assert cloud.asked == []


def test_what_cannot_be_taken_back_is_told_with_the_remedy(template: Path) -> None:
    cloud = FakeCloudFormation(
        "UPDATE_ROLLBACK_FAILED", ends={"continue": "UPDATE_ROLLBACK_FAILED"}
    )
    cloud.events = [
        event("UPDATE_ROLLBACK_FAILED", NAME, "The following resource(s) failed to update: [Pool]"),
        event("UPDATE_FAILED", "Pool", "Pool is gone"),
        event("UPDATE_ROLLBACK_IN_PROGRESS", NAME),
        event("UPDATE_FAILED", "Table", "Another matter"),
        event("UPDATE_IN_PROGRESS", NAME),
    ]
    with pytest.raises(DeployError, match=r"Pool: Pool is gone\..*--resources-to-skip") as told:
        put(cloud, template)
    assert "Another matter" not in str(told.value)


def test_the_first_failure_of_this_operation_is_told(template: Path) -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE", ends={"update": "UPDATE_ROLLBACK_COMPLETE"})
    cloud.events = [
        event("UPDATE_ROLLBACK_COMPLETE"),
        event("UPDATE_ROLLBACK_IN_PROGRESS"),
        event("UPDATE_FAILED", "Queue", "Resource update cancelled"),
        event("UPDATE_FAILED", "Table", "Limit of tables reached"),
        event("UPDATE_IN_PROGRESS"),
        event("CREATE_FAILED", "Bucket", "Of last year"),
        event("CREATE_IN_PROGRESS"),
    ]
    with pytest.raises(DeployError, match=r"UPDATE_ROLLBACK_COMPLETE: Table: Limit of tables"):
        put(cloud, template)


def test_what_was_found_before_anything_was_begun_is_told(template: Path) -> None:
    """CloudFormation's own event names another call only."""
    cloud = FakeCloudFormation(ends={"create": "ROLLBACK_COMPLETE"})
    cloud.events = [event("CREATE_FAILED", NAME, "Validation failed. Call DescribeEvents to see.")]
    cloud.found = [
        {"OperationId": "2", "Timestamp": "2026-12-01", "LogicalResourceId": NAME},
        found_wrong("2", "2026-12-01", "Bucket", "The bucket already exists."),
        found_wrong("1", "2026-11-01", "Queue", "Of last month."),
    ]
    with pytest.raises(DeployError, match=r"COMPLETE: Bucket: The bucket already.* Import") as told:
        put(cloud, template)
    assert "last month" not in str(told.value)


def found_wrong(operation: str, at: str, resource: str, reason: str) -> dict[str, str]:
    about = {"OperationId": operation, "Timestamp": at, "LogicalResourceId": resource}
    return about | {"ValidationStatusReason": reason}


def test_a_name_that_an_earlier_stack_left_is_told_with_the_remedy(template: Path) -> None:
    cloud = FakeCloudFormation(ends={"create": "ROLLBACK_COMPLETE"})
    cloud.events = [event("CREATE_FAILED", "Table", "civicline-dev already exists")]
    with pytest.raises(DeployError, match=r"left from an earlier stack.*Import it.*or delete it"):
        put(cloud, template)


@pytest.mark.parametrize(("status", "what"), [("", "create"), ("CREATE_COMPLETE", "update")])
def test_a_refusal_is_told_in_plain_words(template: Path, status: str, what: str) -> None:
    cloud = FakeCloudFormation(status)
    cloud.refusal = "Parameter Stage is wrong"
    with pytest.raises(DeployError, match=f"refuses to {what} {NAME}: Parameter Stage is wrong"):
        put(cloud, template)


def test_nothing_to_update_is_no_failure(template: Path) -> None:
    cloud = FakeCloudFormation("UPDATE_ROLLBACK_COMPLETE")
    cloud.refusal = "No updates are to be performed."
    assert put(cloud, template) == {"Table": "t"}


def test_the_wait_has_an_end_that_is_named(template: Path) -> None:
    cloud = FakeCloudFormation("UPDATE_IN_PROGRESS")
    waited: list[float] = []
    with pytest.raises(DeployError, match=f"{NAME} is UPDATE_IN_PROGRESS for 2 hours"):
        stacks.put(cloud, NAME, template, {}, pause=waited.append)
    assert sum(waited) == 2 * 60 * 60


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("", "created"),
        ("UPDATE_COMPLETE", "updated"),
        ("ROLLBACK_COMPLETE", "deleted, as it never stood, and created"),
        ("UPDATE_ROLLBACK_FAILED", "taken back, as it is UPDATE_ROLLBACK_FAILED, and updated"),
        ("UPDATE_IN_PROGRESS", "waited for, as it is UPDATE_IN_PROGRESS"),
    ],
)
def test_a_rehearsal_tells_what_would_be_done_from_this_state(status: str, told: str) -> None:
    cloud = FakeCloudFormation(status)
    assert stacks.outlook(stacks.find(cloud, NAME)) == told


def test_what_a_canary_took_back_is_told_with_what_to_look_at(template: Path) -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE", ends={"update": "UPDATE_ROLLBACK_COMPLETE"})
    reason = "Deployment d-1 was stopped by an alarm"
    cloud.events = [event("UPDATE_FAILED", "OnReceiptAliaslive", reason)]
    with pytest.raises(
        DeployError, match=rf"{reason}\. If that is what the canary saw.*the log of"
    ):
        versions.put(cloud, NAME, template, {}, bucket="b", pause=cloud.pass_time)
    cloud.events = [event("UPDATE_FAILED", "Topic", reason)]
    with pytest.raises(DeployError, match=rf"{reason}\.$"):
        versions.put(cloud, NAME, template, {}, bucket="b", pause=cloud.pass_time)


def protect(cloud: FakeCloudFormation, template: Path) -> None:
    stacks.put_protected(cloud, NAME, template, {"Stage": "dev"}, pause=cloud.pass_time)


def test_protection_comes_on_once_all_of_it_stands(template: Path) -> None:
    failing = FakeCloudFormation(ends={"create": "ROLLBACK_COMPLETE"})
    with pytest.raises(DeployError):
        protect(failing, template)
    assert failing.parameters["Protected"] == "no", "or it could not be taken back"
    cloud = FakeCloudFormation("ROLLBACK_COMPLETE")
    protect(cloud, template)
    assert cloud.asked == ["delete", "create", "update"]
    assert cloud.parameters["Protected"] == "yes"


def test_a_deployment_that_was_killed_is_protected_by_the_next(template: Path) -> None:
    cloud = FakeCloudFormation("CREATE_IN_PROGRESS")
    protect(cloud, template)
    assert cloud.asked == ["update"]
    assert cloud.parameters["Protected"] == "yes"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NoCredentialsError(), "AWS does not know who asks .*aws configure"),
        (refused("ExpiredToken", "The token is\nexpired"), "The token is expired.*aws configure"),
        (ConnectTimeoutError(endpoint_url="https://x.example"), "not reached: .*run it again"),
        (
            refused("AccessDenied", "You may not", "CreateStack"),
            r"CreateStack \(AccessDenied\): Yo",
        ),
        (ParamValidationError(report="no name"), "Parameter validation failed"),
        (DeployError("There is no package"), "There is no package"),
        (KeyboardInterrupt(), "What AWS has begun goes on"),
    ],
)
def test_a_command_tells_what_stopped_it_in_a_sentence(
    capsys: pytest.CaptureFixture[str], error: BaseException, told: str
) -> None:
    def command(_arguments: list[str] | None = None) -> int:
        raise error

    assert plainly(command)([]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert said.count("\n") == 1
    assert re.search(told, said), said
