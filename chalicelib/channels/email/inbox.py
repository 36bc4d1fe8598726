"""The received mails in their bucket, and what SES would have told of one: it wrote it above the mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from chalicelib.channels import bounds
from chalicelib.channels.email.envelopes import Payload

PREFIX = "inbound/"
NO_MAIL = "AMAZON_SES_SETUP_NOTIFICATION"  # SES leaves it when the rule is made
_END = "x-ses-receipt"
_VERDICTS = {"pass": "PASS", "fail": "FAIL"}
_FOR = re.compile(r"\bfor <?([^\s<>;]+@[^\s<>;]+?)>?;")


@dataclass(frozen=True, slots=True)
class Stored:
    """A mail in the bucket: SES names it by the mail's id."""

    key: str
    at: datetime

    @property
    def message_id(self) -> str:
        """The id under which SES told of it, or should have; empty for what is no mail."""
        name = self.key.removeprefix(PREFIX)
        return "" if name == NO_MAIL else name


class Inbox:
    """The bucket that SES puts mail into."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def page(self, after: str) -> list[Stored]:
        """Up to a thousand mails behind the key `after`, in the order of their names; none at the end."""
        asked = {"Bucket": self._bucket, "Prefix": PREFIX, "StartAfter": after}
        found = self._client.list_objects_v2(**asked).get("Contents", ())
        return [Stored(each["Key"], each["LastModified"]) for each in found]

    def news(self, key: str, at: datetime) -> Payload:
        """The notification of a receipt rule about the mail `key` that came `at` this moment."""
        asked = {
            "Bucket": self._bucket,
            "Key": key,
            "Range": f"bytes=0-{bounds.SES_HEAD_BYTES - 1}",
        }
        head = self._client.get_object(**asked)["Body"].read()
        return announcement(Stored(key, at), self._bucket, head)


def announcement(mail: Stored, bucket: str, head: bytes) -> Payload:
    """The notification of a receipt rule about `mail`, whose first bytes are `head`.

    SES writes its verdicts above a mail and closes them with a receipt of its own; what stands below is
    the sender's, and is not believed. A verdict that is not there, or that is contradicted,
    is GRAY: an address may hold the words of one.
    """
    told = _told_by_ses(BytesHeaderParser().parsebytes(head))
    recipient = _FOR.search(told.get("received", ""))
    at = mail.at.isoformat()
    return {
        "notificationType": "Received",
        "mail": {
            "timestamp": at,
            "source": told.get("return-path", "").strip("<> "),
            "messageId": mail.message_id,
        },
        "receipt": {
            "timestamp": at,
            "recipients": [recipient[1]] if recipient else [],
            **{f"{name}Verdict": {"status": verdict} for name, verdict in _verdicts(told).items()},
            "action": {
                "type": "S3",
                "bucketName": bucket,
                "objectKeyPrefix": PREFIX,
                "objectKey": mail.key,
            },
        },
    }


def _told_by_ses(headers: Message) -> dict[str, str]:
    """The first of each header down to SES's receipt; none where there is no such receipt."""
    told: dict[str, str] = {}
    for name, value in headers.items():
        told.setdefault(name.lower(), " ".join(str(value).split()))
        if name.lower() == _END:
            return told
    return {}


def _verdicts(told: dict[str, str]) -> dict[str, str]:
    results = told.get("authentication-results", "")
    found = {name: told.get(f"x-ses-{name}-verdict", "GRAY").upper() for name in ("spam", "virus")}
    for name in ("spf", "dkim", "dmarc"):
        said = set(re.findall(rf"\b{name}=(\w+)", results.lower()))
        found[name] = _VERDICTS.get(said.pop() if len(said) == 1 else "", "GRAY")
    return found
