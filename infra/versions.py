"""Published versions of the functions: named by all that they are made of, and the old ones deleted."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra import stacks
from infra.cloudformation import Template, holds, load_template
from infra.gradual import ALIAS
from infra.stacks import Clients, DeployError

HIDDEN = "****"  # what CloudFormation tells of a secret, which keeps its value unnamed
KEPT = 3  # of each function; AWS takes money for every snapshot that is kept
TAKEN_BACK = (
    "If that is what the canary saw, the former version serves again: the log of the function says what "
    "failed in the new one. canary: no in the settings brings a repair in whatever rings."
)
# What Lambda keeps of a function and not of its versions (Lambda, "PutFunctionConcurrency").
_OF_ALL = frozenset({"Tags", "ReservedConcurrentExecutions"})
# Where the code lies is no part of a version. A secret shows its value once only, and its mark always.
_BESIDE = ("CodeBucket", "FrontSecret")


def put(
    clients: Clients,
    stack: str,
    template: Path,
    parameters: Mapping[str, str],
    *,
    bucket: str,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, str]:
    """`stacks.put` of functions: whatever changes of one, in its code or by a parameter, is published."""
    existing = stacks.settle(clients, stack, pause)
    # What a release without aliases left would be in the way of the same again.
    list(forget_old(clients, stack))
    values = stacks.values(load_template(template), parameters, existing)
    with TemporaryDirectory() as folder:
        path = Path(folder) / template.name
        path.write_text(json.dumps(named(load_template(template), values)))
        try:
            return stacks.put(clients, stack, path, parameters, bucket=bucket, pause=pause)
        except DeployError as error:
            is_by_canary = f"Alias{ALIAS}: " in str(error)
            raise DeployError(f"{error} {TAKEN_BACK}") if is_by_canary else error from None


def change(
    clients: Clients,
    stack: str,
    changed: Mapping[str, str],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Give functions as they stand other values of some parameters, all at once and published.

    Nobody goes on with the old values for a while: what asks for this cannot have two of them at work.
    """
    told = stacks.parameters_of(stacks.settle(clients, stack, pause))
    body = clients("cloudformation").get_template(StackName=stack)["TemplateBody"]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "changed.json"
        path.write_text(body if isinstance(body, str) else json.dumps(body))
        shown = {name: value for name, value in told.items() if value != HIDDEN}
        wanted = {**shown, **changed, "Canary": "no"}
        put(clients, stack, path, wanted, bucket=told.get("CodeBucket", ""), pause=pause)


def named(template: Template, values: Mapping[str, str]) -> Template:
    """`template` with each version under a name that changes if and only if its function does.

    CloudFormation publishes for a new name only, and Lambda publishes nothing twice. `values` are those of
    all parameters.
    """
    resources = template["Resources"]
    known = {**values, **dict.fromkeys(_BESIDE, "")}
    text = json.dumps(template)
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Lambda::Version":
            function = resource["Properties"]["FunctionName"]["Ref"]
            made_of = _resolved(resources[function]["Properties"], known, template)
            text = text.replace(f'"{name}"', f'"{function}Version{_digest(made_of)}"')
    return dict(json.loads(text))


def forget_old(clients: Clients, stack: str) -> Iterator[str]:
    """Delete the versions that no alias leads to, except the last ones; yields what was deleted.

    A function without an alias keeps none: Lambda would not publish the same again.
    """
    functions = clients("lambda")
    for function in _functions(clients, stack):
        pointed = _pointed_at(functions, function)
        pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=function)
        found = [version["Version"] for page in pages for version in page["Versions"]]
        published = sorted((v for v in found if v != "$LATEST"), key=int, reverse=True)
        kept = {*pointed, *published[: KEPT if pointed else 0]}
        for version in published:
            if version not in kept:
                functions.delete_function(FunctionName=function, Qualifier=version)
                yield f"{function}:{version}"


def _functions(clients: Clients, stack: str) -> list[str]:
    if stacks.find(clients, stack) is None:
        return []
    pages = clients("cloudformation").get_paginator("list_stack_resources")
    found = (s for p in pages.paginate(StackName=stack) for s in p["StackResourceSummaries"])
    return [s["PhysicalResourceId"] for s in found if s["ResourceType"] == "AWS::Lambda::Function"]


def _pointed_at(functions: Any, function: str) -> set[str]:
    """By an alias, wholly or for a part of the calls."""
    pages = functions.get_paginator("list_aliases").paginate(FunctionName=function)
    aliases = [alias for page in pages for alias in page["Aliases"]]
    weighted = (a.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}) for a in aliases)
    return {a["FunctionVersion"] for a in aliases} | {v for each in weighted for v in each}


def _resolved(value: Any, known: Mapping[str, str], template: Template) -> Any:
    """A value with parameters and conditions in place; what only AWS knows stays as it is written."""
    if isinstance(value, list):
        return [_resolved(each, known, template) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("Fn::Sub"), str):
        return re.sub(r"\$\{(\w+)\}", lambda m: known.get(m[1], m[0]), value["Fn::Sub"])
    if "Fn::If" in value:
        condition, yes, no = value["Fn::If"]
        chosen = yes if holds(template, condition, known) else no
        return _resolved(chosen, known, template)
    inner = {k: _resolved(each, known, template) for k, each in value.items() if k not in _OF_ALL}
    if "Fn::FindInMap" in inner:
        name, first, second = inner["Fn::FindInMap"]
        return template["Mappings"][name][first][second]
    return known.get(inner["Ref"], inner) if "Ref" in inner else inner


def _digest(made_of: Any) -> str:
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:10]
