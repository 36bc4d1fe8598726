"""Faults on the way to AWS: refused, throttled, lost answers, lying reads; for everything on moto.

A fault meets every client, whoever made it, since it sits where moto answers.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber

from infra.local.engine import OWN_CALLS

End = tuple[BaseException | None, bool]  # how a call ends, and whether after it took effect
Reply = Callable[[AWSRequest], AWSResponse]


class _Raw(io.BytesIO):
    """A body as botocore's HTTP session gives it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.getvalue()


def answer(payload: Mapping[str, Any], status: int = 200) -> Reply:
    """An answer made up in the JSON protocol of DynamoDB and SQS."""

    def reply(request: AWSRequest) -> AWSResponse:
        headers = {"x-amzn-requestid": "fault", "content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, status, headers, _Raw(json.dumps(payload).encode()))

    return reply


def refusal(code: str, **extra: Any) -> Reply:
    """An error of DynamoDB's, such as `ProvisionedThroughputExceededException`."""
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    return answer({"__type": kind, "message": code, **extra}, 400)


def sms_refusal(code: str, words: str = "") -> Reply:
    """An error of SNS's, which speaks XML."""

    def reply(request: AWSRequest) -> AWSResponse:
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{words or code}</Message></Error>"
        body = f"<ErrorResponse>{error}<RequestId>fault</RequestId></ErrorResponse>"
        return AWSResponse(request.url, 400, {"content-type": "text/xml"}, _Raw(body.encode()))

    return reply


def cancelled(*codes: str) -> Reply:
    """A cancelled transaction with one reason per item."""
    reasons = [{"Code": code} for code in codes]
    return refusal("TransactionCanceledException", CancellationReasons=reasons)


@dataclass
class Seen:
    """What came by: how many calls of the operation, and the bodies they sent."""

    calls: int = 0
    bodies: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def fault(
    operation: str,
    *,
    nth: int = 1,
    times: int = 1,
    reply: Reply | None = None,
    is_lost: bool = False,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Seen]:
    """Meet calls of `operation` (as in `dynamodb.PutItem`) from the `nth` on, `times` of them.

    They get `reply` and reach nothing; or, when `is_lost`, they are carried out and the caller waits
    in vain for the answer. Neither: they cannot connect in time and reach nothing. `meanwhile` is
    what others do in that time.
    """
    original, seen, lock = BotocoreStubber.__call__, Seen(), threading.Lock()

    def call(self: BotocoreStubber, event_name: str, request: Any, **more: Any) -> Any:
        if not event_name.endswith(operation):
            return original(self, event_name, request, **more)
        with lock:
            seen.calls += 1
            is_hit = nth <= seen.calls < nth + times
            seen.bodies.append(request.body or b"")
        if is_hit and reply:
            return reply(request)
        response = original(self, event_name, request, **more) if is_lost or not is_hit else None
        if is_hit:
            meanwhile()
            raise ReadTimeoutError(endpoint_url=request.url)
        return response

    setattr(BotocoreStubber, "__call__", call)  # noqa: B010 - assigning would need an ignore
    try:
        yield seen
    finally:
        setattr(BotocoreStubber, "__call__", original)  # noqa: B010


class Died(BaseException):
    """The process is gone; nothing catches it on the way."""


@contextlib.contextmanager
def _ending(decide: Callable[[str], End]) -> Iterator[None]:
    """Let `decide` say how each of the app's AWS calls ends: well when it gives no error."""
    original = BotocoreStubber.__call__

    def call(self: BotocoreStubber, event_name: str, request: Any, **more: Any) -> Any:
        if OWN_CALLS.encode() in request.headers.get("User-Agent", b""):
            return original(self, event_name, request, **more)
        end, is_after = decide(event_name)
        response = original(self, event_name, request, **more) if is_after or not end else None
        if end:
            raise end
        return response

    setattr(BotocoreStubber, "__call__", call)  # noqa: B010 - assigning would need an ignore
    try:
        yield
    finally:
        setattr(BotocoreStubber, "__call__", original)  # noqa: B010


@contextlib.contextmanager
def dying(at: int, *, is_after: bool) -> Iterator[list[str]]:
    """The app's `at`-th AWS call is its last, before or after it is carried out."""
    seen, lock = list[str](), threading.Lock()

    def decide(event_name: str) -> End:
        with lock:
            seen.append(event_name)
            return (Died() if len(seen) == at else None), is_after

    with _ending(decide):
        yield seen


@contextlib.contextmanager
def weather(chance: random.Random, *, faults: float, deaths: float) -> Iterator[Counter[str]]:
    """That share of AWS calls is not answered or kills its caller, half of them after they took effect."""
    met = Counter[str]()

    def decide(_: str) -> End:
        luck, is_after = chance.random(), chance.random() < 0.5
        if luck >= faults + deaths:
            return None, False
        met["deaths" if luck < deaths else "faults"] += 1
        end = Died() if luck < deaths else ReadTimeoutError(endpoint_url="https://aws.example")
        return end, is_after

    with _ending(decide):
        yield met
