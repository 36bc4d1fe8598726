"""The editor of the city's words: by API and on a page that needs no script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.handlers.desk_work import hidden
from tests.harness import Harness, Response

WORDS = {
    "subject": "Received: {{ reference }}",
    "body": "We have your report {{ reference }}.",
    "sms": "Got {{ reference }}. {{ tracking_url }}",
}
CODE = "ticket_received.en"


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def preview(town: Harness, **given: str) -> Any:
    body = {"notice_id": CODE, **WORDS, **given}
    answer = town.http("POST", "/api/v1/notice-preview", json=body, user="administrator")
    assert answer.status == 200, answer.text
    return answer.json()


def test_a_preview_shows_mail_and_text_with_segments_and_price(town: Harness) -> None:
    seen = preview(town)
    assert seen["problems"] == []
    assert "SR-7K3M-9QX2-H" in seen["text"]
    assert "<html" in seen["html"]
    assert (seen["sms"]["encoding"], seen["sms"]["segments"]) == ("GSM-7", 1)
    assert float(seen["sms"]["price"]) > 0
    assert seen["direction"] == "ltr"


def test_a_persian_preview_reads_from_right_to_left_in_ucs_2(town: Harness) -> None:
    seen = preview(town, notice_id="ticket_received.fa", sms="گزارش شما رسید {{ reference }}")
    assert (seen["direction"], seen["sms"]["encoding"]) == ("rtl", "UCS-2")


def test_mistakes_are_named_by_part_and_line_and_jargon_is_marked(town: Harness) -> None:
    seen = preview(town, body="Hello\n{{ nobody }}", sms="")
    found = {(p["part"], p["line"]) for p in seen["problems"]}
    assert found == {("body", 2), ("sms", 1)}
    jargon = preview(town, body="We will commence repairs prior to Monday, {{ reference }}.")
    assert ["commence", "begin"] in jargon["jargon"]


@pytest.mark.parametrize("code", ["pothole", "pothole.", "pothole.xx", ".en", "..%2F..%2Fapp.py"])
@pytest.mark.parametrize("room", ["", "/preview", "/mail"])
@pytest.mark.parametrize("do", ["", "save", "delete"])
def test_words_for_no_notice_and_no_language_are_not_found(
    town: Harness, code: str, room: str, do: str
) -> None:
    path = f"/console/notices/{code}{room}"
    page = town.http("GET", f"/console/notices/{CODE}", user="administrator")
    form = {"form_token": hidden(page, "form_token"), "do": do, "version": "0", **WORDS}
    answer = town.http("POST", path, form=form, user="administrator")
    assert answer.status == 404, answer.text


def test_what_a_message_never_says_is_told(town: Harness) -> None:
    seen = preview(town, subject="Hello", body="Hello", sms="Hello")
    assert seen["unused"] == ["reference"]


def test_the_page_previews_publishes_and_goes_back_without_a_script(town: Harness) -> None:
    assert CODE in town.http("GET", "/console/notices", user="administrator").text
    seen = post(town, do="preview")
    assert seen.status == 200
    assert "We have your report SR-7K3M-9QX2-H." in seen.text
    assert post(town, do="save", body="Hello\n{{ nobody }}").status == 400
    assert post(town, do="save", note="kinder").status == 303
    page = town.http("GET", f"/console/notices/{CODE}", user="administrator")
    assert "{{ reference }}" in page.text
    assert "kinder" in page.text
    assert post(town, do="save", version="0").status == 409
    assert post(town, do="delete", version="1").status == 303


def test_the_editor_begins_from_the_shipped_words_and_shows_every_language(town: Harness) -> None:
    page = town.http("GET", "/console/notices/deadline_moved.en", user="administrator").text
    assert "We now aim to finish your report {{ reference | iso }}" in page
    assert "the new date for your report SR-7K3M-9QX2-H" in page, "and what they look like"
    assert all(f"/console/notices/deadline_moved.{code}" in page for code in ("es", "fa", "zh"))
    assert "Missing" not in page
    wish = {"body": WORDS | {"notice_id": "library.en"}, "version": 0}
    town.http("PUT", "/api/v1/notices/library.en", json=wish, user="administrator")
    page = town.http("GET", "/console/notices/library.en", user="administrator").text
    assert page.count("Missing") == 3, "a language without words is a hole"


def test_mail_is_headed_in_the_citys_colour_and_name(town: Harness) -> None:
    url = "/api/v1/policies/policy"
    held = town.http("GET", url, user="administrator").json()
    faint = {"body": {**held["body"], "brand_colour": "#f0f0a0"}, "version": held["version"]}
    refused = town.http("PUT", url, json=faint, user="administrator")
    assert (refused.status, "brand_colour" in refused.text) == (422, True), refused.text
    green = {"body": {**held["body"], "brand_colour": "#0b5d3b"}, "version": held["version"]}
    assert town.http("PUT", url, json=green, user="administrator").status == 200
    town.restart()
    to = town.services.settings.intake_addresses[0]
    town.mail(f"From: colour@example.org\nTo: {to}\n\nA pothole in Elm Street 5".encode())
    town.drain()
    html = next(sent.html for sent in town.outbox if sent.to == "colour@example.org")
    assert 'bgcolor="#0b5d3b"' in html and "#1d4e89" not in html
    assert preview(town)["html"].count("#0b5d3b") >= 2, "the preview has it too"
    assert town.services.settings.city_name in html


def test_the_mail_itself_is_a_page_that_may_run_nothing(town: Harness) -> None:
    answer = post(town, path=f"/console/notices/{CODE}/mail")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "We have your report" in answer.text


def test_agents_read_and_do_not_publish(town: Harness) -> None:
    assert town.http("GET", f"/console/notices/{CODE}", user="agent").status == 200
    assert post(town, user="agent", do="save").status == 403


def post(
    town: Harness, path: str = f"/console/notices/{CODE}", user: str = "administrator", **given: str
) -> Response:
    page = town.http("GET", f"/console/notices/{CODE}", user=user)
    form = {"form_token": hidden(page, "form_token"), "version": hidden(page, "version")}
    return town.http("POST", path, form={**form, **WORDS, **given}, user=user)


GERMAN = (
    b"From: hans@example.org\r\nTo: help@report.springfield.example\r\n\r\n"
    b"Guten Tag, die Laterne in der Elm Street ist nicht an und das ist nicht gut, bitte danke.\r\n"
)


def test_a_language_that_the_city_does_not_speak_is_told_to_staff(town: Harness) -> None:
    to = town.services.settings.intake_addresses[0]
    raw = GERMAN.replace(b"help@report.springfield.example", to.encode())
    town.mail(raw)
    town.drain()
    (ticket,) = [t for t in town.dump()["tickets"] if "hans@" in str(t["requester"])]
    (sent,) = [sent for sent in town.outbox if sent.to == "hans@example.org"]
    assert (ticket["locale"], 'lang="en"' in sent.html) == ("en", True)
    page = town.http("GET", f"/console/tickets/{ticket['ticket_id']}", user="agent").text
    assert "written in <bdi>German</bdi>" in page or "written in German" in page
    page = town.http("GET", f"/console/tickets/{ticket['ticket_id']}?lang=fa", user="agent").text
    assert "آلمانی" in page


def test_a_spoken_language_is_not_remarked_upon(town: Harness) -> None:
    to = town.services.settings.intake_addresses[0]
    spanish = (
        f"From: eva@example.org\r\nTo: {to}\r\n\r\nLa farola de la calle Luna no funciona, gracias."
    )
    town.mail(spanish.encode())
    town.drain()
    (ticket,) = [t for t in town.dump()["tickets"] if "eva@" in str(t["requester"])]
    page = town.http("GET", f"/console/tickets/{ticket['ticket_id']}", user="agent").text
    assert ticket["locale"] == "es"
    assert "seems to be written" not in page
