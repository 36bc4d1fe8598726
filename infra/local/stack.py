"""The town's account: `infra/template.yaml` built on moto, and the settings that come of it."""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session

from infra.cloudformation import Template, load_template
from infra.moto_models import LEFT_OUT, deploy

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
STAGE = "town"
NOT_NEEDED = LEFT_OUT | {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"}


def prepare_environment() -> None:
    """Credentials and a region that can only ever reach moto; call it before any client is made."""
    os.environ.update(
        AWS_DEFAULT_REGION=REGION,
        AWS_REGION=REGION,
        AWS_ACCESS_KEY_ID="town",
        AWS_SECRET_ACCESS_KEY="town",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_ACCOUNT_ID_ENDPOINT_MODE="disabled",
    )
    os.environ.pop("AWS_PROFILE", None)
    os.environ.pop("AWS_SESSION_TOKEN", None)


@functools.cache
def client(service: str) -> Any:
    """The town's own client for a service; kept, because the state is moto's."""
    return _session().create_client(service, region_name=REGION)


@functools.cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@functools.cache
def _template() -> Template:
    """The state stack without what only other stacks and people look at."""
    template = load_template(ROOT / "infra" / "template.yaml")
    outputs = {name: {"Value": o["Value"]} for name, o in template["Outputs"].items()}
    return {**template, "Outputs": outputs}


@functools.cache
def configured(stage: str = STAGE) -> dict[str, str]:
    """The variables that `.chalice/config.json` gives to the functions of a stage."""
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    common: dict[str, str] = config.get("environment_variables", {})
    own: dict[str, str] = config.get("stages", {}).get(stage, {}).get("environment_variables", {})
    return {**common, **own}


@dataclass(frozen=True)
class Stack:
    """What was built, by the names that the template gives to its outputs."""

    outputs: Mapping[str, str]

    def environment(self) -> dict[str, str]:
        """Every variable that a function has on AWS; what the stack tells wins."""
        told = {_snake(name).upper(): value for name, value in self.outputs.items()}
        return {**configured(), **told}


def build() -> Stack:
    """Build the template in the account that moto plays."""
    outputs = deploy(_template(), "civicline-town", {"Stage": STAGE}, leave_out=NOT_NEEDED)
    return Stack(outputs)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
