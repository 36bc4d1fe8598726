"""The packaged zips, in processes of their own, behind MiniStack's gateway, queues and topics.

What is asserted comes over HTTP, mail and SMS, and of receipts from the table; the application itself
is imported for one thing, to write the reply address that the engine does not show.
"""

from __future__ import annotations

import html
import json
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

from chalicelib.channels.reply_address import make_reply_address
from chalicelib.messages import Audience, Party
from chalicelib.signing import Signer
from infra import smoke
from infra.installation import find
from infra.local.outbox import Sent
from infra.local.receipts import log_record
from infra.local.reception import Reception
from infra.package import package
from infra.settings import EXAMPLE, read
from infra.target import Target
from tests.stack.engine import Engine, running, until

pytestmark = pytest.mark.stack
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
        pages = self.engine.client("dynamodb").get_paginator("scan")
        rows = (
            row for page in pages.paginate(TableName=f"civicline-{STAGE}") for row in page["Items"]
        )
        ours = {"S": first["MessageId"]}
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


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One package for every region."""
    folder = tmp_path_factory.mktemp("built") / STAGE
    package(SETTINGS, folder, Target.here())
    return folder


@pytest.fixture(scope="module", params=["eu-west-1", "us-east-1"])
def city(request: pytest.FixtureRequest, built: Path) -> Iterator[Installation]:
    with running(request.param) as engine:
        outputs = engine.deploy(SETTINGS, built)
        sender = SETTINGS.receiving_domain
        engine.client("ses").verify_domain_identity(Domain=sender)
        yield Installation(engine, outputs)


def tracking_link(text: str) -> str:
    found = re.search(r"https?://\S+?/live/t/[^\s\"<>]+", text)
    assert found, text[:800]
    return found[0]


def mail(sender: str, subject: str, text: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, CITY, subject
    message["Message-ID"] = f"<{secrets.token_hex(8)}@resident.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def test_a_mail_becomes_a_ticket_its_answer_a_mail_and_the_reply_an_entry(
    city: Installation,
) -> None:
    city.receive(mail("ada@resident.example", "Light out", "The lamp at 12 Elm Street is dark."))
    answer = city.mail_to("ada@resident.example")
    link = tracking_link(answer["BodyText"])
    assert "The lamp at 12 Elm Street is dark." in html.unescape(city.page_of(link))

    ticket_id = link.split("/t/")[1].split("/")[0]
    reply = mail("ada@resident.example", f"Re: {answer['Subject']}", "It is the one by the school.")
    city.receive(reply, to=city.reply_address(ticket_id, "ada@resident.example"))
    until(
        lambda: "It is the one by the school." in html.unescape(city.page_of(link)),
        "the reply on the tracking page",
    )


def test_a_text_becomes_a_ticket_and_is_answered_by_one_text(city: Installation) -> None:
    city.text("+12125550142", "Pothole on Oak Avenue near number 5")
    assert re.search(r"SR-\w+-\w+", city.text_to("+12125550142"))


def test_what_sns_writes_of_a_text_reaches_its_ticket(city: Installation) -> None:
    """By the subscription filter, in the shape in which CloudWatch Logs hands it over."""
    city.text("+12125550143", "Pothole on Elm Avenue near number 7")
    city.text_to("+12125550143")
    city.log_of_text("+12125550143", "Message has been delivered to handset")
    until(lambda: city.status_of_text("+12125550143") == "delivered", "a receipt in the table")


def test_a_web_form_opens_a_ticket_and_its_mail_leaves(city: Installation) -> None:
    status, services = city.http("/report")
    assert status == 200
    code = re.search(r"service=(pothole[\w-]*|[\w-]+)", services)
    assert code
    _, form = city.http(f"/report?service={code[1]}")
    hidden = dict(re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', form))
    filled = {key: html.unescape(value) for key, value in hidden.items()}
    filled |= _required_answers(form)
    filled |= {
        "description": "A deep hole opposite the library.",
        "address": "40 Library Lane",
        "contact": "email",
        "name": "Lin Chen",
        "email": "lin@resident.example",
    }
    status, page = city.http(f"/report?service={code[1]}", filled)
    assert status in (200, 201, 303), page[:2000]
    assert re.search(r"SR-\w+-\w+", page), page[:3000]
    answer = city.mail_to("lin@resident.example")
    assert "A deep hole opposite the library." in html.unescape(
        city.page_of(tracking_link(answer["BodyText"]))
    )


def _required_answers(form: str) -> dict[str, str]:
    """Something for each of the service's own questions: the first choice, or a word."""
    answers: dict[str, str] = {}
    for name, value in re.findall(r'name="(attribute\[[^"]+)" value="([^"]*)"', form):
        answers.setdefault(name, value)
    for name in re.findall(r'name="(attribute\[[^"]+)"', form):
        answers.setdefault(name, "1")
    return answers


def test_open311_lists_services_and_takes_a_request(city: Installation) -> None:
    status, body = city.http("/open311/v2/services.json")
    assert status == 200
    assert {"service_code", "service_name"} <= set(json.loads(body)[0])


def test_the_console_is_shut_without_a_sign_in(city: Installation) -> None:
    status, body = city.http("/api/v1/tickets")
    assert status == 401, body


@pytest.mark.parametrize("name", ["run-escalations", "sweep-deliveries"])
def test_the_schedules_run(city: Installation, name: str) -> None:
    call(city, name)


def test_a_mail_that_no_queue_told_of_is_found_and_answered(city: Installation) -> None:
    city.receive(mail("kay@resident.example", "Tree", "One lies in Birch Street."), is_told=False)
    call(city, "find-lost-mail", until=(datetime.now(UTC) + timedelta(minutes=1)).isoformat())
    link = tracking_link(city.mail_to("kay@resident.example")["BodyText"])
    assert "One lies in Birch Street." in html.unescape(city.page_of(link))


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


def test_smoke_sends_a_report_the_whole_way(city: Installation) -> None:
    installation = find(SETTINGS, city.engine.client)
    check = smoke.report(installation, "smoke@resident.example")
    assert check.holds, check
    assert city.mail_to("smoke@resident.example")["Subject"]


def test_nothing_ended_with_the_dead_letters(city: Installation) -> None:
    queues = city.engine.client("sqs")
    for name in ("inbound-email", "inbound-sms", "delivery", "receipts"):
        url = queues.get_queue_url(QueueName=f"civicline-{name}-dead-{STAGE}")["QueueUrl"]
        found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert found["ApproximateNumberOfMessages"] == "0", name
