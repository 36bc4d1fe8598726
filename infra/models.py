"""The SDK's descriptions of the calls that we make, and of no others; `python -m infra.models` writes them.

botocore reads a service's whole description to make its client, 1.4 MB for S3; these are a twentieth. They
lie beside `chalicelib/bootstrap`, so that the town and every test work with what runs on AWS.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore

from chalicelib.bootstrap import SDK_MODELS

SDK = Path(botocore.__file__).parent / "data"
SERVICE, ENDPOINTS = "service-2.json", "endpoint-rule-set-1.json"
# A call that is missing here is missing in every client, in tests as on AWS.
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "cognito-idp": (
        "AdminAddUserToGroup",
        "AdminCreateUser",
        "AdminDisableUser",
        "AdminEnableUser",
        "AdminGetUser",
        "AdminListGroupsForUser",
        "AdminRemoveUserFromGroup",
        "AdminResetUserPassword",
        "AdminSetUserMFAPreference",
        "AdminUpdateUserAttributes",
        "AdminUserGlobalSignOut",
        "AssociateSoftwareToken",
        "ChangePassword",
        "ConfirmForgotPassword",
        "CreateGroup",
        "DescribeUserPoolClient",
        "ForgotPassword",
        "InitiateAuth",
        "ListUsers",
        "ListUsersInGroup",
        "RespondToAuthChallenge",
        "RevokeToken",
        "SetUserMFAPreference",
        "VerifySoftwareToken",
    ),
    "dynamodb": (
        "BatchGetItem",
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    ),
    "pinpoint-sms-voice-v2": ("SendTextMessage",),
    # CreateBucket is never called: botocore makes the address of a browser's post from it.
    "s3": ("CreateBucket", "GetObject", "GetObjectTagging", "ListObjectsV2", "PutObject"),
    "secretsmanager": ("GetSecretValue", "PutSecretValue"),
    "sesv2": ("GetAccount", "SendEmail"),
    "sns": ("Publish",),
    "sqs": ("GetQueueAttributes", "GetQueueUrl", "SendMessage", "SendMessageBatch"),
}
_PARTS = ("input", "output")
_NESTED = ("member", "key", "value")


def descriptions() -> Iterator[tuple[Path, str]]:
    """Every file, by its path below `SDK_MODELS`, with its text."""
    for service, operations in OPERATIONS.items():
        folder = max((SDK / service).iterdir())
        whole = _read(folder / SERVICE)
        yield Path(service, folder.name, SERVICE), _written(trimmed(whole, operations))
        yield Path(service, folder.name, ENDPOINTS), _written(_read(folder / ENDPOINTS))


def trimmed(model: Mapping[str, Any], operations: tuple[str, ...]) -> dict[str, Any]:
    """The model with these operations, the shapes that they reach, and no documentation."""
    kept = {name: model["operations"][name] for name in operations}
    shapes: dict[str, Any] = {}
    for operation in kept.values():
        for shape in [operation[part] for part in _PARTS if part in operation]:
            _reach(shape["shape"], model["shapes"], shapes)
        for error in operation.get("errors", ()):
            _reach(error["shape"], model["shapes"], shapes)
    own = {"operations": kept, "shapes": shapes}
    return {name: model[name] for name in model if name != "documentation"} | _undocumented(own)


def _reach(name: str, known: Mapping[str, Any], found: dict[str, Any]) -> None:
    if name in found:
        return
    shape = found[name] = known[name]
    nested = [shape[part] for part in _NESTED if part in shape]
    for part in [*nested, *shape.get("members", {}).values()]:
        _reach(part["shape"], known, found)


def _undocumented(value: Any) -> Any:
    """The value without what is written for people; a client's parameters keep it, botocore asks."""
    if isinstance(value, dict):
        return {k: _undocumented(v) for k, v in value.items() if k != "documentation"}
    return [_undocumented(each) for each in value] if isinstance(value, list) else value


def _read(path: Path) -> Any:
    packed = path.with_name(f"{path.name}.gz")
    return json.loads(
        gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()
    )


def _written(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True) + "\n"


if __name__ == "__main__":
    for place, text in descriptions():
        path = SDK_MODELS / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
