"""Why CloudFormation stopped, in its own words, out of what it tells of a stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

KEPT = (
    " It is left from an earlier stack and is not deleted by itself. Import it into this stack "
    '("Import resources" in CloudFormation), or delete it if nothing in it is needed; then deploy again.'
)


def of(clients: Callable[[str], Any], name: str, status: str) -> str:
    """What failed first in the operation that ended as `status`, and the remedy for a name that is taken.

    A rollback has failures of its own.
    """
    failed: Mapping[str, Any] = {}
    for event in _events(clients, name) if status != "gone" else ():
        now = event["ResourceStatus"]
        if now.endswith("_FAILED") and event.get("ResourceStatusReason"):
            failed = event
        is_rollback = "ROLLBACK" in now and not status.endswith("_FAILED")
        if _is_own(event, name) and now.endswith("_IN_PROGRESS") and not is_rollback:
            break
    told = failed.get("ResourceStatusReason", "CloudFormation gives no reason").rstrip(".")
    told = f"{failed.get('LogicalResourceId', name)}: {told}."
    if "DescribeEvents" in told:
        told = _found_before(clients, name) or told
    return told + (KEPT if "already exists" in told else "")


def states(clients: Callable[[str], Any], name: str) -> set[str]:
    """Every state that a stack was in, as far back as CloudFormation tells: 90 days."""
    return {e["ResourceStatus"] for e in _events(clients, name) if _is_own(e, name)}


def _found_before(clients: Callable[[str], Any], name: str) -> str:
    """What was found before anything was begun ("Validate stack deployments" in AWS's user guide)."""
    found = clients("cloudformation").describe_events(
        StackName=name, Filters={"FailedEvents": True}
    )["OperationEvents"]
    if not found:
        return ""
    latest = max(found, key=lambda event: str(event["Timestamp"]))["OperationId"]
    wrong = [e for e in found if e["OperationId"] == latest and e.get("ValidationStatusReason")]
    told = (f"{e['LogicalResourceId']}: {e['ValidationStatusReason'].rstrip('.')}." for e in wrong)
    return " ".join(dict.fromkeys(told))


def _events(clients: Callable[[str], Any], name: str) -> Iterator[dict[str, Any]]:
    """What happened to a stack, the latest first."""
    pages = clients("cloudformation").get_paginator("describe_stack_events")
    return (event for page in pages.paginate(StackName=name) for event in page["StackEvents"])


def _is_own(event: Mapping[str, Any], name: str) -> bool:
    return bool(event["LogicalResourceId"] == name)
