"""Tables at DynamoDB: one made out of another as it was, and all that a restore does not bring along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from infra.cloudformation import load_template
from infra.settings import ROOT
from infra.stacks import TAG, DeployError

Say = Callable[[str], None]
Pause = Callable[[float], None]
LOOK_AGAIN = 15.0  # seconds
MOST_TRIES = 40


def wanted() -> dict[str, Any]:
    """What the template says of the table."""
    template = load_template(ROOT / "infra" / "template.yaml")
    found: dict[str, Any] = template["Resources"]["Table"]["Properties"]
    return found


def stream_of(client: Any, name: str) -> str:
    """The ARN of the stream of a table's changes. Raises `DeployError` where it is switched off."""
    table = client.describe_table(TableName=name)["Table"]
    if not _has_stream(table):
        raise DeployError(
            f"The stream of {name} is off: aws dynamodb update-table --table-name {name}"
            " --stream-specification StreamEnabled=true,StreamViewType=KEYS_ONLY, then run this again."
        )
    return str(table["LatestStreamArn"])


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of an account; every step may be repeated."""

    client: Any
    say: Say
    pause: Pause

    def make(self, name: str, source: str, at: datetime, key_arn: str) -> None:
        """Begin the table `name`, as `source` was `at` that moment, where it was not begun already."""
        if self.described(name):
            self.say(f"   {name} was begun before.")
            return
        self.client.restore_table_to_point_in_time(
            SourceTableName=source,
            TargetTableName=name,
            RestoreDateTime=at,
            SSESpecificationOverride={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_arn},
        )

    def check(self, name: str, source: str, at: datetime) -> None:
        """Raises `DeployError` where the table cannot be had and was not begun, with what to do."""
        if self.described(name):
            return
        if not self.described(source):
            raise DeployError(
                f"There is no table {source}. DynamoDB keeps a last backup of a deleted one (aws dynamodb"
                f" list-backups --backup-type SYSTEM), AWS Backup has others: restore one into {name},"
                " then run this again; it goes on from there."
            )
        kept = self._kept(source)
        if kept["PointInTimeRecoveryStatus"] != "ENABLED":
            raise DeployError(f"{source} keeps no moments: point-in-time recovery is off.")
        first, last = kept["EarliestRestorableDateTime"], kept["LatestRestorableDateTime"]
        if not first <= at <= last:
            raise DeployError(
                f"{source} can be had as of {first} to {last}; name a moment between."
            )

    def _kept(self, name: str) -> dict[str, Any]:
        answer = self.client.describe_continuous_backups(TableName=name)
        found: dict[str, Any] = answer["ContinuousBackupsDescription"][
            "PointInTimeRecoveryDescription"
        ]
        return found

    def described(self, name: str) -> dict[str, Any]:
        """What DynamoDB says of a table; empty where there is none."""
        try:
            found: dict[str, Any] = self.client.describe_table(TableName=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return {}
        return found

    def wait(self, name: str) -> None:
        """Until the table and its indexes can be used: minutes, or hours for a large one."""
        while not _is_ready(table := self.described(name)):
            if not table:
                raise DeployError(f"{name} is gone: somebody deleted it. Run this again.")
            self.pause(LOOK_AGAIN)

    def equip(self, name: str, stage: str) -> None:
        """Switch on what a restore leaves off (Restoring a table); make the indexes that are missing."""
        arn = self.described(name)["TableArn"]
        self.client.tag_resource(ResourceArn=arn, Tags=[{"Key": TAG, "Value": stage}])
        self._protect(name)
        self._let_expire(name)
        self._keep_moments(name)
        self._tell_changes(name)
        self._index(name)

    def _protect(self, name: str) -> None:
        if not self.described(name).get("DeletionProtectionEnabled"):
            self.client.update_table(TableName=name, DeletionProtectionEnabled=True)
            self.wait(name)

    def _let_expire(self, name: str) -> None:
        told = self.client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        if told.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
            expiry = wanted()["TimeToLiveSpecification"]
            self.client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)

    def _keep_moments(self, name: str) -> None:
        """A table that was just made says for a while that its backups are not there yet."""
        spec = wanted()["PointInTimeRecoverySpecification"]
        for _ in range(MOST_TRIES):
            if self._kept(name)["PointInTimeRecoveryStatus"] == "ENABLED":
                return
            try:
                self.client.update_continuous_backups(
                    TableName=name, PointInTimeRecoverySpecification=spec
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ContinuousBackupsUnavailableException":
                    raise
                self.pause(LOOK_AGAIN)
        raise DeployError(
            f"Point-in-time recovery of {name} could not be switched on; run this again."
        )

    def _tell_changes(self, name: str) -> None:
        if not _has_stream(self.described(name)):
            stream = {"StreamEnabled": True, **wanted()["StreamSpecification"]}
            self.client.update_table(TableName=name, StreamSpecification=stream)
            self.wait(name)

    def _index(self, name: str) -> None:
        """One index after the other: DynamoDB makes one at a time."""
        here = self.described(name)
        there = {index["IndexName"] for index in here.get("GlobalSecondaryIndexes", ())}
        for index in wanted()["GlobalSecondaryIndexes"]:
            if index["IndexName"] not in there:
                self.say(f"   {name} gets the index {index['IndexName']} …")
                self.client.update_table(
                    TableName=name,
                    AttributeDefinitions=self._attributes(name, index),
                    GlobalSecondaryIndexUpdates=[{"Create": index}],
                )
                self.wait(name)

    def _attributes(self, name: str, index: dict[str, Any]) -> list[dict[str, str]]:
        """Those that keys are made of, with the new ones of `index`; others are refused."""
        known = {each["AttributeName"] for each in self.described(name)["AttributeDefinitions"]}
        known |= {key["AttributeName"] for key in index["KeySchema"]}
        return [each for each in wanted()["AttributeDefinitions"] if each["AttributeName"] in known]


def _is_ready(table: dict[str, Any]) -> bool:
    states = [index.get("IndexStatus") for index in table.get("GlobalSecondaryIndexes", ())]
    return {table.get("TableStatus"), *states} == {"ACTIVE"}


def _has_stream(table: dict[str, Any]) -> bool:
    """A stream that was switched off is still named for a day."""
    return bool(table.get("StreamSpecification", {}).get("StreamEnabled"))
