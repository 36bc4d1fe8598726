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
from botocore.config import Config
from moto.core import DEFAULT_ACCOUNT_ID

from infra.cloudformation import Template, load_template
from infra.local.engine import OWN_CALLS
from infra.moto_models import deploy
from infra.settings import read

ROOT = Path(__file__).resolve().parents[2]
OPEN_TOWNS = ROOT / ".build" / "towns"  # where each town that runs says how to reach it
REGION = "us-east-1"
STAGE = "town"
TOWN = Path(__file__).with_name("town.yaml")  # its settings
PLAYED = Config(user_agent_extra=OWN_CALLS)  # of the clients by which the town plays AWS
TEXT_LOG = f"sns/{REGION}/{DEFAULT_ACCOUNT_ID}/DirectPublishToPhoneNumber"


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
    return _session().create_client(service, region_name=REGION, config=PLAYED)


def topic_arn(name: str) -> str:
    """The topic `civicline-<name>-town`."""
    return f"arn:aws:sns:{REGION}:{DEFAULT_ACCOUNT_ID}:civicline-{name}-{STAGE}"


@functools.cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@functools.cache
def _template() -> Template:
    """The state stack without what only other stacks and people look at."""
    template = load_template(ROOT / "infra" / "template.yaml")
    outputs = {
        name: {key: value for key, value in output.items() if key != "Export"}
        for name, output in template["Outputs"].items()
    }
    return {**template, "Outputs": outputs}


@functools.cache
def function_limits(name: str) -> tuple[int, int]:
    """Memory in MB and time in seconds that `.chalice/config.json` gives to a function."""
    config = _config().get("lambda_functions", {}).get(name, {})
    return int(config.get("lambda_memory_size", 128)), int(config.get("lambda_timeout", 60))


@functools.cache
def more_queues(name: str) -> tuple[tuple[str, int], ...]:
    """The queues that `infra/functions.yaml` gives to a function beside its own, with their batches."""
    resources = load_template(ROOT / "infra" / "functions.yaml")["Resources"]
    function = resources.get(name.title().replace("_", ""), {"Properties": {}})
    sources = [s["Properties"] for s in function["Properties"].get("Events", {}).values()]
    return tuple(
        (s["Queue"]["Fn::Sub"].rpartition(":")[2].replace("${Stage}", STAGE), s["BatchSize"])
        for s in sources
        if "Queue" in s
    )


@functools.cache
def _config() -> dict[str, Any]:
    config: dict[str, Any] = json.loads((ROOT / ".chalice" / "config.json").read_text())
    return config


@functools.cache
def configured() -> dict[str, str]:
    """The variables that the town's settings give to the functions."""
    return read(TOWN).variables()


@dataclass(frozen=True)
class Stack:
    """What was built, by the names that the template gives to its outputs."""

    outputs: Mapping[str, str]

    def environment(self) -> dict[str, str]:
        """Every variable that a function has on AWS; what the stack tells wins."""
        told = {_snake(name).upper(): value for name, value in self.outputs.items()}
        told["USER_POOL_CLIENT_ID"] = told["CONSOLE_CLIENT_ID"]
        return {**configured(), "SMS_LOG_GROUP": TEXT_LOG, **told}


def build(receiving_domain: str, text_sender: str = "sns") -> Stack:
    """Build the template in the account that moto plays."""
    wanted = {"Stage": STAGE, "ReceivingDomain": receiving_domain, "TextSender": text_sender}
    deploy(load_template(ROOT / "infra" / "receiving.yaml"), "civicline-receiving", {})
    outputs = deploy(_template(), "civicline-town", wanted)
    return Stack(outputs)


def ensure_table(table: Any, name: str) -> None:
    """The template's table on an engine that is not moto, unless it is there already; with its stream."""
    made_at_once = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    resources = _template()["Resources"].values()
    properties = next(r["Properties"] for r in resources if r["Type"] == "AWS::DynamoDB::Table")
    stream = {"StreamEnabled": True, **properties["StreamSpecification"]}
    if name in table.list_tables()["TableNames"]:
        if not table.describe_table(TableName=name)["Table"].get("StreamSpecification"):
            table.update_table(TableName=name, StreamSpecification=stream)
        return
    made = {key: properties[key] for key in made_at_once}
    table.create_table(TableName=name, StreamSpecification=stream, **made)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
