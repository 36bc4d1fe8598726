"""The two stacks of a stage at CloudFormation: create or update, wait, read outputs; no ticket here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.cloudformation import load_template

INLINE_LIMIT = 51_200  # bytes of a template that fit into the request itself
CLEAN = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
Clients = Callable[[str], Any]


class DeployError(Exception):
    """What stopped a deployment, and the remedy."""


def state_stack(stage: str) -> str:
    """The name of the stack that survives."""
    return f"civicline-state-{stage}"


def functions_stack(stage: str) -> str:
    """The name of the stack that every release replaces."""
    return f"civicline-functions-{stage}"


def outputs(clients: Clients, name: str) -> dict[str, str]:
    """A stack's outputs; empty when there is no such stack."""
    stack = find(clients, name)
    return {o["OutputKey"]: o["OutputValue"] for o in (stack or {}).get("Outputs", [])}


def find(clients: Clients, name: str) -> dict[str, Any] | None:
    """What CloudFormation says about a stack, or None."""
    try:
        found: dict[str, Any] = clients("cloudformation").describe_stacks(StackName=name)
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return dict(found["Stacks"][0])


def holds(clients: Clients, name: str, logical_id: str) -> bool:
    """Whether a stack has a resource of its own by this name in its template."""
    if find(clients, name) is None:
        return False
    pages = clients("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
    found = (each for page in pages for each in page["StackResourceSummaries"])
    return any(each["LogicalResourceId"] == logical_id for each in found)


def put(
    clients: Clients,
    name: str,
    template: Path,
    parameters: Mapping[str, str],
    *,
    bucket: str = "",
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, str]:
    """Create or update a stack, wait until it stands, and return its outputs.

    Parameters that the stack has and we do not name keep their values. A template too large for a
    request goes through `bucket`. Raises `DeployError` with CloudFormation's reason.
    """
    existing = find(clients, name)
    request = {
        "StackName": name,
        "Parameters": _parameters(template, parameters, existing),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        **_body(clients, template, bucket),
    }
    cloudformation = clients("cloudformation")
    if existing is None:
        cloudformation.create_stack(**request)
    elif not _update(cloudformation, request):
        return outputs(clients, name)
    _wait(clients, name, pause)
    return outputs(clients, name)


def _update(cloudformation: Any, request: Mapping[str, Any]) -> bool:
    try:
        cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return False
        raise DeployError(
            f"CloudFormation refuses the update of {request['StackName']}: {error}"
        ) from error
    return True


def _parameters(
    template: Path, wanted: Mapping[str, str], existing: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    known = load_template(template).get("Parameters", {})
    kept = {p["ParameterKey"] for p in (existing or {}).get("Parameters", [])} & set(known)
    given = [
        {"ParameterKey": key, "ParameterValue": value}
        for key, value in wanted.items()
        if key in known
    ]
    unnamed = sorted(kept - set(wanted))
    return [*given, *({"ParameterKey": key, "UsePreviousValue": True} for key in unnamed)]


def _body(clients: Clients, template: Path, bucket: str) -> dict[str, str]:
    text = json.dumps(load_template(template), separators=(",", ":"))
    if len(text.encode()) <= INLINE_LIMIT:
        return {"TemplateBody": text}
    key = f"templates/{template.name}"
    clients("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())
    url = clients("s3").meta.endpoint_url
    return {"TemplateURL": f"{url}/{bucket}/{key}"}


def _wait(clients: Clients, name: str, pause: Callable[[float], None]) -> None:
    while True:
        stack = find(clients, name) or {}
        status = str(stack.get("StackStatus", "gone"))
        if status in CLEAN:
            return
        if not status.endswith("IN_PROGRESS") or "ROLLBACK" in status:
            raise DeployError(f"{name} is {status}: {_reason(clients, name)}")
        pause(3)


def _reason(clients: Clients, name: str) -> str:
    events = clients("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"].endswith("FAILED")]
    first = failed[-1] if failed else {}
    return (
        f"{first.get('LogicalResourceId', '?')}: {first.get('ResourceStatusReason', 'no reason')}"
    )
