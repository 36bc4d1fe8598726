"""Attachments and raw mails in S3, named by what they contain."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any, Protocol

from chalicelib.channels.files.photos import thumbnail_of, without_metadata
from chalicelib.errors import NotFound
from chalicelib.messages import Attachment

# Imported where used: botocore comes with the first client, not before it.

PREFIX = "files/"
THUMBNAILS = "thumbnails/"
SCAN_TAG = "GuardDutyMalwareScanStatus"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ABSENT = frozenset({"NoSuchKey", "404", "NotFound", "NoSuchBucket"})
_PRESENT = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


class Scan(StrEnum):
    """What is known about a file's harmlessness. Only a clean one may be fetched, by anybody."""

    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"


class FileScanner(Protocol):
    """Decides when a file may be fetched."""

    def verdict(self, digest: str) -> Scan:
        """What the scanner says of the stored file; `PENDING` when it says nothing, or is down."""
        ...


class TagScanner:
    """Satisfies `FileScanner`: reads the tag that GuardDuty's malware protection puts on an object.

    A file that GuardDuty could not look into (too large, locked, failed) stays pending for good:
    nobody knows that it is clean. The raw mail keeps it.
    """

    def __init__(self, client: Any, *, files_bucket: str) -> None:
        self._client = client
        self._bucket = files_bucket

    def verdict(self, digest: str) -> Scan:
        """As the tag of the object says."""
        from botocore.exceptions import BotoCoreError, ClientError

        if not _DIGEST.fullmatch(digest):
            return Scan.PENDING
        try:
            found = self._client.get_object_tagging(Bucket=self._bucket, Key=PREFIX + digest)
        except (BotoCoreError, ClientError):
            return Scan.PENDING
        tags = {tag["Key"]: tag["Value"] for tag in found.get("TagSet", ())}
        return _VERDICTS.get(tags.get(SCAN_TAG, ""), Scan.PENDING)


_VERDICTS = {"NO_THREATS_FOUND": Scan.CLEAN, "THREATS_FOUND": Scan.INFECTED}


class S3Files:
    """Satisfies `FileStore`. Attachments lie under `files/<digest>` of one bucket, mails in another."""

    def __init__(self, client: Any, *, files_bucket: str, mail_bucket: str) -> None:
        self._client = client
        self._files_bucket = files_bucket
        self._mail_bucket = mail_bucket

    def put(self, attachment: Attachment) -> Attachment:
        """Keep the content under its digest; the attachment as kept, without content.

        A photo is kept without its metadata, so its digest and size change. Safe to repeat. The
        object is opaque on purpose: whoever serves it says what it is, S3 never does.
        """
        if attachment.content is None:
            return attachment
        content = without_metadata(attachment.content)
        digest = hashlib.sha256(content).hexdigest()
        self._write(PREFIX + digest, content)
        if small := thumbnail_of(attachment.content):
            self._write(THUMBNAILS + digest, small)
        return replace(attachment, content=None, digest=digest, size=len(content))

    def _write(self, key: str, content: bytes) -> None:
        from botocore.exceptions import ClientError

        try:
            self._client.put_object(
                Bucket=self._files_bucket,
                Key=key,
                Body=content,
                ContentType="application/octet-stream",
                ContentDisposition="attachment",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _PRESENT:
                raise

    def get(self, digest: str) -> bytes:
        """The content, which is exactly what its name and the scanner vouch for. Raises `NotFound`."""
        if not _DIGEST.fullmatch(digest):
            raise NotFound("There is no such file.")
        content = self._read(self._files_bucket, PREFIX + digest)
        if hashlib.sha256(content).hexdigest() != digest:
            raise NotFound("The file is not what was stored.")
        return content

    def link(self, digest: str, disposition: str) -> str:
        """Where S3 itself hands out the content, as a download, for a minute; no call is made."""
        return self._link(self._files_bucket, PREFIX + digest, disposition)

    def raw_link(self, key: str, disposition: str) -> str:
        """The same for a raw mail."""
        return self._link(self._mail_bucket, key, disposition)

    def _link(self, bucket: str, key: str, disposition: str) -> str:
        wanted = {
            "Bucket": bucket,
            "Key": key,
            "ResponseContentDisposition": disposition,
            "ResponseContentType": "application/octet-stream",
            "ResponseCacheControl": "no-store",
        }
        found: str = self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=60)
        return found

    def thumbnail(self, digest: str) -> bytes:
        """The small picture of a photo. Raises `NotFound` when it has none."""
        if not _DIGEST.fullmatch(digest):
            raise NotFound("There is no such file.")
        return self._read(self._files_bucket, THUMBNAILS + digest)

    def lines(self, digest: str) -> Iterator[str]:
        """The lines of a kept text, one after the other; only a piece of it is ever held."""
        body = self._client.get_object(Bucket=self._files_bucket, Key=PREFIX + digest)["Body"]
        for number, line in enumerate(body.iter_lines(chunk_size=65_536, keepends=True)):
            yield line.decode("utf-8-sig" if number == 0 else "utf-8")

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
