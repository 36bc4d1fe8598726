"""Templates as data, SAM to CloudFormation, and stacks on moto; knows no ticket and no handler."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short functions."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


def load_template(path: str | Path) -> Template:
    """A template (YAML or JSON) with every function in its long form."""
    template: Template = yaml.load(Path(path).read_text(), _Loader)
    return template


def to_cfn(template: Template, parameters: Mapping[str, str] | None = None) -> Template:
    """Plain CloudFormation from a SAM template, offline; the code is named `code/deployment.zip`."""
    from samtranslator.public.translator import ManagedPolicyLoader
    from samtranslator.translator.transform import transform

    copy: Template = json.loads(json.dumps(template))
    for resource in copy["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "code", "Key": "deployment.zip"}
    translated: Template = transform(
        copy, dict(parameters or {}), ManagedPolicyLoader(_NoManagedPolicies())
    )
    return translated


class _NoManagedPolicies:
    """Stands in for an IAM client: our functions use no managed policy, so none is looked up."""

    def get_paginator(self, _operation: str) -> _NoManagedPolicies:
        return self

    def paginate(self, **_arguments: object) -> list[dict[str, list[object]]]:
        return [{"Policies": []}]


def logical_name(function: str) -> str:
    """Chalice's logical id of a function: `on_receipt` is `OnReceipt`."""
    return re.sub(r"[^A-Za-z0-9]", "", "".join(part.title() for part in function.split("_")))
