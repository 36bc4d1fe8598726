"""What texts need of an account beside its stacks: the log groups' owner and SNS's SMS attributes.

They are of the account and the region, not of a stage: what somebody set is kept where it serves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra import stacks
from infra.stacks import Clients, functions_stack, state_stack

LOG_RESOURCE = "TextLog"
SPEND_LIMIT = 100  # dollars a month, as infra/alarms.yaml has it


def state_parameters(stage: str, settings: Mapping[str, str], clients: Clients) -> dict[str, str]:
    """What the state stack is told about texts."""
    return {
        "TextSender": settings.get("SMS_SENDER", "sns"),
        "TextCountry": settings.get("SMS_COUNTRIES", "US").partition(",")[0].strip(),
        "TextLogs": "yes" if _may_make_logs(stage, clients) else "no",
    }


def function_parameters(settings: Mapping[str, str]) -> dict[str, str]:
    """What the functions' stack is told about texts; `TEXT_SPEND_LIMIT` may be given to `make deploy`."""
    wanted = {"ReadsTextLogs": "yes" if is_reported_in_logs(settings) else "no"}
    limit = os.environ.get("TEXT_SPEND_LIMIT", "")
    return wanted | ({"TextSpendLimit": limit} if limit else {})


def is_reported_in_logs(settings: Mapping[str, str]) -> bool:
    """Whether SNS sends this stage's texts, and tells what became of them."""
    is_by_sns = settings.get("SMS_SENDER", "sns") == "sns"
    return is_by_sns and settings.get("SMS_RECEIPTS", "provider") == "provider"


def settle(
    stage: str, settings: Mapping[str, str], outputs: Mapping[str, str], clients: Clients
) -> Iterator[str]:
    """Let SNS report every text and spend what was agreed; yields what somebody should know.

    Safe to repeat. Never lowers a limit and never takes away a role that somebody set.
    """
    if not is_reported_in_logs(settings):
        return
    try:
        found = clients("sns").get_sms_attributes()["attributes"]
        yield from _report(clients, found, outputs["TextLogRole"])
        yield from _spend(clients, found, _agreed(stage, clients))
    except (BotoCoreError, ClientError) as error:
        yield f"SNS did not take what texts need here, so none is reported: {error}"


def _report(clients: Clients, found: Mapping[str, str], role: str) -> Iterator[str]:
    wanted = {"DeliveryStatusSuccessSamplingRate": "100"}
    if "DefaultSMSType" not in found:
        wanted["DefaultSMSType"] = "Transactional"
    other = found.get("DeliveryStatusIAMRole", role)
    if other == role or not _exists(clients, other):
        wanted["DeliveryStatusIAMRole"] = role
    else:
        yield f"SNS writes of texts as {other}, which was set before; it stays."
    _set(clients, found, wanted)


def _spend(clients: Clients, found: Mapping[str, str], agreed: int) -> Iterator[str]:
    limit = int(float(found.get("MonthlySpendLimit") or 0))
    if limit > agreed:
        yield f"Texts may cost {limit} $ a month, more than the {agreed} $ of TEXT_SPEND_LIMIT; it stays."
        return
    try:
        _set(clients, found, {"MonthlySpendLimit": str(agreed)})
    except ClientError:
        yield (
            f"AWS does not let texts cost {agreed} $ a month, but {limit or 1} $: ask AWS's support for "
            "a higher SMS spend limit (docs/deploy.md, step 7), then deploy again."
        )


def _set(clients: Clients, found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    if changed := {name: value for name, value in wanted.items() if found.get(name) != value}:
        clients("sns").set_sms_attributes(attributes=changed)


def _agreed(stage: str, clients: Clients) -> int:
    """The limit that the functions' stack has its alarm at."""
    found: Mapping[str, Any] = stacks.find(clients, functions_stack(stage)) or {}
    values = {p["ParameterKey"]: p["ParameterValue"] for p in found.get("Parameters", ())}
    return int(float(values.get("TextSpendLimit", SPEND_LIMIT)))


def _exists(clients: Clients, role: str) -> bool:
    try:
        clients("iam").get_role(RoleName=role.rpartition("/")[2])
    except ClientError as error:
        return error.response["Error"]["Code"] != "NoSuchEntity"
    return True


def _may_make_logs(stage: str, clients: Clients) -> bool:
    """Whether the groups are this stack's, or nobody's yet."""
    if stacks.holds(clients, state_stack(stage), LOG_RESOURCE):
        return True
    pages = clients("logs").get_paginator("describe_log_groups")
    found = pages.paginate(logGroupNamePrefix="sns/")
    return not any(
        group["logGroupName"].endswith("/DirectPublishToPhoneNumber")
        for page in found
        for group in page["logGroups"]
    )
