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
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage

from infra.checks import Check, asked
from infra.deploy import environment, real_clients, services
from infra.installation import Installation, find, questions
from infra.plainly import plainly
from infra.settings import load


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
    store = services(it.settings.variables() | environment(it.outputs), it.clients).store
    for _ in range(patience):
        handled = store.handled(Channel.EMAIL, received.message_id)
        if handled is not None:
            return Check(f"A mail becomes ticket {handled.ticket_id}", bool(handled.ticket_id))
        pause(1)
    remedy = "look at the log group /aws/lambda/civicline-on-inbound-email-" + it.stage
    return Check("A mail becomes a ticket", False, remedy)


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


@plainly
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
    installation = find(load(given.stage), real_clients())
    answers = list(asked(questions(installation, fetch_url)))
    if given.report_as:
        answers.append(report(installation, given.report_as))
    sys.stdout.write("\n".join(map(str, answers)) + "\n")
    return 0 if all(answer.holds for answer in answers) else 1


if __name__ == "__main__":
    sys.exit(main())
