"""3. Web in: the form, the tracking page, Open311."""

from __future__ import annotations

import json

import pytest

from tests.citizens import (
    ANA,
    DESK,
    act,
    form_token,
    newest_ticket,
    submit_report,
    timeline_of,
    to,
    tracking_path,
)
from tests.harness import Harness

SIZE = {"attribute[size]": "plate"}


def test_the_form_opens_a_ticket_and_shows_reference_and_link(town: Harness) -> None:
    page = submit_report(town, **SIZE)
    town.drain()
    ticket = newest_ticket(town)
    assert page.status == 200
    assert ticket["ticket_id"] in page.text
    assert town.http("GET", tracking_path(page.text)).status == 200
    assert ticket["attributes"] == {"size": "plate"}
    assert [sent.to for sent in town.outbox] == [ANA]


@pytest.mark.parametrize("locale", ["en", "es", "fa", "zh"])
def test_the_form_speaks_every_shipped_language(town: Harness, locale: str) -> None:
    page = town.http("GET", "/report?service=pothole", headers={"Accept-Language": locale})
    direction = "rtl" if locale == "fa" else "ltr"
    assert f'lang="{locale}" dir="{direction}"' in page.text


def test_a_wrong_field_is_named_and_nothing_is_stored(town: Harness) -> None:
    page = submit_report(town, email="nonsense", **SIZE)
    assert page.status == 400
    assert 'aria-invalid="true"' in page.text
    assert town.dump()["tickets"] == []


def test_a_line_break_in_the_name_goes_nowhere(town: Harness) -> None:
    page = submit_report(town, name="Ana\r\nBcc: evil@x.example", **SIZE)
    town.drain()
    assert page.status == 400
    assert town.outbox == []


def test_the_citys_own_address_is_no_citizen(town: Harness) -> None:
    assert submit_report(town, email=DESK, **SIZE).status == 400


def test_sending_the_form_twice_is_one_report(town: Harness) -> None:
    town.http("GET", "/")
    first = submit_report(town, submission="k" * 20, **SIZE)
    second = submit_report(town, submission="k" * 20, **SIZE)
    town.drain()
    assert first.status == second.status == 200
    assert len(town.dump()["tickets"]) == 1
    assert len(town.outbox) == 1


def test_the_tracking_page_shows_what_happens_and_takes_more(town: Harness) -> None:
    path = tracking_path(submit_report(town, **SIZE).text)
    ticket_id = newest_ticket(town)["ticket_id"]
    act(town, ticket_id, "reply", text="A crew comes tomorrow.")
    page = town.http("GET", path)
    assert "A crew comes tomorrow." in page.text
    sent = town.http(
        "POST",
        f"{path}/messages",
        form={"form_token": form_token(page), "submission": "one", "text": "Thank you!"},
    )
    assert sent.status == 303
    assert timeline_of(town, ticket_id)[-1]["text"] == "Thank you!"


def test_a_note_for_colleagues_never_reaches_the_citizen(town: Harness) -> None:
    path = tracking_path(submit_report(town, **SIZE).text)
    act(town, newest_ticket(town)["ticket_id"], "note", text="Canary: watch this caller.")
    town.drain()
    assert "Canary" not in town.http("GET", path).text
    assert all("Canary" not in sent.text for sent in to(town, ANA))


def test_open311_lists_services_and_takes_requests(town: Harness) -> None:
    services = town.http("GET", "/open311/v2/services.json").json()
    assert len(services) >= 12
    form = {
        "service_code": "pothole",
        "attribute[size]": "plate",
        "description": "A hole.",
        "address_string": "45 Elm Street",
        "email": ANA,
        "jurisdiction_id": "city.example",
        "api_key": town.api_key,
    }
    made = town.http("POST", "/open311/v2/requests.json", form=form)
    assert made.status in (200, 201), made.text
    request_id = made.json()[0]["service_request_id"]
    town.drain()
    [read] = town.http("GET", f"/open311/v2/requests/{request_id}.json").json()
    assert read["status"] == "open"
    assert ANA not in json.dumps(read)
    assert to(town, ANA)


def test_open311_names_what_is_wrong(town: Harness) -> None:
    form = {"service_code": "nonsense", "api_key": town.api_key}
    answer = town.http("POST", "/open311/v2/requests.json", form=form)
    assert answer.status == 404
    assert str(answer.json()[0]["code"]).startswith("404")
