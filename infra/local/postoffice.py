"""SES and the SMS service as the town plays them: what leaves, what comes in, and the receipts.

Incoming mail and texts go the real way: bucket, topic, queue. Outgoing ones are caught where they were
accepted; each is reported the way that the API it left by has, and no other.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from infra.local import ears
from infra.local.carriers import Mood, as_reported
from infra.local.clock import TownClock
from infra.local.objects import store
from infra.local.outbox import Sent
from infra.local.receipts import Event, reports
from infra.local.reception import Reception, addressed_to, read_headers
from infra.local.stack import client, topic_arn

MAIL_PREFIX = "inbound/"
POOL_SENDER = "no-reply@verificationemail.com"  # "Email settings for user pools", Amazon Cognito


class PostOffice:
    """One town's mail and texts. `has_receipts` makes it report what became of each message; of texts,
    what carriers of this `mood` make of it. `log` is where SNS writes."""

    def __init__(
        self, environment: Mapping[str, str], clock: TownClock, *, has_receipts: bool
    ) -> None:
        self.sent: list[Sent] = []
        self.received_texts: list[tuple[datetime, str, str]] = []
        self._environment = environment
        self._clock = clock
        self._has_receipts = has_receipts
        self.mood = Mood.USUAL
        self.log: Callable[[Event], None] = lambda _record: None
        self._pending: deque[tuple[datetime, Event]] = deque()

    def open(self) -> None:
        """Catch what moto accepts from now on, and date what it publishes by the town's clock."""
        ears.LISTENER.mail = self._mail_accepted
        ears.LISTENER.text = self._text_accepted
        ears.LISTENER.tagged_text = self._tagged_text_accepted
        ears.LISTENER.pool_mail = self._pool_mailed
        ears.LISTENER.now = self._clock.now

    # -- out ---------------------------------------------------------------------------------------

    def _mail_accepted(self, request: Mapping[str, Any], message_id: str) -> None:
        destination = request.get("Destination", {})
        for kind in ("ToAddresses", "CcAddresses", "BccAddresses"):
            for address in destination.get(kind, ()):
                self._keep(
                    Sent(
                        channel="email",
                        to=address,
                        at=self._clock.now(),
                        raw=base64.b64decode(request["Content"]["Raw"]["Data"]),
                        message_id=message_id,
                        sender=request.get("FromEmailAddress", ""),
                        tags={t["Name"]: t["Value"] for t in request.get("EmailTags", ())},
                        configuration_set=request.get("ConfigurationSetName", ""),
                    )
                )

    def _text_accepted(
        self, number: str, text: str, attributes: Mapping[str, Any], message_id: str
    ) -> None:
        origin = attributes.get("AWS.MM.SMS.OriginationNumber") or {}
        self._keep(
            Sent(
                channel="sms",
                to=number,
                at=self._clock.now(),
                raw=text.encode(),
                message_id=message_id,
                sender=origin.get("Value") or self._environment.get("SMS_ORIGINATION", ""),
                via="sns",
            )
        )

    def _tagged_text_accepted(self, request: Mapping[str, Any], message_id: str) -> None:
        self._keep(
            Sent(
                channel="sms",
                to=request["DestinationPhoneNumber"],
                at=self._clock.now(),
                raw=request["MessageBody"].encode(),
                message_id=message_id,
                sender=request.get("OriginationIdentity", ""),
                tags=dict(request.get("Context", {})),
                configuration_set=request.get("ConfigurationSetName", ""),
                via="end-user-messaging",
            )
        )

    def _pool_mailed(self, to: str, subject: str, text: str) -> None:
        """Cognito mails by itself, and nobody reports what became of it."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = POOL_SENDER, to, subject
        mail.set_content(text)
        self.sent.append(
            Sent(
                channel="email",
                to=to,
                at=self._clock.now(),
                raw=mail.as_bytes(),
                message_id=uuid.uuid4().hex,
                sender=POOL_SENDER,
                via="cognito",
            )
        )

    def _keep(self, sent: Sent) -> None:
        self.sent.append(sent)
        if not self._has_receipts:
            return
        mood = self.mood if sent.channel == "sms" else Mood.USUAL
        now = self._clock.now()
        self._pending.extend((now + late, r) for late, r in as_reported(mood, reports(sent)))

    def publish_receipts(self) -> int:
        """Report what is due; how many reports that were."""
        now = self._clock.now()
        due = [report for at, report in self._pending if at <= now]
        self._pending = deque((at, report) for at, report in self._pending if at > now)
        for report in due:
            self.receipt(report)
        return len(due)

    def receipt(self, event: Event) -> None:
        """Report as the provider would: SNS in its log, the others on the topic."""
        if "notification" in event:
            self.log(event)
        else:
            self._publish("receipts", event)

    # -- in ----------------------------------------------------------------------------------------

    def mail(
        self,
        raw: bytes,
        *,
        to: str | Iterable[str] | None = None,
        source: str | None = None,
        verdicts: Mapping[str, str] | None = None,
        is_told: bool = True,
    ) -> Reception:
        """Receive a mail: keep the bytes, tell the topic. Of one that is not told, all that anybody can
        know is what SES writes above it; above the others the town leaves it out."""
        recipients = (to,) if isinstance(to, str) else tuple(to or self._addressed(raw))
        now = self._clock.now()
        mail = Reception.of(raw, at=now, recipients=recipients, source=source, verdicts=verdicts)
        bucket = self._environment["MAIL_BUCKET"]
        kept = raw if is_told else mail.stored()
        store(bucket, MAIL_PREFIX + mail.message_id, kept, now)
        if not is_told:
            return mail
        arn = topic_arn("inbound-email")
        told = mail.notification(bucket=bucket, prefix=MAIL_PREFIX, topic_arn=arn)
        self._publish("inbound-email", told, subject="Amazon SES Email Receipt Notification")
        return mail

    def _addressed(self, raw: bytes) -> tuple[str, ...]:
        found = addressed_to(read_headers(raw), self._environment["RECEIVING_DOMAIN"])
        return found or (self._environment["INTAKE_ADDRESSES"].partition(",")[0],)

    def text(
        self,
        body: str,
        *,
        sender: str,
        to: str | None = None,
        message_id: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """Receive a text on the city's number."""
        moment = at or self._clock.now()
        self.received_texts.append((moment, sender, body))
        previous = [s.message_id for s in self.sent if s.channel == "sms" and s.to == sender]
        event = {
            "originationNumber": sender,
            "destinationNumber": to or self._environment.get("SMS_ORIGINATION", ""),
            "messageKeyword": "KEYWORD_CIVICLINE",
            "messageBody": body,
            "inboundMessageId": message_id or str(uuid.uuid4()),
            **({"previousPublishedMessageId": previous[-1]} if previous else {}),
        }
        self._publish("inbound-sms", event, at=moment)

    def _publish(
        self, topic: str, message: Event, *, subject: str = "", at: datetime | None = None
    ) -> None:
        named = {"Subject": subject} if subject else {}
        with ears.publishing_at(at or self._clock.now()):
            client("sns").publish(TopicArn=topic_arn(topic), Message=json.dumps(message), **named)
