"""The files of an export into the two buckets; a file that is there is left alone."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.config import Settings
from infra.moving.folder import Line, MovingError, inside

PRESENT = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
STORED = "stored"
_NAMES = {STORED: re.compile(r"(files|thumbnails)/[0-9a-f]{64}"), "mail": re.compile(r".+")}
ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})


class Objects:
    """Puts the files that `files.jsonl` names where the service looks for them."""

    def __init__(self, client: Any, settings: Settings, folder: Path) -> None:
        self._client = client
        self._buckets = {STORED: settings.files_bucket, "mail": settings.mail_bucket}
        self._folder = folder

    def check(self, line: Line) -> None:
        """See that a bucket of ours is meant and no other file has the name. Raises `MovingError`."""
        bucket, key, told = self._place(line)
        if told["bucket"] == STORED:
            return  # named by what it contains
        try:
            size = self._client.head_object(Bucket=bucket, Key=key)["ContentLength"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                return
            raise
        if size != told["bytes"]:
            raise MovingError(f"{line.place}: another {key} is in {bucket}. Take it away first.")

    def put(self, line: Line) -> None:
        """Store one file as the service would have. Raises `MovingError` where another one is."""
        bucket, key, told = self._place(line)
        path = inside(self._folder, told["path"])
        try:
            with path.open("rb") as content:
                self._client.put_object(
                    Bucket=bucket,
                    Key=key,
                    Body=content,
                    ContentType="application/octet-stream",
                    ContentDisposition="attachment",
                    IfNoneMatch="*",
                )
        except ClientError as error:
            if error.response["Error"]["Code"] not in PRESENT:
                raise
            if told["bucket"] != STORED:
                self._check_same(line, bucket, key, told)

    def _check_same(self, line: Line, bucket: str, key: str, told: dict[str, Any]) -> None:
        body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
        digest = hashlib.sha256()
        for piece in body.iter_chunks():
            digest.update(piece)
        if digest.hexdigest() != told["sha256"]:
            raise MovingError(f"{line.place}: another {key} is in {bucket}. Take it away first.")

    def _place(self, line: Line) -> tuple[str, str, dict[str, Any]]:
        told = line.read()
        place, key = str(told.get("bucket")), str(told.get("key"))
        if place not in self._buckets or not _NAMES[place].fullmatch(key):
            raise MovingError(f"{line.place} names no file of a city. Export again.")
        return self._buckets[place], key, told
