"""Whether what a stage keeps could come back: questions of smoke, which only read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.checks import Answer, Question
from infra.restoring.functions import Functions
from infra.settings import QUEUES, StageSettings
from infra.stacks import Clients

A_DAY = timedelta(hours=26)  # a copy is made each night, and takes its time


@dataclass(frozen=True)
class Kept:
    """A stage's table and buckets, as its stacks name them."""

    clients: Clients
    settings: StageSettings
    table: str
    buckets: tuple[str, str]

    @property
    def stage(self) -> str:
        """Whose they are."""
        return self.settings.stage


def questions(it: Kept, now: datetime | None = None) -> list[Question]:
    """All that must hold before the day on which it is needed."""
    deploy = f"run make deploy STAGE={it.stage} again"
    found = [
        Question(
            "The table can go back to any second of 35 days",
            lambda: _is_recoverable(it),
            f"{deploy}: it switches point-in-time recovery on",
        ),
        Question(
            "Nobody can delete the table, and what is over leaves it",
            lambda: Answer.none_of(_unguarded(it)),
            deploy,
        ),
        Question(
            "Deleted files can come back for a week",
            lambda: Answer.none_of([name for name in it.buckets if not _is_versioned(it, name)]),
            deploy,
        ),
        Question(
            "The functions use the table that the settings mean",
            lambda: Answer.none_of(_other_tables(it)),
            "docs/deploy.md, Restore: write table_name into the settings, or take it out, and deploy",
        ),
        Question(
            "The table's changes are followed",
            lambda: Answer.none_of(_unfollowed(it)),
            f"{deploy}: it lets on-change read the stream of the table in use",
        ),
        Question(
            "Every queue is read",
            lambda: Answer.none_of(_unread(it)),
            "a restore stopped half way: give it again with the same AT, or with GIVE_UP=1",
        ),
    ]
    return found + (_copies(it, now or datetime.now(UTC)) if it.settings.backups else [])


def _copies(it: Kept, now: datetime) -> list[Question]:
    return [
        Question(
            "Last night's copies are in the vault",
            lambda: Answer.none_of(_not_copied(it, now)),
            "docs/runbook.md, backups-failed",
        )
    ]


def _is_recoverable(it: Kept) -> bool:
    found = it.clients("dynamodb").describe_continuous_backups(TableName=it.table)
    recovery = found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return bool(recovery["PointInTimeRecoveryStatus"] == "ENABLED")


def _unguarded(it: Kept) -> Iterator[str]:
    dynamodb = it.clients("dynamodb")
    if not dynamodb.describe_table(TableName=it.table)["Table"].get("DeletionProtectionEnabled"):
        yield "deletion protection is off"
    expiry = dynamodb.describe_time_to_live(TableName=it.table)["TimeToLiveDescription"]
    if expiry["TimeToLiveStatus"] not in ("ENABLED", "ENABLING"):
        yield "nothing expires"


def _is_versioned(it: Kept, bucket: str) -> bool:
    return bool(it.clients("s3").get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled")


def _other_tables(it: Kept) -> Iterator[str]:
    """A restore changes both stacks; the settings are changed by a person."""
    used = Functions(it.stage, it.clients, lambda _seconds: None).table()
    if used != it.table:
        yield f"the functions use {used}, the other stack names {it.table}"
    meant = it.settings.variables()["TABLE_NAME"]
    if meant != used:
        yield f"they use {used}, the settings mean {meant}"


def _unfollowed(it: Kept) -> Iterator[str]:
    table = it.clients("dynamodb").describe_table(TableName=it.table)["Table"]
    if not table.get("StreamSpecification", {}).get("StreamEnabled"):
        yield f"{it.table} has no stream"
    elif not _is_read(it, table["LatestStreamArn"]):
        yield "nobody reads its stream"


def _unread(it: Kept) -> Iterator[str]:
    sqs = it.clients("sqs")
    for name in QUEUES:
        queue = f"civicline-{name}-{it.stage}"
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = asked["Attributes"]["QueueArn"]
        if not _is_read(it, arn):
            yield name


def _is_read(it: Kept, arn: str) -> bool:
    asked = it.clients("lambda").list_event_source_mappings(EventSourceArn=arn)
    return any(reader["State"] == "Enabled" for reader in asked["EventSourceMappings"])


def _not_copied(it: Kept, now: datetime) -> Iterator[str]:
    """What has no whole copy of the last day in the stage's vault."""
    vault = f"civicline-{it.stage}"
    pages = it.clients("backup").get_paginator("list_recovery_points_by_backup_vault")
    asked = pages.paginate(BackupVaultName=vault, ByCreatedAfter=now - A_DAY)
    points = [point for page in asked for point in page["RecoveryPoints"]]
    whole = [_resource(point) for point in points if point["Status"] == "COMPLETED"]
    yield from (name for name in (it.table, *it.buckets) if name not in whole)


def _resource(point: dict[str, Any]) -> str:
    """The table or bucket that a copy is of: the last part of its name at AWS."""
    return str(point["ResourceArn"]).replace("/", ":").rpartition(":")[2]
