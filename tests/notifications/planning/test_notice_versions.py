"""Administrators' own words: checked, versioned, undone, and kept by the messages written with them."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import InvalidRequest
from chalicelib.tickets.administration.catalogue import CatalogDesk
from chalicelib.tickets.model.ticket import Actor
from tests.city import City

ADMIN = Actor("staff", "admin@city.example")


@pytest.fixture
def city() -> City:
    return City()


@pytest.fixture
def desk(city: City) -> CatalogDesk:
    return CatalogDesk(city.catalogs, city.clock)


def _words(body: str = "We have {{ reference }}.", **given: Any) -> dict[str, Any]:
    return {
        "notice_id": "ticket_received.en",
        "subject": "Received: {{ reference }}",
        "body": body,
        "sms": "Got {{ reference }} {{ tracking_url }}",
    } | given


def test_published_words_replace_the_shipped_ones_and_deleting_brings_them_back(
    city: City, desk: CatalogDesk
) -> None:
    item = desk.put("notice", _words("Hello from us, {{ reference }}."), ADMIN, note="kinder")
    city.write()
    city.send_all()
    assert "Hello from us, SR-" in city.mail.sent[-1].text
    assert "Hello from us" in city.mail.sent[-1].html
    desk.delete("notice", "ticket_received.en", ADMIN, version=item.version)
    city.write("Another pothole")
    city.send_all()
    assert "Hello from us" not in city.mail.sent[-1].text


def test_a_message_keeps_the_version_it_was_written_with(city: City, desk: CatalogDesk) -> None:
    first = desk.put("notice", _words("First words."), ADMIN)
    city.write()
    second = desk.put("notice", _words("Second words."), ADMIN, version=first.version)
    city.write("Another pothole")
    desk.delete("notice", "ticket_received.en", ADMIN, version=second.version)
    city.send_all()
    said = [message.text for message in city.mail.sent]
    assert ["First words." in text for text in said] == [True, False]
    assert ["Second words." in text for text in said] == [False, True]


def test_a_version_can_be_gone_back_to(city: City, desk: CatalogDesk) -> None:
    first = desk.put("notice", _words("First words."), ADMIN)
    second = desk.put("notice", _words("Second words."), ADMIN, version=first.version)
    desk.rollback("notice", "ticket_received.en", 1, ADMIN, version=second.version)
    city.write()
    city.send_all()
    assert "First words." in city.mail.sent[-1].text


def test_another_language_keeps_its_shipped_words(city: City, desk: CatalogDesk) -> None:
    desk.put("notice", _words("First words."), ADMIN)
    city.write(locale="es")
    city.send_all()
    assert "First words." not in city.mail.sent[-1].text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Line one\n{{ nobody }}", "Line 2: There is no placeholder nobody"),
        ("{{ ''.__class__ }}", "Line 1: Only names can be shown"),
        ("{{ 'a'*99999999 }}", "Line 1: Only names can be shown"),
        ("a\nb\n{% for x in tickets %}{% endfor %}", "Line 3:"),
        ("{% if reference %}{% if nobody %}x{% endif %}{% endif %}", "no placeholder nobody"),
        ("{{ reference", "Line 1:"),
        ("x" * 5_000_000, "characters"),
    ],
)
def test_words_that_reach_for_more_are_refused_by_line(
    desk: CatalogDesk, source: str, said: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        desk.put("notice", _words(source), ADMIN)
    assert said in refusal.value.fields["body"]
    assert desk.items("notice") == []


def test_a_language_that_is_not_shipped_is_refused(desk: CatalogDesk) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        desk.put("notice", _words(notice_id="ticket_received.xx"), ADMIN)
    assert "notice_id" in refusal.value.fields


def test_a_template_of_another_system_names_its_own_placeholders(desk: CatalogDesk) -> None:
    own = _words("Your book {{ title }} is due.", notice_id="library_due.en", sms="{{ title }}")
    own["subject"] = "Due: {{ title }}"
    with pytest.raises(InvalidRequest):
        desk.put("notice", own, ADMIN)
    item = desk.put("notice", {**own, "placeholders": {"title": "Emma"}}, ADMIN)
    assert item.body["placeholders"] == {"title": "Emma"}
