"""Services, agencies, promises and the policy in forms: nothing lost, mistakes at their fields."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from chalicelib.tickets.catalog import DATATYPES
from chalicelib.tickets.catalog.bodies import read_body, write_body
from tests.harness import Harness, Response

BOSS = "administrator"
CATALOGUE = "/console/catalogue"
KINDS = {"service": "services", "agency": "agencies", "target": "targets", "policy": "policies"}


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


class Filled(HTMLParser):
    """What a browser would send of the page's last form if nobody touched it."""

    def __init__(self, page: Response) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.name = self.select = ""
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.fields = {} if "/sign-out" not in has["action"] else self.fields
        elif tag == "select":
            self.select = has["name"]
        elif tag == "option" and "selected" in has:
            self.fields[self.select] = [has["value"]]
        elif tag == "textarea":
            self.name = has["name"]
            self.fields[self.name] = [""]
        elif tag == "input" and (has.get("type") not in ("checkbox", "radio") or "checked" in has):
            self.fields.setdefault(has["name"], []).append(has["value"])

    def handle_data(self, data: str) -> None:
        if self.name:
            self.fields[self.name][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            text = self.fields[self.name][0].removeprefix("\n")
            self.fields[self.name] = [text.replace("\n", "\r\n")]
            self.name = ""


def save(town: Harness, path: str, do: str = "save", **given: Any) -> Response:
    page = town.http("GET", path, user=BOSS)
    assert page.status == 200, page.text
    form = {**Filled(page).fields, "do": do, **given}
    return town.http("POST", path, form=form, user=BOSS)


def items(town: Harness, kind: str) -> list[Any]:
    return list(town.services.catalog_desk.items(kind))


def body(town: Harness, kind: str, code: str) -> dict[str, Any]:
    return dict(town.services.catalog_desk.item(kind, code).body)


def settled(kind: str, stored: Any) -> Any:
    return write_body(read_body(kind, stored))


@pytest.mark.parametrize("kind", list(KINDS))
def test_opening_and_saving_a_form_changes_nothing(town: Harness, kind: str) -> None:
    assert items(town, kind)
    for item in items(town, kind):
        answer = save(town, f"{CATALOGUE}/{kind}/{item.code}")
        assert answer.status == 303, (item.code, answer.text)
        after = town.services.catalog_desk.item(kind, item.code)
        assert after.version == item.version + 1
        assert settled(kind, after.body) == settled(kind, item.body)


def test_opening_and_saving_a_question_changes_nothing(town: Harness) -> None:
    asked = 0
    for item in items(town, "service"):
        for question in item.body.get("attributes", ()):
            path = f"/console/services/{item.code}/questions/{question['code']}"
            assert save(town, path).status == 303
            asked += 1
        assert settled("service", body(town, "service", item.code)) == settled("service", item.body)
    assert asked > 5


NEW = {
    "service_code": "bench",
    "service_name.en": "Broken bench",
    "service_name.fa": "نیمکت شکسته",
    "keywords.en": "bench, seat; plank",
    "keywords.fa": "نیمکت، صندلی\r\nچوب",
    "keywords.zh": "长椅、座位",
    "agency_code": "parks",
    "priority": "p4",
    "duplicate_radius_metres": "۲۵۰",
    "emergency_number": "112",
    "emergency_text.en": "Call now.",
}


def test_a_service_is_made_in_the_form(town: Harness) -> None:
    assert save(town, f"{CATALOGUE}/service/new", **NEW).status == 303
    stored = body(town, "service", "bench")
    assert stored["service_name"] == {"en": "Broken bench", "fa": "نیمکت شکسته"}
    assert stored["keywords"] == {
        "en": ["bench", "seat", "plank"],
        "fa": ["نیمکت", "صندلی", "چوب"],
        "zh": ["长椅", "座位"],
    }
    assert (stored["duplicate_radius_metres"], stored["is_public"]) == (250, True)
    page = town.http("GET", "/report?lang=fa")
    assert "نیمکت شکسته" in page.text


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("service", {"service_name.en": "x" * 401}),
        ("service", {"service_name.en": "", "service_name.fa": "", "at": "service_name"}),
        ("service", {"agency_code": "nobody"}),
        ("service", {"duplicate_radius_metres": "far"}),
        ("service", {"duplicate_radius_metres": "9999"}),
        ("service", {"service_code": "Two words"}),
        ("service", {"keywords.en": "fine, " + "y" * 401}),
        ("agency", {"email": "not an address"}),
        ("agency", {"agency_code": ""}),
        ("target", {"minutes": "0"}),
        ("target", {"target_id": ""}),
    ],
)
def test_a_mistake_is_named_at_its_field_and_what_was_typed_stays(
    town: Harness, kind: str, wrong: dict[str, str]
) -> None:
    given = dict(NEW) if kind == "service" else {}
    at = wrong.pop("at", next(iter(wrong)))
    answer = save(town, f"{CATALOGUE}/{kind}/new", **{**given, "service_code": "other", **wrong})
    assert answer.status == 400, answer.text
    assert f'<a href="#{at}">' in answer.text and f'id="{at}"' in answer.text
    assert f'id="{at}-error"' in answer.text
    for typed in wrong.values():
        assert typed in answer.text


def test_whoever_is_later_is_told_and_nothing_is_overwritten(town: Harness) -> None:
    path = f"{CATALOGUE}/agency/parks"
    stale = save(town, path, version="999", email="late@city.example")
    assert stale.status == 409 and "late@city.example" in stale.text
    assert body(town, "agency", "parks")["email"] != "late@city.example"


def test_the_json_stays_for_who_wants_it(town: Harness) -> None:
    page = town.http("GET", f"{CATALOGUE}/agency/parks?as=json", user=BOSS)
    assert "<textarea" in page.text and "agency_code" in page.text


def test_every_kind_of_question_can_be_asked_and_taken_back(town: Harness) -> None:
    save(town, f"{CATALOGUE}/service/new", **{**NEW, "service_code": "asked"})
    base = "/console/services/asked/questions"
    for number, datatype in enumerate(DATATYPES, start=1):
        given = {
            "code": f"q{number}",
            "datatype": datatype,
            "description.en": f"Question {number}?",
        }
        if datatype.endswith("list"):
            given |= {"values.0.key": "a", "values.0.en": "One", "values.2.key": "b"}
            given |= {"values.2.fa": "دو"}
        answer = save(town, f"{base}/new", **given)
        assert answer.status == 303, answer.text
    stored = body(town, "service", "asked")["attributes"]
    assert [each["datatype"] for each in stored] == list(DATATYPES)
    assert [each["order"] for each in stored] == [1, 2, 3, 4, 5, 6]
    assert stored[4]["values"] == [
        {"key": "a", "name": {"en": "One"}},
        {"key": "b", "name": {"fa": "دو"}},
    ]
    shown = town.http("GET", f"{CATALOGUE}/service/asked", user=BOSS).text
    assert all(f"Question {number}?" in shown for number in range(1, 7))
    assert save(town, f"{base}/q2", do="delete").status == 303
    left = [each["code"] for each in body(town, "service", "asked")["attributes"]]
    assert left == ["q1", "q3", "q4", "q5", "q6"]


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"code": "fallen tree"}, "code"),
        ({"description.en": ""}, "description"),
        ({"order": "first"}, "order"),
        ({"datatype": "singlevaluelist"}, "values"),
        ({"datatype": "string", "values.0.key": "a", "values.0.en": "One"}, "values"),
        (
            {"datatype": "singlevaluelist", "values.0.en": "", "values.1.key": "No good"},
            "values.0.key",
        ),
    ],
)
def test_a_mistake_in_a_question_is_named_at_its_field(
    town: Harness, wrong: dict[str, str], at: str
) -> None:
    given = {"code": "size", "datatype": "string", "description.en": "How large?"}
    answer = save(town, "/console/services/pothole/questions/new", **{**given, **wrong})
    assert answer.status == 400, answer.text
    assert f'<a href="#{at}">' in answer.text and f'id="{at}"' in answer.text


def test_more_lines_are_offered_and_what_was_typed_stays(town: Harness) -> None:
    path = "/console/services/pothole/questions/new"
    given = {"values.2.key": "deep", "values.2.en": "Deep"}
    answer = save(town, path, do="more", **given)
    assert answer.status == 200
    assert 'id="values.9.key"' in answer.text and 'value="Deep"' in answer.text


def test_the_forms_speak_persian(town: Harness) -> None:
    page = town.http("GET", f"{CATALOGUE}/service/new?lang=fa", user=BOSS).text
    assert 'dir="rtl"' in page and "واژه‌های روزمره" in page
