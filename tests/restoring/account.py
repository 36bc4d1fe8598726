"""An account in which a town is restored. What a restore asks of AWS and no engine here can do is played:
that the table is made as it was at a moment, the two stacks, and the readers of queues."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from infra.local import stack
from infra.local.pump import Function
from infra.stacks import functions_stack, state_stack
from tests.harness import Harness
from tests.tables import make_table

Items = dict[tuple[str, str], dict[str, Any]]


def items_of(client: Any, table: str) -> Items:
    """Every item of a table by its key."""
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    found = (item for page in pages for item in page["Items"])
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}


class DynamoDB:
    """The engine's own client, with the continuous backups that it lacks."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._moments: dict[tuple[str, datetime], Items] = {}
        self._kept: set[str] = set()
        self.tags: dict[str, dict[str, str]] = {}
        self._tried: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def remember(self, table: str, at: datetime) -> Items:
        """What AWS would have kept of a table at a moment."""
        self._kept.add(table)
        self._moments[table, at] = items_of(self._engine, table)
        return self._moments[table, at]

    def restore_table_to_point_in_time(self, **asked: Any) -> None:
        """The keys, the indexes and the items; neither expiry nor recovery nor protection."""
        assert asked["SSESpecificationOverride"]["KMSMasterKeyId"].startswith("arn:")
        name, source = asked["TargetTableName"], asked["SourceTableName"]
        make_table(self._engine, name)
        for item in self._moments[source, asked["RestoreDateTime"]].values():
            self._engine.put_item(TableName=name, Item=item)

    def describe_continuous_backups(self, TableName: str) -> Any:  # noqa: N803 - AWS's name
        known = [at for table, at in self._moments if table == TableName]
        window = {
            "PointInTimeRecoveryStatus": "ENABLED" if TableName in self._kept else "DISABLED",
            "EarliestRestorableDateTime": min(known, default=None),
            "LatestRestorableDateTime": max(known, default=None),
        }
        return {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": window}}

    def update_continuous_backups(self, TableName: str, **_: Any) -> None:  # noqa: N803 - AWS's name
        """Refused once, as AWS does while a table is new."""
        if TableName not in self._tried:
            self._tried.add(TableName)
            error = {"Error": {"Code": "ContinuousBackupsUnavailableException"}}
            raise ClientError(error, "UpdateContinuousBackups")
        self._kept.add(TableName)

    def tag_resource(self, ResourceArn: str, Tags: list[dict[str, str]]) -> None:  # noqa: N803 - AWS's names
        """DynamoDB Local has no tags."""
        self.tags.setdefault(ResourceArn, {}).update({tag["Key"]: tag["Value"] for tag in Tags})


class CloudFormation:
    """The two stacks of a town; the functions' one puts the town onto another table."""

    def __init__(self, town: Harness, on_switch: Callable[[str], None]) -> None:
        self._town, self._on_switch = town, on_switch
        variables = town._town.environment
        names = ("MailBucket", "FilesBucket", "UserPoolId", "UserPoolClientId", "TableName")
        self._outputs = {name: variables[_upper(name)] for name in names} | {"KeyArn": "arn:key"}
        self.tables = {
            functions_stack("town"): variables["TABLE_NAME"],
            state_stack("town"): "",
        }
        self.stream = "arn:of-the-table-that-is-left"

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - AWS's name
        told = {"Stage": "town", "TableName": self.tables[StackName]}
        if StackName == functions_stack("town"):
            told["StreamArn"] = self.stream
        found = {
            "StackStatus": "UPDATE_COMPLETE",
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in told.items()],
            "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in self._outputs.items()],
        }
        return {"Stacks": [found]}

    def get_paginator(self, _name: str) -> CloudFormation:
        return self

    def paginate(self, StackName: str) -> Iterator[Any]:  # noqa: N803 - AWS's name
        yield {"StackResourceSummaries": []}

    def get_template(self, StackName: str) -> Any:  # noqa: N803 - AWS's name
        parameters = {name: {"Type": "String"} for name in ("Stage", "TableName", "StreamArn")}
        return {"TemplateBody": {"Parameters": parameters, "Resources": {}}}

    def update_stack(self, **asked: Any) -> None:
        """The values that are given, for the template that is there."""
        name, given = asked["StackName"], asked["Parameters"]
        values = {p["ParameterKey"]: p.get("ParameterValue") for p in given}
        table, self.stream = values["TableName"], values.get("StreamArn", self.stream)
        if name == functions_stack("town") and table != self.tables[name]:
            self._on_switch(table)
        self.tables[name] = table


class Lambda:
    """Readers of queues that can be stopped, and functions that can be called."""

    def __init__(self, town: Harness) -> None:
        self._town = town
        self.reads: dict[str, str] = {}
        self.stuck_at = ""  # the table that a published version goes on with

    def get_paginator(self, _name: str) -> Lambda:
        return self

    def paginate(self, EventSourceArn: str) -> Iterator[Any]:  # noqa: N803 - AWS's name
        if ":sqs:" in EventSourceArn:
            self.reads.setdefault(EventSourceArn, "Enabled")
        yield {"EventSourceMappings": [{"UUID": EventSourceArn, "FunctionArn": "arn:reader"}]}

    def get_function_configuration(self, FunctionName: str) -> Any:  # noqa: N803 - AWS's name
        assert FunctionName == "arn:reader"
        table = self.stuck_at or self._town._town.environment["TABLE_NAME"]
        return {"Environment": {"Variables": {"TABLE_NAME": table}}}

    def get_event_source_mapping(self, UUID: str) -> Any:  # noqa: N803 - AWS's name
        return {"State": self.reads[UUID]}

    def update_event_source_mapping(self, UUID: str, Enabled: bool) -> None:  # noqa: N803 - AWS's names
        self.reads[UUID] = "Enabled" if Enabled else "Disabled"

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803 - AWS's names
        assert (FunctionName, InvocationType) == ("civicline-find-lost-mail-town", "Event")
        handler = "chalicelib.handlers.events.find_lost_mail"
        Function("find_lost_mail", handler).invoke(json.loads(Payload))


class Killed(Exception):
    """Somebody ended the restore."""


class Dying:
    """A client that ends the restore at one of its calls: before it, or when it was done."""

    def __init__(self, client: Any, calls: Calls) -> None:
        self._client, self._calls = client, calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return self._calls.through(found) if callable(found) else found


class Calls:
    """Counts calls, and ends the restore at the `last`."""

    def __init__(self, last: int, *, is_done: bool) -> None:
        self.count, self._last, self._is_done = 0, last, is_done

    def through(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **asked: Any) -> Any:
            self.count += 1
            is_last = self.count == self._last
            if is_last and self._is_done:
                with suppress(ClientError):
                    call(*args, **asked)
            if is_last:
                raise Killed
            return call(*args, **asked)

        return counted


class Account:
    """All that a restore of `town` meets; `at_switch` is what the table held when it changed over."""

    def __init__(self, town: Harness) -> None:
        self.town = town
        self.at_switch: Items = {}
        self.dynamodb = DynamoDB(town._town.table)
        self.functions = Lambda(town)
        self.stacks = CloudFormation(town, self._switch)

    def clients(self, name: str) -> Any:
        played = {
            "dynamodb": self.dynamodb,
            "cloudformation": self.stacks,
            "lambda": self.functions,
        }
        return played.get(name) or stack.client(name)

    def _switch(self, table: str) -> None:
        assert set(self.functions.reads.values()) == {"Disabled"}, "nobody works meanwhile"
        self.at_switch = items_of(self.dynamodb, table)
        self.town._town.environment["TABLE_NAME"] = os.environ["TABLE_NAME"] = table
        self.town.restart()


def later(moment: datetime, minutes: float) -> datetime:
    """Some minutes on."""
    return moment + timedelta(minutes=minutes)


def _upper(name: str) -> str:
    return "".join(f"_{c}" if c.isupper() else c for c in name).lstrip("_").upper()
