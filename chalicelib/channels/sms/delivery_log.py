"""SNS's delivery log as CloudWatch Logs hands it over: unpacked, checked, one record each; pure."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib import logs
from chalicelib.channels import bounds
from chalicelib.channels.sms.receipts import is_whole
from chalicelib.errors import InvalidMessage

log = logs.Log(__name__)

FAILURES = "/Failure"


def open_batch(event: Mapping[str, Any], group: str) -> list[Mapping[str, Any]]:
    """The records of a batch of `group` (such as `sns/<region>/<account>/DirectPublishToPhoneNumber`)
    or of its failures; none in a probe.

    What is half missing is left out, and counted in the log. Raises `InvalidMessage` for what cannot
    be unpacked, and for the log of another account, region or group.
    """
    batch = _unpacked(event)
    if batch.get("messageType") == "CONTROL_MESSAGE":
        return []
    _check(batch, group)
    lines = batch.get("logEvents")
    lines = lines if isinstance(lines, list) else []
    records = list(_records(lines))
    if dropped := len(lines) - len(records):
        log.warning("records of texts that are not whole were dropped", count=dropped)
    return records


def _unpacked(event: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        packed = base64.b64decode(event["awslogs"]["data"], validate=True)
        batch = json.loads(
            zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(packed, bounds.LOG_BYTES)
        )
    except (KeyError, TypeError, ValueError, RecursionError, zlib.error) as error:
        raise InvalidMessage(
            "This is no batch of a log; look at what calls the function."
        ) from error
    if not isinstance(batch, Mapping):
        raise InvalidMessage("The batch of a log is not a JSON object.")
    return batch


def _check(batch: Mapping[str, Any], group: str) -> None:
    is_ours = bool(group) and batch.get("logGroup") in (group, group + FAILURES)
    if not is_ours or batch.get("owner") not in (None, group.split("/")[2]):
        raise InvalidMessage("A log of another account, region or group; see SMS_LOG_GROUP.")


def _records(lines: list[Any]) -> Iterator[Mapping[str, Any]]:
    for line in lines:
        try:
            record = json.loads(line["message"])
        except (KeyError, TypeError, ValueError, RecursionError):
            continue
        if isinstance(record, Mapping) and is_whole(record):
            yield record
