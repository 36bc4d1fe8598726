"""Broadcasts in the console: checked, priced, approved by a second person, watched; without scripts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.notifications.broadcasts.csv_files import plain_cell, safe_cell, write_sheet
from chalicelib.notifications.broadcasts.rows import read_rows
from tests.handlers.api.test_broadcasts import TEMPLATE, run
from tests.handlers.desk_work import hidden, post
from tests.handlers.visitor import multipart
from tests.harness import Harness, Response

NEW = "/console/broadcasts/new"
ROWS = (
    "email,phone,street\r\n"
    "a@example.org,,Elm\r\n"
    "nobody,,Elm\r\n"
    ",+12025550123,Oak\r\n"
    "a@example.org,,Again\r\n"
)
WISH = {
    "name": "Water off",
    "template": "water_off",
    "locale": "en",
    "purpose": "alerts",
    "audience": "list",
    "who": "everybody",
    "rows": ROWS,
}


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        path = "/api/v1/notices/water_off.en"
        wish = {"body": TEMPLATE, "version": 0}
        assert booted.http("PUT", path, json=wish, user="administrator").status == 200
        yield booted


def make(town: Harness, **given: Any) -> str:
    answer = post(town, NEW, NEW, "administrator", **{**WISH, **given})
    assert answer.status == 303, answer.text
    return answer.headers["Location"]


def act(town: Harness, at: str, do: str, user: str = "supervisor", **given: str) -> Response:
    return post(town, at, at, user, do=do, **given)


def look(town: Harness, at: str) -> str:
    return town.http("GET", at, user="supervisor").text


def test_a_list_is_checked_priced_and_shown_before_anything_goes(town: Harness) -> None:
    page = look(town, make(town))
    assert "Waits for approval" in page and "2 cannot be sent to" in page
    assert "1 mail" in page and "1 text" in page and "1 segment" in page
    assert "has no good mail address" in page and "names somebody a second time" in page
    assert "The water is off in Elm on Monday." in page
    before = len(town.outbox)
    run(town)
    assert len(town.outbox) == before


def test_the_author_cannot_approve_and_a_second_person_can(town: Harness) -> None:
    at = make(town)
    own = town.http("GET", at, user="administrator").text
    assert "Ask a colleague" in own and 'value="approve"' not in own
    form = {"form_token": hidden(town.http("GET", NEW, user="administrator"), "form_token")}
    forced = town.http("POST", at, form={**form, "do": "approve"}, user="administrator")
    assert forced.status == 403
    before = len(town.outbox)
    assert act(town, at, "approve").status == 303
    run(town)
    assert sorted(sent.to for sent in town.outbox[before:]) == ["+12025550123", "a@example.org"]
    page = look(town, at)
    assert "Done" in page and "4 of 4" in page
    seen = town.http("GET", f"{at}/progress", user="supervisor").json()
    assert (seen["stage"], seen["is_live"], seen["done"]) == ("done", False, 4)


def test_it_waits_for_its_time_is_paused_goes_on_and_is_cancelled(town: Harness) -> None:
    at, before = make(town), len(town.outbox)
    noon = town.now.astimezone(ZoneInfo("America/New_York")) + timedelta(hours=2)
    wrong = act(town, at, "approve", starts_at="tomorrow")
    assert wrong.status == 409 and 'id="starts_at-error"' in wrong.text
    assert act(town, at, "approve", starts_at=f"{noon:%Y-%m-%dT%H:%M}").status == 303
    run(town)
    assert len(town.outbox) == before, "it is two hours away by the city's clocks"
    assert act(town, at, "pause").status == 303
    town.tick(town.now + timedelta(hours=3))
    run(town)
    assert len(town.outbox) == before
    assert 'value="resume"' in look(town, at)
    assert act(town, at, "cancel").status == 409, "a box says that one is sure"
    assert act(town, at, "cancel", sure="yes").status == 303
    assert "Cancelled" in look(town, at) and 'name="do"' not in look(town, at)
    form = {"form_token": hidden(town.http("GET", NEW, user="supervisor"), "form_token")}
    late = town.http("POST", at, form={**form, "do": "resume"}, user="supervisor")
    assert late.status == 409


def test_a_file_goes_before_what_was_pasted(town: Harness) -> None:
    page = town.http("GET", NEW, user="administrator")
    fields = {**WISH, "rows": "", "form_token": hidden(page, "form_token")}
    kind, body = multipart(fields, {"file:people.csv": ROWS.encode()})
    headers = {"Content-Type": kind}
    answer = town.http("POST", NEW, body=body, headers=headers, user="administrator")
    assert answer.status == 303
    assert "4 rows" in look(town, answer.headers["Location"])


def test_a_segment_of_the_public_is_gathered(town: Harness) -> None:
    given = {"audience": "segment", "rows": "", "values": "street = Elm Street"}
    page = look(town, make(town, **given, services=["pothole"], locales=["en", "fa"]))
    assert "A part of the public" in page and "pothole" in page and "0 rows" in page


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({"name": ""}, "name"),
        ({"template": "nothing"}, "template"),
        ({"locale": "fa"}, "template"),
        ({"purpose": "fun"}, "purpose"),
        ({"rows": ""}, "rows"),
        ({"rows": "email\r\na@example.org\r\n"}, "rows"),
        ({"values": "colour = red"}, "values"),
        ({"audience": "segment", "rows": "", "values": ""}, "values"),
        ({"audience": "segment", "services": "none"}, "services"),
    ],
)
def test_a_mistake_is_named_at_its_field(town: Harness, given: dict[str, str], at: str) -> None:
    answer = post(town, NEW, NEW, "administrator", **{**WISH, **given})
    assert answer.status == 400, answer.text
    assert f'<a href="#{at}">' in answer.text and f'id="{at}"' in answer.text


CELLS = ["=HYPERLINK(1)", "+1+1", "-2", "@SUM", "\tx", "\rx", "+447700900123", "'=1", "plain", "'x"]


def test_no_cell_of_a_file_is_a_formula_and_the_round_trip_keeps_its_value() -> None:
    (heading, *rows) = csv.reader(io.StringIO(write_sheet(["a"], [[cell] for cell in CELLS])))
    assert heading == ["a"]
    written = [row[0] for row in rows]
    assert [each for each in written if each[0] in "=+-@\t\r"] == ["+447700900123"]
    assert [plain_cell(each) for each in written] == CELLS
    assert [safe_cell(plain_cell(each)) for each in written] == written
    (row,) = read_rows(io.StringIO("email,street\na@example.org,'=Elm\n"), ["street"])
    assert row.values == {"street": "=Elm"}


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_a_cell_that_begins_like_a_formula_is_text_in_narrow_and_in_full_width(sign: str) -> None:
    assert safe_cell(f"{sign}1+1") == f"'{sign}1+1"


def test_the_results_leave_as_a_file_with_a_line_in_the_audit_trail(town: Harness) -> None:
    at = make(town)
    act(town, at, "approve")
    run(town)
    file = town.http("GET", f"{at}/results/1", user="auditor")
    assert "attachment" in file.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(file.body.decode("utf-8-sig"))))
    assert {(row["email"], row["phone"], row["status"]) for row in rows} == {
        ("a@example.org", "", "accepted"),
        ("", "+12025550123", "accepted"),
    }
    assert town.http("GET", f"{at}/results/2", user="auditor").status == 404
    assert "broadcast_exported" in [each["action"] for each in town.dump()["audit"]]


def test_the_list_says_how_far_each_is_in_persian_too(town: Harness) -> None:
    make(town)
    page = town.http("GET", "/console/broadcasts?lang=fa", user="auditor").text
    assert "۰ از ۴" in re.sub("[\u2066-\u2069]", "", page) and "در انتظار تأیید" in page
