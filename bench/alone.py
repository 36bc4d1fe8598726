"""One packaged function in a process of its own, as Lambda starts it, answered from a recording.

`python -I -S alone.py <recording>`; the recording (`bench.recording`) says where the code lies, what
the environment is, which handler runs on which event, and what AWS answers. Without a handler, the
floor: a bare boto3 client for DynamoDB.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any


class Context:
    """What Lambda tells a function about its run."""

    function_name = "alone"
    memory_limit_in_mb = 512
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 25_000


class Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self.read()


def main(said: dict[str, Any]) -> None:
    sys.path[:0] = said["path"]
    os.environ.update(said["environment"])
    if not said["handler"]:
        import boto3

        boto3.client("dynamodb", region_name="us-east-1")
        return
    from importlib import import_module

    module, _, name = said["handler"].rpartition(".")
    handler = getattr(import_module(module), name)
    if said["event"] is not None:
        _answer_from(said["answers"])
        answer = handler(said["event"], Context()) or {}
        if answer.get("batchItemFailures") or answer.get("statusCode", 200) != 200:
            raise RuntimeError("The first event failed; its recording does not fit.")


def _answer_from(answers: list[list[Any]]) -> None:
    import botocore.handlers
    from botocore.awsrequest import AWSResponse

    def answer(request: Any, event_name: str, **_: Any) -> Any:
        operation = event_name.partition(".")[2]
        at = next(i for i, known in enumerate(answers) if known[0] == operation)
        _, status, headers, body = answers.pop(at)
        return AWSResponse(request.url, status, headers, Raw(body.encode("latin-1")))

    botocore.handlers.BUILTIN_HANDLERS.append(("before-send", answer))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 - no import before the start
        main(json.load(file))
    os._exit(0)  # ending is no part of a start
