"""What SES tells about a mail it received, in SES's own shape; reads headers only, trusts nothing."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header, make_header
from email.utils import format_datetime, getaddresses
from typing import Any

from infra.local.receipts import stamp

VERDICTS = ("spam", "virus", "spf", "dkim", "dmarc")
MOST_HEADER_BYTES = 10_000
_FIELD = re.compile(r"([!-9;-~]+)[ \t]*:[ \t]*(.*)", re.DOTALL)

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Reception:
    """One mail as it came in: its bytes, the envelope, and what SES thought of it."""

    message_id: str
    raw: bytes
    at: datetime
    source: str
    recipients: tuple[str, ...]
    verdicts: Mapping[str, str]
    headers: Headers

    @classmethod
    def of(
        cls,
        raw: bytes,
        *,
        at: datetime,
        recipients: Iterable[str] = (),
        source: str | None = None,
        verdicts: Mapping[str, str] | None = None,
    ) -> Reception:
        """Receive `raw`; `verdicts` overrides any of spam, virus, spf, dkim, dmarc, else PASS."""
        headers = read_headers(raw)
        found = {**dict.fromkeys(VERDICTS, "PASS"), **(verdicts or {})}
        unknown = set(found) - set(VERDICTS)
        if unknown:
            raise ValueError(f"SES gives no verdict on {', '.join(sorted(unknown))}.")
        envelope = _envelope_sender(headers) if source is None else source
        return cls(secrets.token_hex(20), raw, at, envelope, tuple(recipients), found, headers)

    def stored(self) -> bytes:
        """The bytes as SES keeps them: with what it found out written above them."""
        found = {name: value.lower() for name, value in self.verdicts.items()}
        to = f" for {self.recipients[0]}" if self.recipients else ""
        lines = (
            f"Return-Path: <{self.source}>",
            (
                "Received: from mta.example by inbound-smtp.us-east-1.amazonaws.com with SMTP id"
                f" {self.message_id}{to}; {format_datetime(self.at)}"
            ),
            f"X-SES-Spam-Verdict: {self.verdicts['spam']}",
            f"X-SES-Virus-Verdict: {self.verdicts['virus']}",
            (
                f"Authentication-Results: amazonses.com; spf={found['spf']}; dkim={found['dkim']};"
                f" dmarc={found['dmarc']};"
            ),
            "X-SES-RECEIPT: AEFBQUFBQUFBQUF",
        )
        return "".join(f"{line}\r\n" for line in lines).encode() + self.raw

    def notification(self, *, bucket: str, prefix: str, topic_arn: str) -> dict[str, Any]:
        """The message that SES publishes after it has stored the mail."""
        action = {
            "type": "S3",
            "topicArn": topic_arn,
            "bucketName": bucket,
            "objectKeyPrefix": prefix,
            "objectKey": prefix + self.message_id,
        }
        verdicts = {f"{name}Verdict": {"status": value} for name, value in self.verdicts.items()}
        return {
            "notificationType": "Received",
            "mail": self._mail(),
            "receipt": {
                "timestamp": stamp(self.at),
                "processingTimeMillis": 600,
                "recipients": list(self.recipients),
                **verdicts,
                **({"dmarcPolicy": "none"} if self.verdicts["dmarc"] == "FAIL" else {}),
                "action": action,
            },
        }

    def _mail(self) -> dict[str, Any]:
        shown, is_cut = _fitting(self.headers)
        return {
            "timestamp": stamp(self.at),
            "source": self.source,
            "messageId": self.message_id,
            "destination": list(self.recipients),
            "headersTruncated": is_cut,
            "headers": [{"name": name, "value": value} for name, value in shown],
            "commonHeaders": self._common(),
        }

    def _common(self) -> dict[str, Any]:
        single = {"messageId": "message-id", "date": "date", "subject": "subject"}
        many = {"from": "from", "to": "to", "cc": "cc", "replyTo": "reply-to"}
        common: dict[str, Any] = {"returnPath": self.source}
        for name, header in single.items():
            if values := self._all(header):
                common[name] = _readable(values[0])[:2_000]
        for name, header in many.items():
            if values := self._all(header):
                common[name] = [_readable(value)[:2_000] for value in values]
        return common

    def _all(self, name: str) -> list[str]:
        return [value for header, value in self.headers if header.lower() == name]


def read_headers(raw: bytes) -> Headers:
    """The header lines of any bytes, unfolded; what is no header is left out. Never raises."""
    block = re.split(rb"\r?\n\r?\n", raw[:1_000_000], maxsplit=1)[0].decode("utf-8", "replace")
    unfolded = re.sub(r"\r?\n[ \t]+", " ", block)
    lines = (_FIELD.fullmatch(line) for line in re.split(r"\r?\n", unfolded))
    return [(match[1], match[2].strip()) for match in lines if match]


def addressed_to(headers: Headers, domain: str) -> tuple[str, ...]:
    """The addresses in To, Cc and the like that lie in `domain`, each once."""
    named = [v for name, v in headers if name.lower() in ("to", "cc", "delivered-to", "bcc")]
    found = [address for _, address in _addresses(named)]
    mine = (a for a in found if a.lower().rpartition("@")[2] == domain.lower())
    return tuple(dict.fromkeys(mine))


def _addresses(values: list[str]) -> list[tuple[str, str]]:
    """Names and addresses; none in a header whose brackets are nested deeper than Python reads."""
    try:
        return getaddresses(values)
    except RecursionError:
        return []


def _envelope_sender(headers: Headers) -> str:
    for wanted in ("return-path", "sender", "from"):
        for name, value in headers:
            if name.lower() == wanted:
                found = _addresses([value])
                return found[0][1] if found else ""
    return ""


def _fitting(headers: Headers) -> tuple[Headers, bool]:
    shown: Headers = []
    size = 0
    for name, value in headers:
        size += len(name) + len(value)
        if size > MOST_HEADER_BYTES:
            return shown, True
        shown.append((name, value))
    return shown, False


def _readable(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except Exception:  # whatever a stranger wrote there: shown as it came
        return value
