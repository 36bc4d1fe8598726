"""One packaged function in a process of its own, as Lambda would start it.

Run with `python -I -S alone.py <unpacked zip> <runtime libraries> <development libraries> <root>`
and a JSON document with `handler`, `function`, `event` and `with_catalogue` on standard input.
The handler is imported with nothing but the zip and what the runtime has; only then moto comes in,
with the real state stack.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

MAIL = b"""From: Ada Ochoa <ada@resident.example>
To: help@report.city.example
Subject: Street light out
Message-ID: <alone@resident.example>
Date: Sun, 22 Nov 2026 07:00:00 +0000

The light at 12 Elm Street is out.
"""


TEXT_LOG = "sns/us-east-1/123456789012/DirectPublishToPhoneNumber"


class Context:
    """What Lambda tells a function about its run."""

    function_name = "alone"
    memory_limit_in_mb = 512
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 25_000


def main() -> None:
    unpacked, runtime, development, root = sys.argv[1:5]
    wanted = json.load(sys.stdin)
    sys.path[:0] = [unpacked, runtime]
    module_name, _, name = wanted["handler"].rpartition(".")
    outputs_wanted = wanted["function"]["Environment"]["Variables"]
    os.environ.update({key: text for key, text in outputs_wanted.items() if isinstance(text, str)})
    os.environ.update(AWS_DEFAULT_REGION="us-east-1", AWS_ACCESS_KEY_ID="x")
    os.environ.update(AWS_SECRET_ACCESS_KEY="x", SMS_LOG_GROUP=TEXT_LOG)
    os.environ.update(TABLE_NAME="civicline-dev")
    handler = getattr(importlib.import_module(module_name), name)
    loaded = sorted(sys.modules)
    _stand_in_for_aws(development, root, with_catalogue=wanted["with_catalogue"])
    answer = handler(wanted["event"], Context())
    json.dump({"answer": answer, "loaded": loaded, "kinds": _kinds()}, sys.stdout)


def _stand_in_for_aws(development: str, root: str, *, with_catalogue: bool) -> None:
    sys.path.extend([development, root])
    import boto3
    from moto import mock_aws

    from infra.local import engine

    engine.install()
    mock_aws().start()
    from infra.cloudformation import load_template
    from infra.moto_models import deploy

    deploy(load_template(f"{root}/infra/receiving.yaml"), "receiving", {})
    outputs = deploy(load_template(f"{root}/infra/template.yaml"), "state", {"Stage": "dev"})
    for name in ("MailBucket", "FilesBucket", "UserPoolId", "UserPoolClientId"):
        key = "".join(f"_{c}" if c.isupper() else c for c in name).strip("_").upper()
        os.environ[key] = outputs[name]
    if with_catalogue:
        from infra.deploy import plant

        plant(os.environ, boto3.client)
    boto3.client("s3").put_object(Bucket=outputs["MailBucket"], Key="inbound/alone", Body=MAIL)


def _kinds() -> list[str]:
    """What kinds of things are in the table."""
    import boto3

    items: list[dict[str, Any]] = boto3.client("dynamodb").scan(TableName="civicline-dev")["Items"]
    return sorted({item["pk"]["S"].split("#")[1] for item in items})


if __name__ == "__main__":
    main()
