"""The packaged zips, in processes of their own, behind MiniStack's gateway, queues and topics.

What is asserted comes over HTTP, mail and SMS, and of receipts from the table.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra import smoke
from infra.installation import find
from infra.package import package
from infra.target import Target
from tests.stack.engine import running, until
from tests.stack.outside import SETTINGS, STAGE, Installation, call, mail, tracking_link

pytestmark = pytest.mark.stack


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


def test_a_mail_becomes_a_ticket_its_answer_a_mail_and_the_reply_an_entry(
    city: Installation,
) -> None:
    city.receive(mail("ada@ada-home.example", "Light out", "The lamp at 12 Elm Street is dark."))
    answer = city.mail_to("ada@ada-home.example")
    link = tracking_link(answer["BodyText"])
    assert "The lamp at 12 Elm Street is dark." in html.unescape(city.page_of(link))

    ticket_id = link.split("/t/")[1].split("/")[0]
    reply = mail("ada@ada-home.example", f"Re: {answer['Subject']}", "It is the one by the school.")
    city.receive(reply, to=city.reply_address(ticket_id, "ada@ada-home.example"))
    until(
        lambda: "It is the one by the school." in html.unescape(city.page_of(link)),
        "the reply on the tracking page",
    )


def test_changes_of_tickets_are_counted_out_of_the_stream(city: Installation) -> None:
    city.receive(mail("di@di-home.example", "Light out", "The lamp at 13 Elm Street is dark."))
    city.mail_to("di@di-home.example")
    until(lambda: same(*city.counted()), "every ticket is counted")
    (reader,) = city.readers_of_changes()
    assert reader["FunctionArn"].endswith(f":civicline-on-change-{STAGE}:live")
    assert reader["LastProcessingResult"].startswith("OK")


def same(tickets: set[str], counted: set[str]) -> bool:
    return bool(tickets) and tickets == counted


def test_what_ses_reports_of_a_mail_reaches_its_ticket(city: Installation) -> None:
    """By the configuration set's topic, in the shape in which SES publishes its events."""
    city.receive(mail("bo@bo-home.example", "Light out", "The lamp at 14 Elm Street is dark."))
    city.mail_to("bo@bo-home.example")
    city.report_of_mail("bo@bo-home.example")
    until(
        lambda: city.status_of_mail("bo@bo-home.example") == "delivered", "a receipt in the table"
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
        "email": "lin@lin-home.example",
    }
    status, page = city.http(f"/report?service={code[1]}", filled)
    assert status in (200, 201, 303), page[:2000]
    assert re.search(r"SR-\w+-\w+", page), page[:3000]
    answer = city.mail_to("lin@lin-home.example")
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
    city.receive(mail("kay@kay-home.example", "Tree", "One lies in Birch Street."), is_told=False)
    call(city, "find-lost-mail", until=(datetime.now(UTC) + timedelta(minutes=1)).isoformat())
    link = tracking_link(city.mail_to("kay@kay-home.example")["BodyText"])
    assert "One lies in Birch Street." in html.unescape(city.page_of(link))


def test_smoke_sends_a_report_the_whole_way(city: Installation) -> None:
    installation = find(SETTINGS, city.engine.client)
    check = smoke.report(installation, "smoke@smoke-home.example")
    assert check.holds, check
    assert city.mail_to("smoke@smoke-home.example")["Subject"]


def test_nothing_ended_with_the_dead_letters(city: Installation) -> None:
    queues = city.engine.client("sqs")
    for name in ("inbound-email", "inbound-sms", "delivery", "receipts", "changes"):
        url = queues.get_queue_url(QueueName=f"civicline-{name}-dead-{STAGE}")["QueueUrl"]
        found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert found["ApproximateNumberOfMessages"] == "0", name
