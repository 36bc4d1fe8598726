"""S3 as a browser meets it: an object behind a signed link, with the headers that the link asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from infra.local.stack import client

_HEADERS = {
    "response-content-type": "Content-Type",
    "response-content-disposition": "Content-Disposition",
    "response-cache-control": "Cache-Control",
}


def store(bucket: str, key: str, content: bytes, moment: datetime) -> None:
    """Keep an object as of the town's `moment`, not of this machine's."""
    client("s3").put_object(Bucket=bucket, Key=key, Body=content)
    kept = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[bucket].keys[key]
    kept.last_modified = moment.astimezone(UTC).replace(tzinfo=None)


def is_link(url: str) -> bool:
    """Whether this is a signed link to an object of ours."""
    return ".amazonaws.com/" in url and "X-Amz-Signature=" in url


def handed_out(url: str) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and content of the object that a signed link names."""
    parts = urlsplit(url)
    bucket, key = _place(parts.netloc, unquote(parts.path.lstrip("/")))
    body: bytes = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    query = parse_qs(parts.query)
    return [(_HEADERS[name], query[name][0]) for name in _HEADERS if name in query], body


def _place(host: str, path: str) -> tuple[str, str]:
    if host.startswith("s3."):
        bucket, _, key = path.partition("/")
        return bucket, key
    return host.partition(".s3.")[0], path
