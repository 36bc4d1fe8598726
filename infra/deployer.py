"""`make deployer-policy STAGE=x`: what whoever deploys may do, and nothing else, as policies for IAM.

Of what the stacks are made of, CloudFormation's own registry tells the actions ("handlers" in each type's
schema); what `make` asks beside it is named here, and a test records it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from infra.cloudformation import load_template
from infra.plainly import plainly
from infra.settings import ROOT, load
from infra.stacks import DeployError

LARGEST = 6_144  # characters of a managed policy (IAM, "IAM and AWS STS quotas")
OTHERS = ("receiving.yaml", "front.yaml", "budget.yaml")
# What make preflight, deploy, administrator, smoke, rollback and restore ask for themselves.
BESIDE = frozenset(
    {
        *("acm:DescribeCertificate", "backup:ListRecoveryPointsByBackupVault", "iam:GetRole"),
        *(f"cloudformation:{a}Stack" for a in ("Create", "Update", "Delete", "CancelUpdate")),
        *(f"cloudformation:Describe{what}" for what in ("Events", "Stacks", "StackEvents")),
        *("cloudformation:ContinueUpdateRollback", "cloudformation:RollbackStack"),
        *("cloudformation:GetTemplate", "cloudformation:TagResource"),
        *("cloudformation:ListExports", "cloudformation:ListStackResources"),
        *("cloudwatch:DescribeAlarms", "cognito-idp:AdminAddUserToGroup"),
        *("cognito-idp:AdminCreateUser", "cognito-idp:AdminGetUser", "cognito-idp:CreateGroup"),
        *("cognito-idp:DescribeUserPoolClient", "cognito-idp:ListUsersInGroup"),
        *("cognito-idp:AdminUpdateUserAttributes"),
        *("cognito-idp:AdminDisableUser", "cognito-idp:AdminUserGlobalSignOut"),
        "cognito-idp:AdminRemoveUserFromGroup",
        *("cognito-idp:AdminListGroupsForUser", "cognito-idp:ListUsers"),
        *(f"dynamodb:{a}" for a in ("BatchGetItem", "GetItem", "PutItem", "Query", "Scan")),
        *(f"dynamodb:{a}" for a in ("BatchWriteItem", "ConditionCheckItem", "UpdateItem")),
        *(
            "dynamodb:RestoreTableToPointInTime",
            "dynamodb:DeleteItem",
            "dynamodb:ListTagsOfResource",
        ),
        *("lambda:GetAccountSettings", "lambda:GetFunctionConfiguration", "lambda:InvokeFunction"),
        *("lambda:ListAliases", "lambda:ListEventSourceMappings", "lambda:ListVersionsByFunction"),
        *("lambda:UpdateEventSourceMapping", "lambda:GetEventSourceMapping"),
        *("logs:DescribeLogGroups", "logs:DescribeSubscriptionFilters"),
        *("s3:DeleteObject", "s3:GetBucketVersioning", "s3:GetObject", "s3:ListBucket"),
        *("s3:PutObject", "secretsmanager:GetSecretValue"),
        *("ses:DescribeActiveReceiptRuleSet", "ses:DescribeReceiptRuleSet", "ses:GetAccount"),
        *("ses:GetEmailIdentity", "ses:SetActiveReceiptRuleSet"),
        *("sms-voice:DescribeAccountAttributes", "sms-voice:DescribeConfigurationSets"),
        *("sms-voice:DescribeSpendLimits", "sns:GetSMSAttributes"),
        *("sns:GetSMSSandboxAccountStatus", "sns:ListSubscriptionsByTopic", "sns:Publish"),
        *("sns:SetSMSAttributes", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"),
        *("sts:GetCallerIdentity", "kms:Decrypt", "kms:GenerateDataKey"),
    }
)
# Services that a type may speak to in uses that are not ours.
FOREIGN = frozenset(
    {
        *("amplify", "apprunner", "appsync", "bedrock-agentcore", "billing", "ec2"),
        *("elasticfilesystem", "elasticloadbalancing", "firehose", "kinesis", "payments"),
        *("s3files", "s3tables"),
    }
)


def actions(templates: Iterable[Path]) -> frozenset[str]:
    """What making, reading, changing and deleting everything in these templates asks for, and `BESIDE`."""
    kinds = {r["Type"] for path in templates for r in load_template(path)["Resources"].values()}
    asked = {action for kind in kinds for action in _of(kind)}
    return BESIDE | {action for action in asked if action.partition(":")[0] not in FOREIGN}


def policies(allowed: Iterable[str]) -> list[dict[str, Any]]:
    """As few policies as hold them; roles are those of our stacks alone, whoever else has some."""
    ours = "arn:aws*:iam::*:role/civicline-*"
    roles = sorted(action for action in allowed if action.startswith("iam:"))
    rest = sorted(action for action in allowed if not action.startswith("iam:"))
    found = [_policy(part, "*") for part in _parts(rest)]
    found[-1]["Statement"].append(
        _statement(roles, [ours, "arn:aws*:iam::*:role/aws-service-role/*"])
    )
    return found


def _parts(sorted_actions: list[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for action in sorted_actions:
        if sum(len(each) + 3 for each in [*part, action]) > LARGEST - 1_500:
            yield part
            part = []
        part.append(action)
    yield part


def _policy(allowed: list[str], resource: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [_statement(allowed, resource)]}


def _statement(allowed: list[str], resource: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": allowed, "Resource": resource}


def _of(kind: str) -> Iterator[str]:
    # Imported where used: the registry is large, and only this command asks it.
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER as REGISTRY

    handlers = REGISTRY.get_resource_schema("us-east-1", kind).schema.get("handlers", {})
    for handler in handlers.values():
        yield from handler.get("permissions", ())


@plainly
def main(arguments: list[str] | None = None) -> int:
    """Write the policies beside the package."""
    parser = argparse.ArgumentParser(prog="make deployer-policy", description=main.__doc__)
    parser.add_argument("--stage", required=True)
    stage = load(parser.parse_args(arguments).stage).stage
    built = ROOT / ".build" / stage
    if not (built / "functions.json").exists():
        raise DeployError(f"{built.name} is not packaged; run make package STAGE={stage} first.")
    templates = [built / "state.yaml", built / "functions.json"]
    found = policies(actions([*templates, *(ROOT / "infra" / name for name in OTHERS)]))
    for number, policy in enumerate(found, 1):
        path = built / f"deployer-{number}.json"
        path.write_text(json.dumps(policy, separators=(",", ":")))
        sys.stdout.write(f".build/{stage}/{path.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
