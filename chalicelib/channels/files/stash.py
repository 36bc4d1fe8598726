"""Photos on their way into a report: kept a day under a name that nobody guesses; knows no report."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.channels import bounds
from chalicelib.channels.files.uploads import TYPES
from chalicelib.config import aws_domain
from chalicelib.errors import InvalidRequest, NotFound

# Imported where used: botocore comes with the first client, not before it.

PREFIX = "uploads/"
VALID_SECONDS = 900


@dataclass(frozen=True, slots=True)
class DirectPost:
    """Where a browser may post one file, and the fields that it must send with it."""

    key: str
    url: str
    fields: dict[str, str]


class Stash:
    """Files that no report holds yet, in S3; the bucket forgets them after a day."""

    def __init__(self, client: Callable[[], Any], *, bucket: str, region: str) -> None:
        self._client = client  # made when first asked: every form names the host, few keep a file
        self._bucket = bucket
        self._region = region

    @property
    def host(self) -> str:
        """The host that browsers post to; pages must allow it."""
        return f"{self._bucket}.s3.{self._region}.{aws_domain(self._region)}"

    def invite(self, content_type: str) -> DirectPost:
        """Leave to post one file of this type, of at most `bounds.UPLOAD_BYTES`, straight to the store.

        Type, size and name are fixed by the signature. Raises `InvalidRequest` for another type.
        """
        if content_type not in TYPES:
            raise InvalidRequest("This kind of file cannot be sent.", {"type": "not_a_photo"})
        key = PREFIX + secrets.token_urlsafe(24)
        fixed = {"Content-Type": content_type}
        post = self._client().generate_presigned_post(
            Bucket=self._bucket,
            Key=key,
            Fields=dict(fixed),
            Conditions=[fixed, ["content-length-range", 1, bounds.UPLOAD_BYTES]],
            ExpiresIn=VALID_SECONDS,
        )
        return DirectPost(key, f"https://{self.host}/", post["fields"])

    def put(self, content: bytes) -> str:
        """Keep a file that came by a form, for a step that comes between; its key."""
        key = PREFIX + secrets.token_urlsafe(24)
        self._client().put_object(
            Bucket=self._bucket, Key=key, Body=content, ContentType="application/octet-stream"
        )
        return key

    def take(self, key: str) -> bytes:
        """The content. Raises `NotFound` when it was never sent or is forgotten by now."""
        from botocore.exceptions import ClientError

        try:
            found = self._client().get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            raise NotFound("The file is not here any more; send it again.") from error
        if found["ContentLength"] > bounds.UPLOAD_BYTES:
            raise NotFound("The file is too large.")
        content: bytes = found["Body"].read()
        return content
