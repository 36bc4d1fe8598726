"""Hears what moto accepts for sending, dates what it publishes, and scans the files it keeps."""

from __future__ import annotations

import functools
import inspect
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.session import get_session
from botocore.validate import ParamValidator
from moto.core.botocore_stubber import BotocoreStubber
from moto.s3.models import FakeKey, S3Backend
from moto.sesv2.responses import SESV2Response
from moto.sns.models import SNSBackend, Subscription


@dataclass
class Listener:
    """Who hears of what moto accepted, and what time its messages bear."""

    mail: Callable[[dict[str, Any], str], None] = lambda _request, _id: None
    text: Callable[[str, str, dict[str, Any], str], None] = lambda *_: None
    tagged_text: Callable[[dict[str, Any], str], None] = lambda _request, _id: None
    pool_mail: Callable[[str, str, str], None] = lambda _to, _subject, _text: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    scans: bool = True

    def reset(self) -> None:
        """Hear nothing more."""
        self.mail, self.text, self.now = Listener.mail, Listener.text, Listener.now
        self.tagged_text, self.pool_mail = Listener.tagged_text, Listener.pool_mail
        self.scans = True


LISTENER = Listener()
SEND_TEXT = "PinpointSMSVoiceV2.SendTextMessage"


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


@functools.cache
def _texting() -> tuple[ParamValidator, Any]:
    service = get_session().get_service_model("pinpoint-sms-voice-v2")
    return ParamValidator(), service.operation_model("SendTextMessage").input_shape


def _takes_texts(original: Any) -> Any:
    """End User Messaging as the town plays it: one call, refused when it is not as AWS wants it."""

    def process_request(self: BotocoreStubber, request: Any) -> Any:
        target = request.headers.get("X-Amz-Target", "")
        if target not in (SEND_TEXT, SEND_TEXT.encode()):
            return original(self, request)
        asked = json.loads(request.body)
        validator, shape = _texting()
        wrong = validator.validate(asked, shape)
        if wrong.has_errors():
            refusal = {"__type": "ValidationException", "Message": wrong.generate_report()}
            return 400, {}, json.dumps(refusal).encode()
        message_id = str(uuid.uuid4())
        LISTENER.tagged_text(asked, message_id)
        return 200, {}, json.dumps({"MessageId": message_id}).encode()

    return process_request


EICAR = b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE"  # in two, so that no scanner minds this file


def _scanned(original: Any) -> Any:
    """GuardDuty as the town plays it: the verdict stands on a kept file when somebody looks for it."""

    def get_object_tagging(self: S3Backend, key: FakeKey) -> dict[str, list[dict[str, str]]]:
        if "-files-" in str(key.bucket_name) and LISTENER.scans:
            verdict = "THREATS_FOUND" if EICAR in key.value else "NO_THREATS_FOUND"
            self.put_object_tagging(key, {"GuardDutyMalwareScanStatus": verdict})
        tags: dict[str, list[dict[str, str]]] = original(self, key)
        return tags

    return get_object_tagging


EARS: Sequence[tuple[Any, str, Callable[[Any], Any]]] = (
    (Subscription, "get_post_data", lambda _: _envelope),
    (SESV2Response, "send_email", _heard_mail),
    (SNSBackend, "publish", _heard_text),
    (S3Backend, "get_object_tagging", _scanned),
    (BotocoreStubber, "process_request", _takes_texts),
)
