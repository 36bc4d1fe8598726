"""How many AWS calls each item may cost, from its arrival to its sent acknowledgement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.harness import Harness

MAIL = (
    b"From: Anna Ek <anna@example.org>\r\nTo: {to}\r\nSubject: Pothole\r\n"
    b"Message-ID: <{n}@example.org>\r\n\r\nThere is a pothole in Main Street, number {n}.\r\n"
)
FORM = {
    "service_code": "pothole",
    "address": "Main Street 5",
    "description": "A deep pothole.",
    "attribute[size]": "plate",
    "contact": "email",
    "email": "anna@example.org",
    "follow": "none",  # of the reports nearby
}


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    """A warm town: keys, catalogue and queue addresses are read once per process, not per item."""
    with Harness.boot() as town:
        town.mail(mail(town, 0))
        town.text("Pothole in Oak Street 1", sender="+12025550100")
        town.drain()
        yield town


def mail(town: Harness, number: int) -> bytes:
    to = town.services.settings.intake_addresses[0]
    return MAIL.replace(b"{to}", to.encode()).replace(b"{n}", str(number).encode())


def counted(town: Harness) -> Counter[str]:
    sent = len(town.outbox)
    town.drain()
    assert len(town.outbox) == sent + 1, "the acknowledgement is part of the item"
    return town.calls


def test_a_mail_without_files_costs_at_most_seven_calls(town: Harness) -> None:
    town.clear_calls()
    town.mail(mail(town, 1))
    calls = counted(town)
    assert calls.total() <= 7, calls
    assert not any("Scan" in name for name in calls)


def test_a_text_costs_at_most_six_calls(town: Harness) -> None:
    town.clear_calls()
    town.text("Pothole in Oak Street 5", sender="+12025550101")
    calls = counted(town)
    assert calls.total() <= 6, calls
    assert not any("Scan" in name for name in calls)


def test_a_web_submit_costs_at_most_five_calls(town: Harness) -> None:
    page = town.http("GET", "/report?service=pothole")
    form = {**hidden_fields(page.text), **FORM}
    town.clear_calls()
    answer = town.http("POST", "/report", form=form)
    assert answer.status in (200, 201, 303), answer.text
    calls = counted(town)
    assert calls.total() <= 5, calls
    assert not any("Scan" in name for name in calls)


def test_the_tracking_page_costs_at_most_two_calls(town: Harness) -> None:
    link = tracking_path(town)
    town.http("GET", link)
    town.clear_calls()
    assert town.http("GET", link).status == 200
    assert town.calls.total() <= 2, town.calls


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of the page's last form, as a browser would send them back."""
    import re

    form = page[page.rindex("<form") :]
    inputs = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", form)
    fields = {}
    for tag in inputs:
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            fields[name.group(1)] = value.group(1) if value else ""
    return fields


def tracking_path(town: Harness) -> str:
    """The path of the tracking link in the last mail to Anna."""
    import re

    mails = [sent for sent in town.outbox if sent.to == "anna@example.org"]
    found = re.search(r"(/t/SR-[\w-]+/[\w.]+)", mails[-1].text)
    assert found, mails[-1].text
    return found.group(1)


def test_counting_what_changed_costs_a_few_calls_for_many_changes(town: Harness) -> None:
    town.clear_calls()
    for number in range(10, 20):
        town.text(f"Pothole in Oak Street {number}", sender=f"+120255501{number}")
    town.drain()
    calls = town.calls_behind
    assert calls["dynamodb.TransactWriteItems"] <= 10, calls
    assert calls["dynamodb.GetItem"] + calls["dynamodb.BatchGetItem"] <= 12, calls
