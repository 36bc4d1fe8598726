"""DynamoDB's everyday calls straight to moto's handler, without the way over HTTP that others take."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.dynamodb.responses import DynamoHandler

Reply = tuple[int, dict[str, str], str]
PREFIX = "DynamoDB_20120810."
EVERYDAY = {
    PREFIX + name: camelcase_to_underscores(name)
    for name in (
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactWriteItems",
        "UpdateItem",
    )
}


def directly(original: Any) -> Callable[..., Any]:
    """What moto answers to a request; one with bytes in it goes moto's own way."""

    def process_request(self: Any, request: Any) -> Any:
        action = EVERYDAY.get(_text(request.headers.get("X-Amz-Target", "")))
        host = urlsplit(request.url).hostname or ""
        if action is None or not host.startswith("dynamodb.") or b'"B' in request.body:
            return original(self, request)
        return _answer(_handler(request, host.split(".")[1]), action)

    return process_request


def _handler(request: Any, region: str) -> DynamoHandler:
    handler = DynamoHandler()
    handler.region, handler.current_account = region, DEFAULT_ACCOUNT_ID
    handler.headers = {name: _text(value) for name, value in request.headers.items()}
    handler.querystring, handler.response_headers = {}, {}
    handler.body = handler.params = json.loads(request.body)
    return handler


def _answer(handler: DynamoHandler, action: str) -> Reply:
    try:
        result: ActionResult = getattr(handler, action)()
    except Exception as error:
        return _refusal(handler, action, error)
    return 200, {}, json.dumps(result.result, default=_encoded)


def _refusal(handler: DynamoHandler, action: str, error: Exception) -> Reply:
    """How moto words an error that its handler raised."""

    def again() -> None:
        raise error

    setattr(handler, action, again)
    refusal: Reply = handler.call_action()
    return refusal


def _encoded(value: Any) -> str:
    return base64.b64encode(value).decode()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
