"""Peels what SQS and SNS put around a JSON payload; knows neither mail nor receipts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from chalicelib.errors import InvalidMessage

Payload = dict[str, Any]


def unwrap(body: str) -> Payload | None:
    """The JSON object inside an SQS body, with or without its SNS envelope.

    None for what SNS and S3 send about themselves (subscriptions, test events). Raises
    `InvalidMessage` for anything that is no JSON object.
    """
    payload = _object(body)
    if payload.get("Type") in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        return None
    if payload.get("Type") == "Notification" and isinstance(payload.get("Message"), str):
        payload = _object_or_text(payload["Message"])
    return None if not payload or payload.get("Event") == "s3:TestEvent" else payload


def _object(text: str) -> Payload:
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidMessage("The queue message is not JSON; look at what sent it.") from error
    if not isinstance(payload, dict):
        raise InvalidMessage("The queue message is not a JSON object; look at what sent it.")
    return payload


def _object_or_text(text: str) -> Payload:
    """SES announces a new event destination in plain words; that is nothing to read."""
    return _object(text) if text.lstrip().startswith("{") else {}


def moment(text: object) -> datetime | None:
    """An ISO 8601 moment in UTC, or None."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def mapping(value: object) -> Payload:
    """`value` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def texts(value: object) -> tuple[str, ...]:
    """The strings of a JSON list, or nothing."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
