"""What texts need of an account beside its stacks: the log groups' owner and SNS's SMS attributes.

They are of the account and the region, not of a stage: what somebody set is kept where it serves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from botocore.exceptions import BotoCoreError, ClientError

from infra import stacks
from infra.settings import StageSettings
from infra.stacks import Clients, state_stack

LOG_RESOURCE = "TextLog"


def state_parameters(stage: str, clients: Clients) -> dict[str, str]:
    """What the state stack is told about texts, beside the settings."""
    return {"TextLogs": "yes" if _may_make_logs(stage, clients) else "no"}


def function_parameters(settings: StageSettings) -> dict[str, str]:
    """What the functions' stack is told about texts, beside the settings."""
    return {"ReadsTextLogs": "yes" if is_reported_in_logs(settings) else "no"}


def is_reported_in_logs(settings: StageSettings) -> bool:
    """Whether SNS sends this stage's texts, and tells what became of them."""
    return settings.sms_sender == "sns" and settings.sms_receipts == "provider"


def settle(settings: StageSettings, outputs: Mapping[str, str], clients: Clients) -> Iterator[str]:
    """Let SNS report every text and spend what was agreed; yields what somebody should know.

    Safe to repeat. Never lowers a limit and never takes away a role that somebody set.
    """
    if not is_reported_in_logs(settings):
        return
    try:
        found = clients("sns").get_sms_attributes()["attributes"]
        yield from _report(clients, found, outputs["TextLogRole"])
        yield from _spend(clients, found, settings.text_spend_limit)
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
        yield f"Texts may cost {limit} $ a month, more than the {agreed} $ of text_spend_limit; it stays."
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
