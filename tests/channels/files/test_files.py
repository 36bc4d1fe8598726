"""Files are kept under what they contain, once, and absent ones look alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from chalicelib.channels.files.storage import S3Files
from chalicelib.errors import NotFound
from chalicelib.messages import Attachment

CONTENT = b"lamp"
LAMP = Attachment(
    filename="lamp.txt",
    content_type="text/plain",
    size=4,
    digest=hashlib.sha256(CONTENT).hexdigest(),
    content=CONTENT,
)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An S3 with the two buckets."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = botocore.session.get_session().create_client("s3", region_name="us-east-1")
        for bucket in ("files", "mail"):
            client.create_bucket(Bucket=bucket)
        yield client


def test_a_file_is_kept_and_comes_back(s3: Any) -> None:
    files = S3Files(s3, files_bucket="files", mail_bucket="mail")
    kept = files.put(LAMP)
    assert (kept.digest, kept.content) == (LAMP.digest, None)
    assert files.get(LAMP.digest) == CONTENT


def test_keeping_twice_is_keeping_once(s3: Any) -> None:
    files = S3Files(s3, files_bucket="files", mail_bucket="mail")
    files.put(LAMP)
    files.put(LAMP)
    assert s3.list_objects_v2(Bucket="files")["KeyCount"] == 1


def test_a_kept_file_says_nothing_of_its_type(s3: Any) -> None:
    S3Files(s3, files_bucket="files", mail_bucket="mail").put(LAMP)
    head = s3.head_object(Bucket="files", Key=f"files/{LAMP.digest}")
    assert head["ContentType"] == "application/octet-stream"
    assert head["ContentDisposition"] == "attachment"


@pytest.mark.parametrize("digest", ["", "x", "../mail/one", "a" * 64])
def test_a_file_that_is_not_there_is_not_found(s3: Any, digest: str) -> None:
    with pytest.raises(NotFound):
        S3Files(s3, files_bucket="files", mail_bucket="mail").get(digest)


def test_a_raw_mail_is_read_whole(s3: Any) -> None:
    s3.put_object(Bucket="mail", Key="one", Body=b"raw")
    files = S3Files(s3, files_bucket="files", mail_bucket="mail")
    assert files.raw("one") == b"raw"
    with pytest.raises(NotFound):
        files.raw("two")
