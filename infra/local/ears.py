"""Hears what moto accepts for sending, and dates what it publishes by the town's clock."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.sesv2.responses import SESV2Response
from moto.sns.models import SNSBackend, Subscription


@dataclass
class Listener:
    """Who hears of what moto accepted, and what time its messages bear."""

    mail: Callable[[dict[str, Any], str], None] = lambda _request, _id: None
    text: Callable[[str, str, dict[str, Any], str], None] = lambda *_: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def reset(self) -> None:
        """Hear nothing more."""
        self.mail, self.text, self.now = Listener.mail, Listener.text, Listener.now


LISTENER = Listener()


@contextmanager
def publishing_at(moment: datetime) -> Iterator[None]:
    """What SNS publishes meanwhile bears this time."""
    before, LISTENER.now = LISTENER.now, lambda: moment
    try:
        yield
    finally:
        LISTENER.now = before


def _envelope(
    self: Subscription,
    message: str,
    message_id: str,
    subject: str | None,
    message_attributes: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What SNS wraps around a message; moto would make an RSA key and a certificate for each."""
    envelope = {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": self.topic.arn,
        **({"Subject": subject} if subject else {}),
        "Message": message,
        "Timestamp": LISTENER.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "SignatureVersion": "1",
        "Signature": "dG93bg==",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-town.pem",
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
    }
    return envelope | ({"MessageAttributes": message_attributes} if message_attributes else {})


def _heard_mail(original: Any) -> Any:
    def send_email(self: SESV2Response) -> str:
        answer: str = original(self)
        LISTENER.mail(json.loads(self.body), json.loads(answer)["MessageId"])
        return answer

    return send_email


def _heard_text(original: Any) -> Any:
    signature = inspect.signature(original)

    def publish(self: SNSBackend, *args: Any, **kwargs: Any) -> str:
        message_id: str = original(self, *args, **kwargs)
        asked = signature.bind(self, *args, **kwargs).arguments
        if number := asked.get("phone_number"):
            LISTENER.text(
                number, asked["message"], asked.get("message_attributes") or {}, message_id
            )
        return message_id

    return publish


EARS: Sequence[tuple[Any, str, Callable[[Any], Any]]] = (
    (Subscription, "get_post_data", lambda _: _envelope),
    (SESV2Response, "send_email", _heard_mail),
    (SNSBackend, "publish", _heard_text),
)
