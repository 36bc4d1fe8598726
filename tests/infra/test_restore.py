"""`make restore` on moto's whole account: both stacks change over, and the next deployment stays there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra import stacks
from infra.deploy import deploy
from infra.restore import Restore
from infra.settings import StageSettings
from infra.stacks import DeployError

Clients = Callable[[str], Any]


class Callees:
    """moto's Lambda, which would start a container to run a function, and publishes a version before it
    changes the function: what a release's alias leads to is seen on MiniStack."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.called: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def invoke(self, FunctionName: str, **_: Any) -> None:  # noqa: N803 - AWS's name
        self.called.append(FunctionName)

    def get_function_configuration(self, FunctionName: str) -> Any:  # noqa: N803
        latest = FunctionName.split(":")[6]
        return self._client.get_function_configuration(FunctionName=latest)


def _quiet(_line: str) -> None:
    pass


def _at_once(_seconds: float) -> None:
    pass


def test_both_stacks_change_over_and_stay_there(
    aws: Clients, rule_set: None, settings: StageSettings, hearing: Path, tmp_path: Path
) -> None:
    outputs = deploy(settings, hearing, aws, say=_quiet, pause=_at_once)
    first = outputs["TableName"]
    kept = aws("dynamodb").update_continuous_backups(
        TableName=first, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    functions = Callees(aws("lambda"))
    tool = Restore(
        settings,
        lambda name: functions if name == "lambda" else aws(name),
        tmp_path,
        say=_quiet,
        pause=_at_once,
    )
    name = tool.run(kept["LatestRestorableDateTime"])
    assert table_of(aws) == name
    assert stacks.outputs(aws, "civicline-state-dev")["TableName"] == name
    assert functions.called == ["civicline-find-lost-mail-dev"]
    assert set(readers(aws).values()) == {"Enabled"}
    table = aws("dynamodb").describe_table(TableName=name)["Table"]
    assert stream_of(aws) == table["LatestStreamArn"], "moto moves no reader: seen on MiniStack"
    deploy(settings, hearing, aws, say=_quiet, pause=_at_once)
    assert table_of(aws) == name, "a forgotten line puts nobody back"
    assert count(aws, name) == count(aws, first) > 20


def test_a_stage_that_is_not_there_is_told_to_deploy_first(
    aws: Clients, settings: StageSettings, tmp_path: Path
) -> None:
    tool = Restore(settings, aws, tmp_path, say=_quiet, pause=_at_once)
    with pytest.raises(DeployError, match="make deploy first"):
        tool.run(datetime.now(UTC))


def table_of(aws: Clients) -> str:
    function = aws("lambda").get_function(FunctionName="civicline-on-delivery-dev")
    return str(function["Configuration"]["Environment"]["Variables"]["TABLE_NAME"])


def readers(aws: Clients) -> dict[str, str]:
    found = aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    return {each["EventSourceArn"]: each["State"] for each in found}


def stream_of(aws: Clients) -> str:
    return stacks.parameters_of(stacks.find(aws, "civicline-functions-dev"))["StreamArn"]


def count(aws: Clients, table: str) -> int:
    return int(aws("dynamodb").scan(TableName=table, Select="COUNT")["Count"])
