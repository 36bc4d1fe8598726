"""The two stacks of a stage at CloudFormation: create or update from any state, wait; no ticket here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra import reasons
from infra.cloudformation import Template, load_template

INLINE_LIMIT = 51_200  # bytes of a template that fit into the request itself
TAG = "civicline:stage"  # CloudFormation gives it to every resource that can be tagged
CLEAN = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
# What may be updated ("Stack status codes" in AWS's user guide has all of them).
STANDS = (*CLEAN, "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")
NEVER_STOOD = ("REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
WAYS_BACK = {
    "UPDATE_FAILED": "rollback_stack",
    "UPDATE_ROLLBACK_FAILED": "continue_update_rollback",
}
REMEDIES = {
    "UPDATE_ROLLBACK_FAILED": "Put that right and deploy again, or leave it as it is: aws "
    "cloudformation continue-update-rollback --resources-to-skip ID --stack-name ",
    "DELETE_FAILED": "Put that right, then finish the deletion and deploy again: aws cloudformation "
    "delete-stack --stack-name ",
}
ROUNDS, SECONDS = 2400, 3  # two hours: a new index of a large table takes long
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


def values(
    template: Template, wanted: Mapping[str, str], existing: Mapping[str, Any] | None
) -> dict[str, str]:
    """The value of every parameter that `template` knows once `put` was called with `wanted`."""
    known = template["Parameters"]
    kept = parameters_of(existing)
    defaults = {name: str(known[name].get("Default", "")) for name in known}
    return {name: (defaults | kept | dict(wanted))[name] for name in known}


def parameters_of(stack: Mapping[str, Any] | None) -> dict[str, str]:
    """What the parameters of a stack as found are set to; nothing where there is none."""
    return {p["ParameterKey"]: p["ParameterValue"] for p in (stack or {}).get("Parameters", ())}


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
    """Create or update a stack, whatever state it is in, wait until it stands, and return its outputs.

    Parameters that the stack has and we do not name keep their values. A template too large for a
    request goes through `bucket`. Raises `DeployError` with CloudFormation's reason and the remedy.
    """
    existing = settle(clients, name, pause)
    request = {
        "StackName": name,
        "Parameters": _parameters(template, parameters, existing),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Tags": [{"Key": TAG, "Value": parameters["Stage"]}] if "Stage" in parameters else [],
        **_body(clients, template, bucket),
    }
    if _begin(clients, "create" if existing is None else "update", request):
        _finish(clients, name, pause)
    return outputs(clients, name)


def put_protected(
    clients: Clients,
    name: str,
    template: Path,
    parameters: Mapping[str, str],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, str]:
    """`put` for what nobody shall delete: it is protected as soon as all of it stands.

    Were it from the start, CloudFormation could not take back a creation that fails.
    """
    if settle(clients, name, pause) is None:
        put(clients, name, template, {**parameters, "Protected": "no"}, pause=pause)
    return put(clients, name, template, {**parameters, "Protected": "yes"}, pause=pause)


def change(
    clients: Clients,
    name: str,
    changed: Mapping[str, str],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Give a stack as it stands other values of some parameters, where it has not got them already.

    Raises `DeployError` with CloudFormation's reason.
    """
    known = parameters_of(settle(clients, name, pause))
    if changed.items() <= known.items():
        return
    kept = [{"ParameterKey": key, "UsePreviousValue": True} for key in known if key not in changed]
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in changed.items()]
    request = {
        "StackName": name,
        "UsePreviousTemplate": True,
        "Parameters": [*kept, *given],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    if _begin(clients, "update", request):
        _finish(clients, name, pause)


def settle(
    clients: Clients, name: str, pause: Callable[[float], None] = time.sleep
) -> dict[str, Any] | None:
    """The stack once it can be updated, or None once it can be created, whatever happened to it.

    What runs is waited for, a half update is taken back, and what never stood is deleted. Raises
    `DeployError` where only a person can go on.
    """
    stack = _at_rest(clients, name, pause)
    cloudformation, status = clients("cloudformation"), _status(stack)
    if status in WAYS_BACK:
        getattr(cloudformation, WAYS_BACK[status])(StackName=name)
    elif stack is not None and _never_stood(clients, stack):
        cloudformation.delete_stack(StackName=name)
    else:
        return _usable(clients, name, stack)
    return _usable(clients, name, _at_rest(clients, name, pause))


def outlook(stack: Mapping[str, Any] | None) -> str:
    """What `put` would do to a stack as it is."""
    status = _status(stack)
    if status.endswith("_IN_PROGRESS") and status not in NEVER_STOOD:
        return f"waited for, as it is {status}"
    if status in NEVER_STOOD:
        return "deleted, as it never stood, and created"
    if status in WAYS_BACK:
        return f"taken back, as it is {status}, and updated"
    return "created" if stack is None else "updated"


def _usable(clients: Clients, name: str, stack: dict[str, Any] | None) -> dict[str, Any] | None:
    if stack is None or _status(stack) in STANDS:
        return stack
    raise _stopped(clients, name, _status(stack))


def _never_stood(clients: Clients, stack: Mapping[str, Any]) -> bool:
    """A half deleted stack counts only if its whole life is known: it may be one that stood."""
    if stack["StackStatus"] != "DELETE_FAILED":
        return stack["StackStatus"] in NEVER_STOOD
    seen = reasons.states(clients, stack["StackName"])
    return "CREATE_IN_PROGRESS" in seen and seen.isdisjoint(STANDS)


def _begin(clients: Clients, what: str, request: Mapping[str, Any]) -> bool:
    """Whether CloudFormation has something to do."""
    try:
        getattr(clients("cloudformation"), f"{what}_stack")(**request)
    except ClientError as error:
        told = error.response["Error"]["Message"]
        if "No updates are to be performed" in told:
            return False
        raise DeployError(
            f"CloudFormation refuses to {what} {request['StackName']}: {told}"
        ) from error
    return True


def _finish(clients: Clients, name: str, pause: Callable[[float], None]) -> None:
    status = _status(_at_rest(clients, name, pause))
    if status not in CLEAN:
        raise _stopped(clients, name, status)


def _at_rest(clients: Clients, name: str, pause: Callable[[float], None]) -> dict[str, Any] | None:
    """The stack when nothing runs on it. One in review waits for a person, and is nobody's yet."""
    for _ in range(ROUNDS):
        stack = find(clients, name)
        status = _status(stack)
        if not status.endswith("_IN_PROGRESS") or status in NEVER_STOOD:
            return stack
        pause(SECONDS)
    raise DeployError(
        f"{name} is {status} for {ROUNDS * SECONDS // 3600} hours now. It goes on without us: look at it "
        "in CloudFormation, and deploy again when it has ended."
    )


def _status(stack: Mapping[str, Any] | None) -> str:
    return str(stack["StackStatus"]) if stack else "gone"


def _stopped(clients: Clients, name: str, status: str) -> DeployError:
    told = f"{name} is {status}: {reasons.of(clients, name, status)}"
    return DeployError(f"{told} {REMEDIES[status]}{name}" if status in REMEDIES else told)


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
