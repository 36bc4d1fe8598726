"""7. Citizens' rights: language, channel, stop, and a reference that opens nothing."""

from __future__ import annotations

from tests.citizens import (
    ANA,
    act,
    form_token,
    newest_ticket,
    reported_by_mail,
    submit_report,
    to,
    tracking_path,
)
from tests.harness import Harness

SIZE = {"attribute[size]": "plate"}


def _choose(town: Harness, path: str, **choice: str) -> int:
    page = town.http("GET", path)
    form = {"form_token": form_token(page), **choice}
    return town.http("POST", f"{path}/preferences", form=form).status


def test_the_language_can_be_changed_from_the_tracking_page(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    path = tracking_path(to(town, ANA)[0].text)
    assert _choose(town, path, locale="fa") == 303
    act(town, ticket_id, "status", status="in_progress")
    town.drain()
    assert 'dir="rtl"' in to(town, ANA)[-1].html


def test_the_channel_can_be_changed_from_the_tracking_page(town: Harness) -> None:
    page = submit_report(town, phone="+1 555 010 9911", contact="email", **SIZE)
    town.drain()
    assert _choose(town, tracking_path(page.text), channel="sms") == 303
    act(town, newest_ticket(town)["ticket_id"], "status", status="in_progress")
    town.drain()
    assert len(to(town, "+15550109911")) == 1


def test_a_reference_alone_shows_nothing_private(town: Harness) -> None:
    ticket = reported_by_mail(town, text="My phone is 555 0100 and I live at number 45.")
    page = town.http("GET", f"/tickets/{ticket['ticket_id']}")
    assert ANA not in page.text and "Ana Ortiz" not in page.text
    api = town.http("GET", f"/open311/v2/requests/{ticket['ticket_id']}.json")
    assert ANA not in api.text and "Ana Ortiz" not in api.text


def test_a_wrong_secret_looks_like_no_ticket_at_all(town: Harness) -> None:
    reported_by_mail(town)
    right = tracking_path(to(town, ANA)[0].text)
    wrong = town.http("GET", right[:-3] + "aaa")
    absent = town.http("GET", "/t/SR-0000-0000-0/k1.aaaaaaaaaaaaaaaaaaaaaaaaaa")
    assert (wrong.status, absent.status) == (404, 404)
    assert "Elm Street" not in wrong.text
    assert town.http("GET", right).status == 200


def test_a_private_service_has_no_public_trace(town: Harness) -> None:
    ticket = reported_by_mail(town, text="Loud music from the bar every night", subject="Noise")
    assert ticket["service_code"] == "noise"
    assert town.http("GET", f"/tickets/{ticket['ticket_id']}").status == 404
    listed = town.http("GET", "/open311/v2/requests.json").text
    assert ticket["ticket_id"] not in listed
