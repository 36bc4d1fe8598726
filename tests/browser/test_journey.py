"""A report's whole life as people live it: mail in, answer out, resolved, and another escalated."""

from __future__ import annotations

import json
import re
import signal
import smtplib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
PASSWORD = "Springfield-311"
PATIENCE = 120  # seconds; a week of the town's time passes in a few


@dataclass(frozen=True)
class RunningTown:
    """What `make run` printed."""

    site: str
    smtp_port: int

    def outbox(self, receiver: str) -> list[dict[str, Any]]:
        """What one person received, oldest first."""
        with urllib.request.urlopen(f"{self.site}/_town/outbox.json") as answer:
            sent = json.load(answer)
        mine = [message for message in sent if message["to"] == receiver]
        return sorted(mine, key=lambda message: str(message["at"]))

    def mail(self, text: str, *, to: str, subject: str, sender: str = "anna@example.org") -> None:
        """As any mail program does it."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = f"Anna Ek <{sender}>", to, subject
        message.set_content(text)
        with smtplib.SMTP("localhost", self.smtp_port) as smtp:
            smtp.send_message(message)


@pytest.fixture(scope="module")
def town() -> Iterator[RunningTown]:
    """The town of `make run`, in a process of its own."""
    command = [sys.executable, "-m", "infra.local", "--port", "0", "--smtp-port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    guide = ""
    for line in process.stdout:
        guide += line
        if "demo-mail" in line:
            break
    site = re.search(r"(http://localhost:\d+)/", guide)
    smtp = re.search(r"SMTP localhost:(\d+)", guide)
    assert site and smtp, guide
    yield RunningTown(site.group(1), int(smtp.group(1)))
    process.send_signal(signal.SIGINT)
    process.wait(timeout=PATIENCE)


def until(found: Callable[[], Any]) -> Any:
    """What `found` gives as soon as it gives something."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if result := found():
            return result
        time.sleep(0.1)
    raise AssertionError("It did not happen in time.")


def sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/console")
    page.fill("input[name=username]", "agent@city.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile(r"/console/?$"))


def test_a_report_is_answered_and_a_forgotten_one_escalates(
    town: RunningTown, chromium: Browser
) -> None:
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    sign_in(page, town.site)
    answer_a_report(town, page)
    let_another_be_forgotten(town, page)
    page.close()


def answer_a_report(town: RunningTown, page: Page) -> None:
    """Mail in, acknowledgement out, reply in, resolved in the browser, told by mail and on the page."""
    anna = "anna@example.org"
    town.mail(
        "The street light at Elm Street 12 is out.",
        to="help@report.springfield.example",
        subject="Street light",
    )
    receipt = until(lambda: town.outbox(anna))[0]
    reference = re.search(r"SR-\w{4}-\w{4}-\w", receipt["text"])
    link = re.search(r"http://\S+/t/\S+", receipt["text"])
    assert reference and link
    reply_to = re.search(r"reply\+[^\s>]+", json.dumps(receipt["headers"]))
    assert reply_to

    town.mail(
        "It is very dark.", to=reply_to.group(0).strip('"'), subject=f"Re: {receipt['subject']}"
    )

    until(
        lambda: _shows(
            page, f"{town.site}/console/tickets/{reference.group(0)}", "It is very dark."
        )
    )

    page.fill("form[action$='/reply'] textarea[name=text]", "We replaced the lamp.")
    page.select_option("form[action$='/reply'] select[name=then]", "resolved")
    page.click("form[action$='/reply'] button")
    told = until(lambda: town.outbox(anna)[1:])[0]
    assert "We replaced the lamp." in told["text"]
    assert reference.group(0) in told["subject"]

    page.goto(link.group(0))
    assert "We replaced the lamp." in page.inner_text("main")
    assert "It is very dark." in page.inner_text("main")


def let_another_be_forgotten(town: RunningTown, page: Page) -> None:
    """Two weeks pass; the supervisor and the citizen are told."""
    ben = "ben@example.org"
    town.mail(
        "The street light at Oak Street 3 is out.",
        to="help@report.springfield.example",
        subject="Street light",
        sender=ben,
    )
    receipt = until(lambda: town.outbox(ben))[0]
    reference = re.search(r"SR-\w{4}-\w{4}-\w", receipt["text"])
    assert reference
    page.goto(f"{town.site}/_town/clock")
    for _ in range(2):
        page.click("text=1 week")
        page.wait_for_load_state()
    until(lambda: len(town.outbox(ben)) > 1)
    page.goto(f"{town.site}/console/tickets/{reference.group(0)}")
    timeline = page.inner_text("main")
    assert "notify the supervisor" in timeline.lower()


def _shows(page: Page, url: str, words: str) -> bool:
    page.goto(url)
    return words in page.inner_text("main")
