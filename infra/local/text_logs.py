"""CloudWatch Logs as the town plays it: what SNS writes of texts reaches whoever subscribed to it.

Who did is read from `infra/functions.yaml`; whether SNS writes at all, from the account's attributes.
"""

from __future__ import annotations

import base64
import functools
import gzip
import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from chalice.app import Chalice
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from infra.cloudformation import load_template, logical_name
from infra.local.pump import Function, Spent, queue_url
from infra.local.receipts import Event
from infra.local.stack import REGION, ROOT, STAGE, TEXT_LOG, client

logger = logging.getLogger(__name__)

FAILURES = f"{TEXT_LOG}/Failure"
TRIES = 3  # as often as Lambda calls a function that nobody waits for


def is_written(status: str) -> bool:
    """Whether SNS writes a text of this status down: only with a role, of successes so many of 100."""
    attributes = sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_attributes
    if not attributes.get("DeliveryStatusIAMRole"):
        return False
    return status != "SUCCESS" or attributes.get("DeliveryStatusSuccessSamplingRate") == "100"


def group_of(record: Event) -> str:
    """The log group that SNS writes a record into."""
    return TEXT_LOG if record.get("status") == "SUCCESS" else FAILURES


def batch(records: Sequence[Event | str], group: str, owner: str = DEFAULT_ACCOUNT_ID) -> Event:
    """What CloudWatch Logs calls a subscribed function with."""
    texts = [r if isinstance(r, str) else json.dumps(r) for r in records]
    found = {
        "messageType": "DATA_MESSAGE",
        "owner": owner,
        "logGroup": group,
        "logStream": str(uuid.uuid4()),
        "subscriptionFilters": [f"civicline-{STAGE}"],
        "logEvents": [{"id": str(n), "timestamp": 0, "message": t} for n, t in enumerate(texts)],
    }
    return {
        "awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(found).encode())).decode()}
    }


class TextLogs:
    """Calls the subscribed functions of an app."""

    def __init__(self, app: Chalice, spent: Spent) -> None:
        known = {
            logical_name(f.name): Function(f.name, f.handler_string)
            for f in app.pure_lambda_functions
        }
        self._readers = {group: known[name] for group, name in _subscribed().items()}
        self.spent = spent

    def write(self, record: Event) -> None:
        """SNS writes a record, if it writes any, and CloudWatch Logs hands it on."""
        if is_written(str(record.get("status"))):
            self.hand_over(group_of(record), batch([record], group_of(record)))

    def hand_over(self, group: str, event: Event) -> None:
        """Call the function that subscribed to a group; what fails three times goes where it says."""
        if (function := self._readers.get(group)) is None:
            return
        for _ in range(TRIES):
            try:
                self.spent.measure(function, event)
            except Exception:
                logger.exception("function failed", extra={"function": function.name})
            else:
                return
        told = {"version": "1.0", "requestContext": {}, "requestPayload": event}
        client("sqs").send_message(QueueUrl=_kept(function), MessageBody=json.dumps(told))


@functools.cache
def _resources() -> Mapping[str, Any]:
    found: Mapping[str, Any] = load_template(ROOT / "infra" / "functions.yaml")["Resources"]
    return found


@functools.cache
def _subscribed() -> dict[str, str]:
    """Log group -> the logical name of the function that reads it."""
    filters = [r["Properties"] for r in _resources().values() if _is_filter(r)]
    return {_here(f["LogGroupName"]): f["DestinationArn"]["Fn::GetAtt"][0] for f in filters}


def _is_filter(resource: Mapping[str, Any]) -> bool:
    return resource.get("Type") == "AWS::Logs::SubscriptionFilter"


def _kept(function: Function) -> str:
    """Where what a function could not take is kept."""
    settings = _resources()[logical_name(function.name)]["Properties"]["EventInvokeConfig"]
    arn = _here(settings["DestinationConfig"]["OnFailure"]["Destination"])
    return queue_url(arn.rpartition(":")[2])


def _here(text: Mapping[str, str]) -> str:
    known = {"AWS::Region": REGION, "AWS::AccountId": DEFAULT_ACCOUNT_ID, "Stage": STAGE}
    said = text["Fn::Sub"]
    for name, value in known.items():
        said = said.replace(f"${{{name}}}", value)
    return said
