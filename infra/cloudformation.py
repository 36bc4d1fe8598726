"""Templates as data, SAM to CloudFormation, and stacks on moto; knows no ticket and no handler."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]


_Base: Any = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # in C where there is one: 10 times faster


class _Loader(_Base):  # type: ignore[misc]
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
    text = Path(path).read_text()
    template: Template = (
        json.loads(text) if str(path).endswith(".json") else yaml.load(text, _Loader)
    )
    return template


# What the translator would fill in is left to CloudFormation, so that a package fits every region.
_LEFT_OPEN = {name: f"${{{name}}}" for name in ("AWS::Region", "AWS::Partition")}


def to_cfn(template: Template, parameters: Mapping[str, str] | None = None) -> Template:
    """Plain CloudFormation from a SAM template, offline; a function's zip keeps its name as its key.

    It names no region and no partition: pseudo-parameters stay what they are.
    """
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it misses its owner's switches
    copy: Template = json.loads(json.dumps(template))
    for resource in copy["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            key = resource["Properties"]["CodeUri"].removeprefix("./")
            resource["Properties"]["CodeUri"] = {"Bucket": "code", "Key": key}
    # A session with a region, so that none is looked for in the environment or at AWS.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    known = {**_LEFT_OPEN, **(parameters or {})}
    translated: Template = _reopened(translator.translate(copy, parameter_values=known))
    return translated


def _reopened(value: Any) -> Any:
    """The value with every pseudo-parameter that was written out as text substituted again."""
    if isinstance(value, dict):
        return {k: v if k == "Fn::Sub" else _reopened(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_reopened(each) for each in value]
    is_open = isinstance(value, str) and any(name in value for name in _LEFT_OPEN.values())
    return {"Fn::Sub": value} if is_open else value


def holds(template: Template, condition: str, values: Mapping[str, str]) -> bool:
    """Whether a condition of `template` holds for these values of all its parameters."""
    return bool(_worth(template, template["Conditions"][condition], values))


def _worth(template: Template, value: Any, values: Mapping[str, str]) -> Any:
    if not isinstance(value, dict):
        return str(value)
    ((function, inner),) = value.items()
    if function == "Ref":
        return values[inner]
    if function == "Condition":
        return holds(template, inner, values)
    if function == "Fn::Join":  # of a list that is one parameter
        return _worth(template, inner[1], values)
    parts = [_worth(template, each, values) for each in inner]
    found = {"Fn::Equals": parts[0] == parts[-1], "Fn::Not": not parts[0]}
    return (found | {"Fn::And": all(parts), "Fn::Or": any(parts)})[function]


def logical_name(function: str) -> str:
    """Chalice's logical id of a function: `on_receipt` is `OnReceipt`."""
    return re.sub(r"[^A-Za-z0-9]", "", "".join(part.title() for part in function.split("_")))
