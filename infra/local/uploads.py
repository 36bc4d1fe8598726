"""S3 as a browser's form meets it: a signed policy held to the letter, and the bucket's CORS rule."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import botocore.session
from werkzeug.wrappers import Request as WebRequest

from infra.cloudformation import load_template
from infra.local.stack import REGION, ROOT, client

_UNSIGNED = {"policy", "x-amz-signature", "file"}
_SHAPE = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{}</Code></Error>'


class Refused(Exception):
    """The store does not take it; the code is S3's."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Stored:
    """The store's answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


def address_of(bucket: str) -> str:
    """Where a browser posts to."""
    return f"https://{bucket}.s3.{REGION}.amazonaws.com/"


def take(environ: Mapping[str, Any], bucket: str) -> Stored:
    """`post` for a WSGI request."""
    request = WebRequest(dict(environ))
    sent = request.files.get("file")
    content = sent.read() if sent else b""
    return post(bucket, request.form.to_dict(), content, request.headers.get("Origin", ""))


def post(bucket: str, fields: Mapping[str, str], content: bytes, origin: str) -> Stored:
    """Keep a file as the signed form allows; 204, or S3's refusal."""
    allowed = tuple(_cors(origin))
    try:
        _check(bucket, fields, len(content))
    except Refused as error:
        body = _SHAPE.format(error.code).encode()
        return Stored(error.status, (*allowed, ("Content-Type", "application/xml")), body)
    kind = fields.get("Content-Type", "binary/octet-stream")
    client("s3").put_object(Bucket=bucket, Key=fields["key"], Body=content, ContentType=kind)
    return Stored(204, allowed)


def _check(bucket: str, fields: Mapping[str, str], size: int) -> None:
    policy = fields.get("policy", "")
    if not policy or not hmac.compare_digest(_signature(fields), fields.get("x-amz-signature", "")):
        raise Refused(403, "SignatureDoesNotMatch")
    document = json.loads(base64.b64decode(policy))
    if datetime.fromisoformat(document["expiration"]) < datetime.now(UTC):
        raise Refused(403, "AccessDenied")
    given, named = {**fields, "bucket": bucket}, {"bucket"}
    for condition in document["conditions"]:
        named |= _check_one(condition, given, size)
    if fields.keys() - named - _UNSIGNED:
        raise Refused(403, "AccessDenied")


def _check_one(condition: Any, given: Mapping[str, str], size: int) -> set[str]:
    """The names of the fields that a condition is about; raises `Refused` when they break it."""
    if isinstance(condition, dict):
        if any(given.get(name) != value for name, value in condition.items()):
            raise Refused(403, "AccessDenied")
        return set(condition)
    kind, low, high = condition
    if kind == "content-length-range":
        if size > high:
            raise Refused(400, "EntityTooLarge")
        if size < low:
            raise Refused(400, "EntityTooSmall")
        return set()
    name = low.removeprefix("$")
    is_met = {"eq": str.__eq__, "starts-with": str.startswith}[kind]
    if not is_met(given.get(name, ""), high):
        raise Refused(403, "AccessDenied")
    return {name}


def _signature(fields: Mapping[str, str]) -> str:
    keys = botocore.session.get_session().get_credentials()
    secret = f"AWS4{keys.secret_key if keys else ''}".encode()
    for part in fields.get("x-amz-credential", "").split("/")[1:]:
        secret = hmac.digest(secret, part.encode(), hashlib.sha256)
    return hmac.digest(secret, fields["policy"].encode(), hashlib.sha256).hex()


def _cors(origin: str) -> Iterator[tuple[str, str]]:
    """What the bucket's rule in the template lets a page of another origin read."""
    bucket = load_template(ROOT / "infra" / "template.yaml")["Resources"]["FilesBucket"]
    for rule in bucket["Properties"]["CorsConfiguration"]["CorsRules"]:
        origins = rule["AllowedOrigins"]
        if origin and "POST" in rule["AllowedMethods"] and {"*", origin} & set(origins):
            yield "Access-Control-Allow-Origin", "*" if "*" in origins else origin
            return
