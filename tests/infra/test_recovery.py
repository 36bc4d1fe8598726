"""What smoke reads of keeping: each thing that would be missed on the worst day is named before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.checks import asked
from infra.recovery import Kept, questions
from infra.settings import EXAMPLE, StageSettings, read
from tests.infra.laid_down import Client

SETTINGS = read(EXAMPLE, stage="prod", backups=True)
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/civicline-prod"
MAIL, FILES = "arn:aws:s3:::mail", "arn:aws:s3:::files"


def points(*arns: str, status: str = "COMPLETED") -> Callable[..., Any]:
    """A vault with a copy of each, of last night."""

    def listed(BackupVaultName: str, ByCreatedAfter: datetime) -> Any:  # noqa: N803 - botocore's
        assert BackupVaultName == "civicline-prod"
        assert timedelta(days=1) < NOW - ByCreatedAfter < timedelta(days=2)
        return {"RecoveryPoints": [{"ResourceArn": arn, "Status": status} for arn in arns]}

    return listed


def recovery(status: str) -> dict[str, Any]:
    told = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status}}
    return {"ContinuousBackupsDescription": told}


def stack(table: str) -> dict[str, Any]:
    told = [{"ParameterKey": "TableName", "ParameterValue": table}]
    return {"Stacks": [{"Parameters": told}]}


def table(**changed: Any) -> dict[str, Any]:
    told = {"DeletionProtectionEnabled": True, "StreamSpecification": {"StreamEnabled": True}}
    return {"Table": {**told, "LatestStreamArn": f"{TABLE}/stream/2026", **changed}}


def but(name: str, *states: str) -> Callable[..., Any]:
    """Everything is read, but one source as these say."""

    def listed(EventSourceArn: str) -> Any:  # noqa: N803 - botocore's
        told = states if name in EventSourceArn else ("Enabled",)
        return {"EventSourceMappings": [{"State": state} for state in told]}

    return listed


WELL: dict[str, dict[str, Any]] = {
    "dynamodb": {
        "describe_continuous_backups": recovery("ENABLED"),
        "describe_table": table(),
        "describe_time_to_live": {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED"}},
    },
    "s3": {"get_bucket_versioning": {"Status": "Enabled"}},
    "cloudformation": {"describe_stacks": stack("civicline-prod")},
    "sqs": {
        "get_queue_url": lambda **asked: {"QueueUrl": asked["QueueName"]},
        "get_queue_attributes": lambda **asked: {"Attributes": {"QueueArn": asked["QueueUrl"]}},
    },
    "lambda": {"list_event_source_mappings": {"EventSourceMappings": [{"State": "Enabled"}]}},
    "backup": {"list_recovery_points_by_backup_vault": points(TABLE, MAIL, FILES)},
}
ASKED = [
    "The table can go back to any second of 35 days",
    "Nobody can delete the table, and what is over leaves it",
    "Deleted files can come back for a week",
    "The functions use the table that the settings mean",
    "The table's changes are followed",
    "Every queue is read",
    "Last night's copies are in the vault",
]


def lacking(
    service: str = "", changed: Mapping[str, Any] | None = None, settings: StageSettings = SETTINGS
) -> dict[str, str]:
    answers = {**WELL, service: {**WELL.get(service, {}), **(changed or {})}}
    clients = {name: Client(calls) for name, calls in answers.items()}
    kept = Kept(clients.__getitem__, settings, "civicline-prod", ("mail", "files"))
    return {c.question: c.fact for c in asked(questions(kept, NOW)) if not c.holds}


def test_a_stage_that_could_come_back_lacks_nothing() -> None:
    assert lacking() == {}


@pytest.mark.parametrize(
    ("service", "changed", "question", "fact"),
    [
        ("dynamodb", {"describe_continuous_backups": recovery("DISABLED")}, 0, ""),
        (
            "dynamodb",
            {"describe_table": table(DeletionProtectionEnabled=False)},
            1,
            "deletion protection is off",
        ),
        (
            "dynamodb",
            {"describe_time_to_live": {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}},
            1,
            "nothing expires",
        ),
        ("s3", {"get_bucket_versioning": {}}, 2, "mail, files"),
        ("s3", {"get_bucket_versioning": {"Status": "Suspended"}}, 2, "mail, files"),
        ("cloudformation", {"describe_stacks": stack("civicline-other")}, 3, "civicline-other"),
        ("dynamodb", {"describe_table": table(StreamSpecification={})}, 4, "no stream"),
        ("lambda", {"list_event_source_mappings": but("/stream/")}, 4, "nobody reads its stream"),
        ("lambda", {"list_event_source_mappings": but("email", "Disabled")}, 5, "inbound-email"),
        ("lambda", {"list_event_source_mappings": but("delivery")}, 5, "delivery"),
        ("backup", {"list_recovery_points_by_backup_vault": points(TABLE, MAIL)}, 6, "files"),
        (
            "backup",
            {"list_recovery_points_by_backup_vault": points(TABLE, MAIL, FILES, status="EXPIRED")},
            6,
            "civicline-prod, mail, files",
        ),
    ],
)
def test_what_would_be_missed_is_named(
    service: str, changed: Mapping[str, Any], question: int, fact: str
) -> None:
    found = lacking(service, changed)
    assert list(found) == [ASKED[question]]
    assert fact in found[ASKED[question]]


def test_copies_are_asked_about_where_they_are_asked_for() -> None:
    chosen = SETTINGS.model_copy(update={"backups": False})
    assert lacking("backup", {"list_recovery_points_by_backup_vault": points()}, chosen) == {}


def test_a_restored_table_that_the_settings_do_not_name_is_told() -> None:
    chosen = SETTINGS.model_copy(update={"table_name": "civicline-elsewhere"})
    told = lacking(settings=chosen)[ASKED[3]]
    assert told == "they use civicline-prod, the settings mean civicline-elsewhere"
