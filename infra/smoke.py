"""`make smoke STAGE=x`: does the installation work, and if not, what is missing; changes nothing.

With `--report-as you@example.org` one report is sent through the whole way, as if you had mailed it;
the acknowledgement goes to that address.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING

from infra import receiving, stacks
from infra.deploy import environment, real_clients
from infra.settings import StageSettings, load
from infra.stacks import Clients, DeployError

if TYPE_CHECKING:
    from chalicelib.tickets.dynamodb import DynamoStore

Fetch = Callable[[str], tuple[int, str]]
QUEUES = ("inbound-email", "inbound-sms", "urgent", "delivery", "broadcast", "receipts")


@dataclass(frozen=True)
class Check:
    """One question and its answer; `remedy` says what to do when it is no."""

    question: str
    holds: bool
    remedy: str = ""

    def __str__(self) -> str:
        mark = "ok  " if self.holds else "FAIL"
        return f"{mark}  {self.question}" + ("" if self.holds else f"\n      {self.remedy}")


@dataclass(frozen=True)
class Installation:
    """What is asked: an account, a stage, its settings and outputs."""

    clients: Clients
    stage: str
    settings: StageSettings
    outputs: Mapping[str, str]

    @property
    def address(self) -> str:
        """Where citizens reach it, without a slash at the end."""
        return (self.settings.public_url or self.outputs["EndpointURL"]).rstrip("/")


def find(settings: StageSettings, clients: Clients) -> Installation:
    """The installation of a stage. Raises `DeployError` when it is not deployed."""
    found: dict[str, str] = {}
    stage = settings.stage
    for name in (stacks.state_stack(stage), stacks.functions_stack(stage)):
        stack = stacks.find(clients, name)
        if stack is None or stack["StackStatus"] not in stacks.CLEAN:
            status = "not there" if stack is None else stack["StackStatus"]
            raise DeployError(f"{name} is {status}; run make deploy STAGE={stage}.")
        found |= stacks.outputs(clients, name)
    return Installation(clients, stage, settings, found)


def checks(installation: Installation, fetch: Fetch) -> Iterator[Check]:
    """Every question in turn; one that cannot be asked is answered with no and the reason."""
    for question, ask, remedy in _questions(installation, fetch):
        try:
            yield Check(question, ask(), remedy)
        except Exception as error:  # a check that breaks must not hide those after it
            yield Check(question, False, f"{remedy} (asking failed: {error})")


def _questions(it: Installation, fetch: Fetch) -> list[tuple[str, Callable[[], bool], str]]:
    deploy_doc = "see docs/deploy.md, step"
    return [
        (
            "The API answers",
            lambda: fetch(f"{it.address}/health")[0] == 200,
            "look at the log group /aws/lambda/civicline-api-handler-" + it.stage,
        ),
        (
            "There is something to report",
            lambda: bool(json.loads(fetch(f"{it.address}/open311/v2/services.json")[1])),
            f"run make deploy STAGE={it.stage} again: it plants the catalogue",
        ),
        (
            "Strangers do not see tickets",
            lambda: fetch(f"{it.address}/api/v1/tickets")[0] == 401,
            "take the installation off the net and report this",
        ),
        ("No message waits with the dead letters", lambda: not _dead(it), "redrive, step 9"),
        ("No alarm rings", lambda: not _ringing(it), f"{deploy_doc} 9"),
        (
            f"Mail may leave as {it.settings.sender_address}",
            lambda: _is_verified(it),
            f"set the DKIM records, {deploy_doc} 3",
        ),
        (
            "Mail may leave to anybody",
            lambda: bool(it.clients("sesv2").get_account()["ProductionAccessEnabled"]),
            f"ask AWS to leave the SES sandbox, {deploy_doc} 5",
        ),
        (
            "Received mail reaches the city",
            lambda: receiving.active(it.clients) == it.outputs["ReceiptRuleSet"],
            f"activate the receipt rule set, {deploy_doc} 4",
        ),
        ("There is an administrator", lambda: _has_administrator(it), f"{deploy_doc} 6"),
    ]


def _dead(it: Installation) -> list[str]:
    return [name for name in QUEUES if _waiting(it, f"civicline-{name}-dead-{it.stage}")]


def _waiting(it: Installation, queue: str) -> int:
    sqs = it.clients("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    wanted = ["ApproximateNumberOfMessages"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    return int(found[wanted[0]])


def _ringing(it: Installation) -> list[str]:
    alarms = it.clients("cloudwatch").describe_alarms(
        AlarmNamePrefix="civicline-", StateValue="ALARM"
    )["MetricAlarms"]
    return [a["AlarmName"] for a in alarms if a["AlarmName"].endswith(f"-{it.stage}")]


def _is_verified(it: Installation) -> bool:
    domain = it.settings.sender_address.rpartition("@")[2].rstrip(">")
    found = it.clients("sesv2").get_email_identity(EmailIdentity=domain)
    return bool(found["VerifiedForSendingStatus"])


def _has_administrator(it: Installation) -> bool:
    users = it.clients("cognito-idp").list_users_in_group(
        UserPoolId=it.outputs["UserPoolId"], GroupName="administrator"
    )["Users"]
    return any(user["Enabled"] for user in users)


def report(
    it: Installation,
    sender: str,
    *,
    pause: Callable[[float], None] = time.sleep,
    patience: int = 60,
) -> Check:
    """Put a mail where SES would put it and wait until its ticket is there."""
    from chalicelib.messages import Channel
    from infra.local.reception import Reception

    message = _test_mail(sender, it.settings.intake_addresses[0])
    received = Reception.of(
        message.as_bytes(), at=datetime.now(UTC), recipients=[str(message["To"])]
    )
    bucket, topic = it.outputs["MailBucket"], it.outputs["InboundEmailTopic"]
    key = f"inbound/{received.message_id}"
    it.clients("s3").put_object(Bucket=bucket, Key=key, Body=received.raw)
    told = received.notification(bucket=bucket, prefix="inbound/", topic_arn=topic)
    it.clients("sns").publish(TopicArn=topic, Message=json.dumps(told))
    store = _store(it)
    for _ in range(patience):
        handled = store.handled(Channel.EMAIL, received.message_id)
        if handled is not None:
            return Check(f"A mail becomes ticket {handled.ticket_id}", bool(handled.ticket_id))
        pause(1)
    remedy = "look at the log group /aws/lambda/civicline-on-inbound-email-" + it.stage
    return Check("A mail becomes a ticket", False, remedy)


def _store(it: Installation) -> DynamoStore:
    from chalicelib.bootstrap import Services, SystemClock
    from chalicelib.config import Settings

    settings = Settings.from_environ({**it.settings.variables(), **environment(it.outputs)})
    return Services(settings, it.clients, SystemClock(), "").store


def _test_mail(sender: str, intake: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, intake
    message["Subject"] = "A test of the new installation"
    message["Message-ID"] = f"<smoke-{secrets.token_hex(8)}@{sender.partition('@')[2]}>"
    message.set_content("This report was sent by make smoke. Please close it.")
    return message


def fetch_url(url: str) -> tuple[int, str]:
    """Status and text of a page, whatever the status."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def main(arguments: list[str] | None = None) -> int:
    """Ask everything, say every answer; 1 when something is missing."""
    parser = argparse.ArgumentParser(prog="make smoke", description="Does the installation work?")
    parser.add_argument("--stage", required=True)
    parser.add_argument(
        "--report-as",
        metavar="EMAIL",
        default=os.environ.get("REPORT_AS"),
        help="send one report the whole way",
    )
    given = parser.parse_args(arguments)
    try:
        installation = find(load(given.stage), real_clients())
    except DeployError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    answers = list(checks(installation, fetch_url))
    if given.report_as:
        answers.append(report(installation, given.report_as))
    sys.stdout.write("\n".join(map(str, answers)) + "\n")
    return 0 if all(answer.holds for answer in answers) else 1


if __name__ == "__main__":
    sys.exit(main())
