"""SES and the SMS service as the town plays them: what leaves, what comes in, and the receipts.

Incoming mail and texts go the real way: bucket, topic, queue. Outgoing ones are caught where moto
has accepted them; their receipts are published on the topic that SES would use.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from infra.local import ears
from infra.local.clock import TownClock
from infra.local.outbox import Sent
from infra.local.receipts import Event, reports
from infra.local.reception import Reception, addressed_to, read_headers
from infra.local.stack import client, topic_arn

MAIL_PREFIX = "inbound/"


class PostOffice:
    """One town's mail and texts. `has_receipts` makes it report what became of each message."""

    def __init__(
        self, environment: Mapping[str, str], clock: TownClock, *, has_receipts: bool
    ) -> None:
        self.sent: list[Sent] = []
        self.received_texts: list[tuple[datetime, str, str]] = []
        self._environment = environment
        self._clock = clock
        self._has_receipts = has_receipts
        self._pending: deque[Event] = deque()

    def open(self) -> None:
        """Catch what moto accepts from now on, and date what it publishes by the town's clock."""
        ears.LISTENER.mail = self._mail_accepted
        ears.LISTENER.text = self._text_accepted
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
            )
        )

    def _keep(self, sent: Sent) -> None:
        self.sent.append(sent)
        if self._has_receipts:
            self._pending.extend(reports(sent))

    def publish_receipts(self) -> int:
        """Publish the reports that are due; how many there were."""
        count = len(self._pending)
        for _ in range(count):
            self.receipt(self._pending.popleft())
        return count

    def receipt(self, event: Event) -> None:
        """Publish one event as the provider would."""
        self._publish("receipts", event)

    # -- in ----------------------------------------------------------------------------------------

    def mail(
        self,
        raw: bytes,
        *,
        to: str | Iterable[str] | None = None,
        source: str | None = None,
        verdicts: Mapping[str, str] | None = None,
    ) -> Reception:
        """Receive a mail: keep the bytes, tell the topic."""
        recipients = (to,) if isinstance(to, str) else tuple(to or self._addressed(raw))
        now = self._clock.now()
        mail = Reception.of(raw, at=now, recipients=recipients, source=source, verdicts=verdicts)
        bucket = self._environment["MAIL_BUCKET"]
        client("s3").put_object(Bucket=bucket, Key=MAIL_PREFIX + mail.message_id, Body=raw)
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
