"""What somebody writes into a form is never lost: the same key with other words, an outage, a flood."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.citizens import form_token, reported_by_mail, submit_report, to, tracking_path
from tests.faults import fault, refusal
from tests.harness import Harness, Response

pytestmark = pytest.mark.parametrize("town", ["moto"], indirect=True)
ANA = "ana@example.org"
BUSY = refusal("ProvisionedThroughputExceededException")


def _filled(page: Response) -> dict[str, str]:
    """The form of a page as a browser without scripts would send it."""
    [form] = re.findall(r"<form[^>]*>.*?</form>", page.text.partition("<main")[2], re.DOTALL)
    inputs = re.findall(r'<input[^>]*name="([^"]+)"\s+value="([^"]*)"', form)
    areas = re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', form)
    return {name: unescape(value) for name, value in [*inputs, *areas]}


def _submit(town: Harness, **given: str) -> Response:
    return submit_report(town, **{"attribute[size]": "plate", **given})


def _action(page: Response) -> str:
    found = re.search(r'<form[^>]*action="([^"]+)"', page.text.partition("<main")[2])
    assert found
    return unescape(found[1])


def _again(town: Harness, page: Response) -> Response:
    return town.http("POST", _action(page), form=_filled(page))


def _descriptions(town: Harness) -> list[str]:
    return sorted(ticket["description"] for ticket in town.dump()["tickets"])


def test_the_same_form_twice_is_one_report(town: Harness) -> None:
    first, second = (_submit(town, submission="key-1") for _ in range(2))
    assert (first.status, second.status) == (200, 200)
    assert _descriptions(town) == ["A deep hole in the road."]


def test_the_same_form_with_other_words_is_told_and_can_be_sent_anew(town: Harness) -> None:
    _submit(town, submission="key-1")
    other = _submit(town, submission="key-1", description='Two "holes" <now>.')
    assert other.status == 409
    assert "before with other words" in other.text
    assert _descriptions(town) == ["A deep hole in the road."]
    assert _filled(other)["description"] == 'Two "holes" <now>.'
    assert _again(town, other).status == 200
    assert _descriptions(town) == ["A deep hole in the road.", 'Two "holes" <now>.']


def test_a_form_that_meets_a_busy_store_comes_back_filled(town: Harness) -> None:
    with fault("TransactWriteItems", times=50, reply=BUSY):
        busy = _submit(town, submission="key-1")
    assert busy.status == 503
    assert "Your message is not sent yet" in busy.text
    assert _filled(busy)["submission"] == "key-1"
    assert _filled(busy)["address"] == "45 Elm Street"
    assert _descriptions(town) == []
    assert _again(town, busy).status == 200
    assert _again(town, busy).status == 200
    assert _descriptions(town) == ["A deep hole in the road."]


def _add(town: Harness, path: str, text: str, key: str) -> Response:
    page = town.http("GET", path)
    form = {"form_token": form_token(page), "submission": key, "text": text}
    return town.http("POST", f"{path}/messages", form=form)


def _said(town: Harness) -> list[str]:
    return [e["text"] for e in town.dump()["entries"] if e["kind"] == "appended"]


def test_words_on_the_tracking_page_are_kept_alike(town: Harness) -> None:
    reported_by_mail(town)
    path = tracking_path(to(town, ANA)[0].text)
    assert _add(town, path, "One.", "key-1").status == 303
    assert _add(town, path, "One.", "key-1").status == 303
    other = _add(town, path, "Two.", "key-1")
    assert (other.status, _said(town)) == (409, ["One."])
    assert _again(town, other).status == 303
    with fault("TransactWriteItems", times=50, reply=BUSY):
        busy = _add(town, path, "Three.", "key-2")
    assert busy.status == 503
    assert _again(town, busy).status == 303
    assert _said(town) == ["One.", "Two.", "Three."]
