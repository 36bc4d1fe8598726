"""Every error that a line of the log could be about, each with a citizen's words and address in it."""

from __future__ import annotations

import inspect
import json
import string
from collections.abc import Iterator
from typing import Any

from botocore import exceptions as aws

from chalicelib import errors

CANARY = "canary"
WORDS = f"{CANARY} ana.{CANARY}@example.org +12025550{CANARY}"
CODES = (
    "AccessDeniedException",
    "ConditionalCheckFailedException",
    "InternalServerError",
    "MessageRejected",
    "ProvisionedThroughputExceededException",
    "TransactionCanceledException",
    "ValidationException",
    WORDS,  # a code that is none
)


def all_errors() -> list[Exception]:
    """One of each: ours, botocore's, and what Python itself raises over a citizen's words."""
    return [*_ours(), *_of_botocore(), *_of_python()]


def of_a_refused_item() -> list[Exception]:
    """What a call to AWS can end with that says what it was asked to write."""
    return [refusal("ValidationException"), aws.HTTPClientError(error=WORDS), ValueError(WORDS)]


def refusal(code: str) -> Exception:
    """A refusal by DynamoDB that repeats the item, as it does."""
    reasons = [{"Code": "ValidationError", "Message": WORDS, "Item": {"text": {"S": WORDS}}}]
    response = {"Error": {"Code": code, "Message": WORDS}, "CancellationReasons": reasons}
    return aws.ClientError(response, "TransactWriteItems")


def _ours() -> Iterator[Exception]:
    """A `ConfigurationError` is left out: it quotes settings, and is told in full on purpose."""
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.DeskError):
            is_plain = kind is not errors.UnreadableTicket
            yield kind(WORDS) if is_plain else errors.UnreadableTicket(WORDS, WORDS, is_newer=True)
    yield errors.InvalidRequest(WORDS, {WORDS: WORDS})


def _of_botocore() -> Iterator[Exception]:
    yield from map(refusal, CODES)
    for kind in vars(aws).values():
        if isinstance(kind, type) and issubclass(kind, aws.BotoCoreError):
            yield kind(**_wanted(kind))


def _wanted(kind: Any) -> dict[str, Any]:
    """What its constructor names, or else what its message speaks of."""
    named = dict.fromkeys(set(inspect.signature(kind).parameters) - {"kwargs"}, WORDS)
    spoken = [name for _, name, _, _ in string.Formatter().parse(kind.fmt) if name]
    is_open = "kwargs" in inspect.signature(kind).parameters
    return named | (dict.fromkeys(spoken, WORDS) if is_open else {})


def _of_python() -> Iterator[Exception]:
    for kind in (ValueError, KeyError, TypeError, RuntimeError, OSError, AssertionError):
        yield kind(WORDS)
    yield UnicodeDecodeError("utf-8", WORDS.encode(), 0, 1, WORDS)
    yield json.JSONDecodeError(WORDS, WORDS, 0)
