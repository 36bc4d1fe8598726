"""What citizens, SES and carriers do to a deployed stage, and what they see of it.

The application itself is imported for one thing, to write the reply address that the engine does not show.
"""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime
from email.message import EmailMessage
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from chalicelib.channels.reply_address import make_reply_address
from chalicelib.messages import Audience, Party
from chalicelib.signing import Signer
from chalicelib.tickets.dynamodb.items.keys import TICKET
from chalicelib.tickets.dynamodb.items.projections import PROJECTED
from infra.local.outbox import Sent
from infra.local.receipts import log_record, mail_event
from infra.local.reception import Reception
from infra.settings import EXAMPLE, read
from tests.stack.engine import Engine, until

SETTINGS = read(EXAMPLE, stage="dev")
STAGE = SETTINGS.stage
CITY = SETTINGS.intake_addresses[0]


class Installation:
    """The deployed product, as a citizen sees it."""

    def __init__(self, engine: Engine, outputs: dict[str, str]) -> None:
        self.engine, self.outputs = engine, outputs
        self.base = f"{engine.url}/restapis/{outputs['RestAPIId']}/live/_user_request_"
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def http(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """A browser's GET, or a form sent with POST; the status and the page."""
        body = urlencode(form).encode() if form is not None else None
        request = Request(self.base + path, data=body, headers={"Accept": "text/html, */*"})
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def page_of(self, link: str) -> str:
        """The page of one of our own absolute links."""
        path = link.split("/live", 1)[1]
        status, page = self.http(path)
        assert status == 200, page[:500]
        return page

    def receive(self, message: EmailMessage, *, to: str = CITY, is_told: bool = True) -> None:
        """What SES does with a mail: bytes into the bucket, the notification to the topic."""
        received = Reception.of(message.as_bytes(), at=datetime.now(UTC), recipients=[to])
        bucket, topic = self.outputs["MailBucket"], self.outputs["InboundEmailTopic"]
        key = f"inbound/{received.message_id}"
        self.engine.client("s3").put_object(Bucket=bucket, Key=key, Body=received.stored())
        told = received.notification(bucket=bucket, prefix="inbound/", topic_arn=topic)
        if is_told:
            self.engine.client("sns").publish(TopicArn=topic, Message=json.dumps(told))

    def text(self, sender: str, body: str) -> None:
        """What the carrier's side of two-way SMS does with a text."""
        payload = {
            "originationNumber": sender,
            "destinationNumber": "+15550100311",
            "messageKeyword": "KEYWORD_311",
            "messageBody": body,
            "inboundMessageId": secrets.token_hex(16),
        }
        topic = self.outputs["InboundSmsTopic"]
        self.engine.client("sns").publish(TopicArn=topic, Message=json.dumps(payload))

    def mail_to(self, address: str) -> dict[str, str]:
        """The first mail that left for `address`, waited for: `Subject`, `BodyText`, `BodyHtml`."""
        return dict(until(lambda: self._mails(address), f"a mail to {address}")[0])

    def _mails(self, address: str) -> list[dict[str, Any]]:
        by_account = self.engine.look("ses/messages")["messages"]
        messages = [message for found in by_account.values() for message in found]
        return [m for m in messages if any(address in to for to in m["To"])]

    def text_to(self, number: str) -> str:
        """The first text that left for a number, waited for."""
        return str(until(lambda: self._texts(number), f"a text to {number}")[0])

    def _texts(self, number: str) -> list[str]:
        found = self.engine.look("sns/sms-messages")["sms_messages"].get(number, [])
        return [message["Message"] for message in found]

    def report_of_mail(self, address: str) -> None:
        """What SES publishes once the first mail to an address was taken by its server."""
        found = self._mails(address)[0]
        sent = Sent(
            channel="email",
            to=address,
            at=datetime.now(UTC),
            raw=b"",
            message_id=found["MessageId"],
            configuration_set=f"civicline-{STAGE}",
        )
        event = json.dumps(mail_event(sent, "Delivery"))
        self.engine.client("sns").publish(TopicArn=self.outputs["ReceiptsTopic"], Message=event)

    def status_of_mail(self, address: str) -> str:
        """Where the notification that the first mail to an address was stands in the table."""
        return self._status(str(self._mails(address)[0]["MessageId"]))

    def log_of_text(self, number: str, words: str) -> None:
        """What SNS writes of the first text to a number, where the state stack has a group for it."""
        (first, *_) = self.engine.look("sns/sms-messages")["sms_messages"][number]
        sent = Sent(
            channel="sms", to=number, at=datetime.now(UTC), raw=b"", message_id=first["MessageId"]
        )
        line = {
            "timestamp": int(sent.at.timestamp() * 1000),
            "message": json.dumps(log_record(sent, words)),
        }
        logs = self.engine.client("logs")
        (group, _) = logs.describe_log_groups(logGroupNamePrefix="sns/")["logGroups"]
        named = {"logGroupName": group["logGroupName"], "logStreamName": secrets.token_hex(8)}
        logs.create_log_stream(**named)
        logs.put_log_events(**named, logEvents=[line])

    def status_of_text(self, number: str) -> str:
        """Where the notification that the first text to a number was stands in the table."""
        (first, *_) = self.engine.look("sns/sms-messages")["sms_messages"][number]
        return self._status(str(first["MessageId"]))

    def counted(self, table: str = "") -> tuple[set[str], set[str]]:
        """Which tickets a table has, the stage's own or another, and which of them were counted."""
        pages = self.engine.client("dynamodb").get_paginator("scan")
        found: dict[str, set[str]] = {TICKET: set(), PROJECTED: set()}
        for page in pages.paginate(TableName=table or f"civicline-{STAGE}"):
            for row in page["Items"]:
                found.get(row["sk"]["S"], set()).add(row["pk"]["S"])
        return found[TICKET], found[PROJECTED]

    def readers_of_changes(self, table: str = "") -> list[dict[str, Any]]:
        """What lets functions read the stream of a table."""
        described = self.engine.client("dynamodb").describe_table(
            TableName=table or f"civicline-{STAGE}"
        )
        found = self.engine.client("lambda").list_event_source_mappings(
            EventSourceArn=described["Table"]["LatestStreamArn"]
        )
        return list(found["EventSourceMappings"])

    def _status(self, provider_message_id: str) -> str:
        pages = self.engine.client("dynamodb").get_paginator("scan")
        rows = (
            row for page in pages.paginate(TableName=f"civicline-{STAGE}") for row in page["Items"]
        )
        ours = {"S": provider_message_id}
        found = (r["status"]["S"] for r in rows if r.get("provider_message_id") == ours)
        return str(next(found, ""))

    def reply_address(self, ticket_id: str, address: str) -> str:
        """The engine drops the header with our reply address, so it is made anew from the secret."""
        secret = self.engine.client("secretsmanager").get_secret_value(
            SecretId=self.outputs["SigningKeysSecret"]
        )
        keys = json.loads(secret["SecretString"])
        signer = Signer(keys, keys.pop("current"))
        key = Party(email=address).key
        return make_reply_address(
            signer, "city.example", ticket_id, Audience.REQUESTER, key, CITY.partition("@")[2]
        )


def mail(sender: str, subject: str, text: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, CITY, subject
    message["Message-ID"] = f"<{secrets.token_hex(8)}@resident.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def tracking_link(text: str) -> str:
    found = re.search(r"https?://\S+?/live/t/[^\s\"<>]+", text)
    assert found, text[:800]
    return found[0]


def call(city: Installation, name: str, **detail: str) -> None:
    """What EventBridge does with a schedule."""
    event = {
        "version": "0",
        "id": "tick",
        "account": "000000000000",
        "region": city.engine.region,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "time": "2026-11-22T07:00:00Z",
        "detail": detail,
        "resources": [],
    }
    answer = city.engine.client("lambda").invoke(
        FunctionName=f"civicline-{name}-{STAGE}", Payload=json.dumps(event).encode()
    )
    assert "FunctionError" not in answer, answer["Payload"].read()
