"""The catalogue: its seed, its checks, and what citizens' own words mean."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from chalicelib.errors import InvalidRequest, UnknownService
from chalicelib.tickets.catalog import UNCLASSIFIED, checks, classify, fold, words
from chalicelib.tickets.catalog.bodies import read_body, read_catalog, write_body
from chalicelib.tickets.catalog.rule_checks import Known, check_rule
from chalicelib.tickets.catalog.seed import SeedItem, seed, seed_items
from chalicelib.tickets.escalation import ACTIONS
from chalicelib.tickets.worktime.calendars import WEEKDAYS

CATALOG = seed()
INTAKE = ("desk@city.example",)
CHECKS = {
    "calendar": checks.check_calendar,
    "agency": lambda body: checks.check_agency(body, CATALOG, INTAKE),
    "service": lambda body: checks.check_service(body, CATALOG),
    "target": lambda body: checks.check_target(body, CATALOG),
    "policy": lambda body: checks.check_policy(body, INTAKE),
    "rule": lambda body: check_rule(body, Known(CATALOG, ACTIONS, INTAKE)),
}


@pytest.mark.parametrize("item", list(seed_items()), ids=lambda item: f"{item.kind}-{item.code}")
def test_the_seed_is_what_an_administrator_could_have_saved(item: SeedItem) -> None:
    checked = CHECKS[item.kind](item.body)  # type: ignore[operator]
    assert checked == read_body(item.kind, item.body)
    assert read_body(item.kind, write_body(checked)) == checked


def test_the_seed_is_a_believable_town() -> None:
    assert len(CATALOG.services) == 12
    assert len(CATALOG.agencies) == 4
    assert len(CATALOG.calendars) == 2
    assert CATALOG.triage().agency_code == "customer-desk"
    datatypes = {a.datatype for s in CATALOG.services.values() for a in s.attributes}
    assert len(datatypes) == 6
    assert CATALOG.policy.emergency_words.keys() == {"en", "es", "fa", "zh"}


@pytest.mark.parametrize("service", list(CATALOG.services.values()), ids=lambda s: s.service_code)
def test_every_service_speaks_every_shipped_language(service: Any) -> None:
    for texts in (service.service_name, service.description, service.service_notice):
        assert {locale for locale, text in texts.items() if text} == {"en", "es", "fa", "zh"}
    assert all(service.keywords[locale] for locale in ("en", "es", "fa", "zh"))


def test_an_inactive_or_absent_service_is_unknown() -> None:
    closed = read_catalog(
        [SeedItem("service", "x", {"service_code": "x", "service_name": {"en": "X"},
         "agency_code": "a", "is_active": False})]
    )  # fmt: skip
    for code in ("x", "y"):
        with pytest.raises(UnknownService):
            closed.service(code)


def test_deleted_items_are_not_in_the_catalogue_and_newer_fields_are_passed_over() -> None:
    body = {"agency_code": "a", "agency_name": {"en": "A"}, "invented_later": 1}
    items = [SeedItem("agency", "a", body), SeedItem("agency", "b", body, is_deleted=True)]
    assert list(read_catalog(items).agencies) == ["a"]


def test_versions_travel_with_what_explains_itself() -> None:
    body = next(i.body for i in seed_items() if i.kind == "target")
    catalog = read_catalog([SeedItem("target", "t", body, version=7)])
    assert catalog.targets[0].version == 7


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("There is a huge pothole on Main Street", "en", "pothole"),
        ("The STREET-LIGHT in front of my house is dark", "en", "streetlight"),
        ("La farola de mi calle no funciona", "es", "streetlight"),
        ("no recogieron la basura hoy", "es", "missed-collection"),
        ("un arbol caido bloquea la calle", "es", "fallen-tree"),
        ("درخت افتاده و کوچه بسته شده", "fa", "fallen-tree"),
        ("روي ديوار مدرسه ديوار‌نويسي كرده‌اند", "fa", UNCLASSIFIED),
        ("چراغ خيابان ما خاموش است", "fa", "streetlight"),
        ("家门口的路灯坏了", "zh", "streetlight"),
        ("垃圾没有人收,垃圾桶满了", "zh", "missed-collection"),
        ("My neighbours 扰民 every night, 噪音很大", "en", "noise"),
        ("路面有个大坑洞", "en", "pothole"),
        ("hello, I would like to say thanks", "en", UNCLASSIFIED),
        ("streetlighting strategy", "en", UNCLASSIFIED),
        ("", "en", UNCLASSIFIED),
    ],
)
def test_what_the_words_of_a_report_mean(text: str, locale: str, expected: str) -> None:
    assert classify(text, CATALOG, locale)[0] == expected


def test_two_services_meant_equally_are_for_a_person_to_decide() -> None:
    assert classify("garbage and noise", CATALOG) == (UNCLASSIFIED, 0.0)


def test_the_writers_own_language_counts_more() -> None:
    own = classify("basura", CATALOG, "es")[1]
    foreign = classify("basura", CATALOG, "en")[1]
    assert own > foreign > 0


def test_texts_are_compared_without_letter_forms_marks_and_accents() -> None:
    assert fold("كيف\u200cها  ÁRBOL!") == fold("کیف ها árbol") == "کیف ها arbol"
    assert fold("آتش‌سوزی") == fold("اتش سوزي")


def test_words_fall_back_to_base_language_english_then_anything() -> None:
    texts = {"en": "tree", "es": "árbol"}
    assert [words(texts, locale) for locale in ("es-MX", "fa", "en")] == ["árbol", "tree", "tree"]
    assert words({"fa": "درخت"}, "zh") == "درخت"
    assert words({}, "en") == ""


def a_body(kind: str, **given: Any) -> dict[str, Any]:
    return {**next(i.body for i in seed_items() if i.kind == kind), **given}


def an_attribute(**given: Any) -> dict[str, Any]:
    return {"code": "a", "datatype": "string", "description": {"en": "A?"}, "order": 1, **given}


@pytest.mark.parametrize(
    ("kind", "given", "field", "reason"),
    [
        ("calendar", {"timezone": "Mars/Base"}, "timezone", "is not a zone"),
        ("calendar", {"timezone": "../etc"}, "timezone", "is not a zone"),
        ("calendar", {"weekly": {}}, "weekly", "at least one interval"),
        ("calendar", {"weekly": {"monday": []}}, "weekly", "at least one interval"),
        ("calendar", {"weekly": {"funday": [["09:00", "10:00"]]}}, "weekly.funday", "not a day"),
        ("calendar", {"weekly": {"monday": [["9", "17:00"]]}}, "weekly.monday[0][0]", "time of day"),
        ("calendar", {"weekly": {"monday": [["17:00", "09:00"]]}}, "weekly.monday[0]", "no length"),
        (
            "calendar",
            {"weekly": {"monday": [["09:00", "12:00"], ["11:00", "17:00"]]}},
            "weekly.monday[1]",
            "before 12:00",
        ),
        (
            "calendar",
            {"weekly": {"monday": [["13:00", "17:00"], ["09:00", "12:00"]]}},
            "weekly.monday[1]",
            "order them apart",
        ),
        ("calendar", {"weekly": {"monday": [["09:00", "24:30"]]}}, "weekly.monday[0][1]", "24:00"),
        ("calendar", {"holiday_country": "ZZ"}, "holiday_country", "ISO code"),
        ("calendar", {"holiday_region": "ZZ"}, "holiday_region", "ISO code"),
        ("calendar", {"holiday_country": "", "holiday_region": "CA"}, "holiday_country", "needed"),
        ("calendar", {"closures": {"2026-02-30": "x"}}, "closures.2026-02-30", "date"),
        ("agency", {"agency_name": {"en": " "}}, "agency_name", "at least one language"),
        ("agency", {"calendar_code": "moon"}, "calendar_code", "there is no calendar 'moon'"),
        ("agency", {"email": "DESK@city.example"}, "email", "opens tickets"),
        ("agency", {"supervisor_email": "a@b"}, "supervisor_email", "one mail address"),
        ("agency", {"email": "a@b.example\r\nBcc: c@d.example"}, "email", "one mail address"),
        ("agency", {"emial": "x"}, "emial", "not known"),
        ("service", {"agency_code": "nobody"}, "agency_code", "there is no agency"),
        ("service", {"service_code": "unclassified"}, "service_code", "choose another"),
        ("service", {"service_name": {}}, "service_name", "at least one language"),
        ("service", {"priority": "p0"}, "priority", "should be"),
        ("service", {"duplicate_radius_metres": 9999}, "duplicate_radius_metres", "between 0 and"),
        (
            "service",
            {"attributes": [an_attribute(datatype="singlevaluelist")]},
            "attributes[0].values",
            "at least one value",
        ),
        (
            "service",
            {"attributes": [an_attribute(values=[{"key": "x", "name": {"en": "X"}}])]},
            "attributes[0].values",
            "takes no values",
        ),
        (
            "service",
            {"attributes": [an_attribute(), an_attribute(code="b")]},
            "attributes[1].order",
            "stands there twice",
        ),
        (
            "service",
            {"attributes": [an_attribute(), an_attribute(order=2)]},
            "attributes[1].code",
            "stands there twice",
        ),
        (
            "service",
            {"attributes": [an_attribute(is_question=False, is_required=True)]},
            "attributes[0].is_required",
            "cannot be required",
        ),
        ("service", {"attributes": [an_attribute(order=0)]}, "attributes[0].order", "1 or more"),
        ("target", {"clock": "patience"}, "clock", "should be"),
        ("target", {"minutes": 0}, "minutes", "1 or more"),
        ("target", {"service_codes": ["x"]}, "service_codes[0]", "there is no service 'x'"),
        ("target", {"agency_codes": ["x"]}, "agency_codes[0]", "there is no agency 'x'"),
        ("target", {"priorities": ["p7"]}, "priorities[0]", "should be"),
        ("target", {"target_id": "again"}, "clock", "promises the same"),
        ("policy", {"reopen_days": 400}, "reopen_days", "between 0 and 365"),
        ("policy", {"duty_email": "desk@city.example"}, "duty_email", "opens tickets"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_at_its_field(
    kind: str, given: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        CHECKS[kind](a_body(kind, **given))  # type: ignore[operator]
    assert reason in caught.value.fields.get(field, ""), caught.value.fields


def test_a_day_may_end_at_midnight_and_intervals_may_touch() -> None:
    weekly = {"friday": [["00:00", "12:00"], ["12:00", "24:00"]]}
    calendar = checks.check_calendar(a_body("calendar", weekly=weekly))
    assert calendar.weekly["friday"] == (("00:00", "12:00"), ("12:00", "24:00"))
    assert set(calendar.weekly) < set(WEEKDAYS)


def test_the_last_triage_agency_cannot_stop_being_one() -> None:
    body = next(i.body for i in seed_items() if i.code == "customer-desk")
    with pytest.raises(InvalidRequest) as caught:
        checks.check_agency({**body, "is_triage": False}, CATALOG)
    assert "is_triage" in caught.value.fields


def test_reading_the_catalogue_loads_no_validation_and_no_holidays() -> None:
    code = (
        "import sys; from chalicelib.tickets import clocks, escalation; "
        "from chalicelib.tickets.catalog.seed import seed; seed(); "
        "heavy = {'pydantic', 'holidays', 'babel'} & set(sys.modules); sys.exit(len(heavy))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
