"""Attachments and raw mails in S3, named by what they contain."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from chalicelib.errors import NotFound
from chalicelib.messages import Attachment

PREFIX = "files/"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ABSENT = frozenset({"NoSuchKey", "404", "NotFound", "NoSuchBucket"})
_PRESENT = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


class S3Files:
    """Satisfies `FileStore`. Attachments lie under `files/<digest>` of one bucket, mails in another."""

    def __init__(self, client: Any, *, files_bucket: str, mail_bucket: str) -> None:
        self._client = client
        self._files_bucket = files_bucket
        self._mail_bucket = mail_bucket

    def put(self, attachment: Attachment) -> Attachment:
        """Keep the content under its digest; the attachment without content. Safe to repeat.

        The object is opaque on purpose: whoever serves it says what it is, S3 never does.
        """
        from botocore.exceptions import ClientError

        if attachment.content is not None:
            try:
                self._client.put_object(
                    Bucket=self._files_bucket,
                    Key=PREFIX + attachment.digest,
                    Body=attachment.content,
                    ContentType="application/octet-stream",
                    ContentDisposition="attachment",
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if error.response["Error"]["Code"] not in _PRESENT:
                    raise
        return replace(attachment, content=None)

    def get(self, digest: str) -> bytes:
        """The content. Raises `NotFound`."""
        if not _DIGEST.fullmatch(digest):
            raise NotFound("There is no such file.")
        return self._read(self._files_bucket, PREFIX + digest)

    def raw(self, key: str) -> bytes:
        """The bytes of a raw mail. Raises `NotFound`."""
        if not key:
            raise NotFound("There is no such mail.")
        return self._read(self._mail_bucket, key)

    def _read(self, bucket: str, key: str) -> bytes:
        from botocore.exceptions import ClientError

        try:
            body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                raise NotFound("There is no such file.") from error
            raise
        content: bytes = body.read()
        return content
