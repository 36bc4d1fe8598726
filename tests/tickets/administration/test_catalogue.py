"""What administrators do: publish, undo, order, delete, move the whole catalogue from city to city."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import InvalidRequest, NotFound, StaleTicket
from chalicelib.tickets.administration.catalogue import CatalogDesk
from chalicelib.tickets.model.ticket import Actor
from tests.fakes import FakeCatalogStore, FixedClock

ADMIN = Actor("staff", "ada", "Ada")
STEP = {"code": "late", "share": 100, "actions": [{"do": "remind_agency"}]}
RULE = {"rule_id": "roads", "name": "Roads", "clock": "resolution", "steps": [STEP]}


def an_empty_desk() -> CatalogDesk:
    return CatalogDesk(FakeCatalogStore(), FixedClock(), ("desk@city.example",))


def a_desk() -> CatalogDesk:
    desk = an_empty_desk()
    desk.plant(ADMIN)
    return desk


def codes(desk: CatalogDesk, kind: str) -> list[str]:
    return [item.code for item in desk.items(kind)]


def test_planting_publishes_the_seed_once_and_brings_nothing_back() -> None:
    desk = an_empty_desk()
    assert len(desk.plant(ADMIN)) == 39
    desk.delete("rule", "silence", ADMIN, version=1)
    assert desk.plant(ADMIN) == []
    assert "silence" not in codes(desk, "rule")


def test_a_published_rule_is_in_the_catalogue_with_its_version_author_and_note() -> None:
    desk = a_desk()
    item = desk.put("rule", RULE, ADMIN, note="Roads asked for it")
    assert (item.version, item.author, item.note) == (1, "ada", "Roads asked for it")
    rule = next(r for r in desk.store.fresh().rules if r.rule_id == "roads")
    assert (rule.version, rule.order) == (1, 100)


def test_a_wrong_rule_is_not_published() -> None:
    desk = a_desk()
    with pytest.raises(InvalidRequest) as caught:
        desk.put("rule", RULE | {"steps": [STEP | {"actions": [{"do": "shout"}]}]}, ADMIN)
    assert "steps[0].actions[0].do" in caught.value.fields
    assert "roads" not in codes(desk, "rule")


def test_whoever_saves_second_on_the_same_version_is_told() -> None:
    desk = a_desk()
    desk.put("rule", RULE, ADMIN)
    desk.put("rule", RULE | {"name": "Mine"}, ADMIN, version=1)
    with pytest.raises(StaleTicket):
        desk.put("rule", RULE | {"name": "Yours"}, ADMIN, version=1)
    with pytest.raises(StaleTicket):
        desk.put("rule", RULE | {"name": "New"}, ADMIN)
    assert desk.item("rule", "roads").body["name"] == "Mine"


def test_going_back_publishes_the_earlier_version_as_a_new_one() -> None:
    desk = a_desk()
    desk.put("rule", RULE, ADMIN)
    desk.put("rule", RULE | {"name": "Worse"}, ADMIN, version=1)
    item = desk.rollback("rule", "roads", 1, ADMIN, version=2)
    assert (item.version, item.body["name"], item.note) == (3, "Roads", "Back to version 1")
    assert [i.version for i in desk.history("rule", "roads")] == [3, 2, 1]
    with pytest.raises(NotFound):
        desk.rollback("rule", "roads", 9, ADMIN, version=3)


def test_a_deleted_rule_is_gone_and_can_be_made_again() -> None:
    desk = a_desk()
    desk.put("rule", RULE, ADMIN)
    desk.delete("rule", "roads", ADMIN, version=1)
    with pytest.raises(NotFound):
        desk.item("rule", "roads")
    assert desk.put("rule", RULE, ADMIN).version == 3


def test_a_rule_is_switched_off_and_on() -> None:
    desk = a_desk()
    off = desk.enable_rule("silence", ADMIN, is_enabled=False, version=1)
    assert "silence" not in [r.rule_id for r in desk.store.fresh().live_rules]
    desk.enable_rule("silence", ADMIN, is_enabled=True, version=off.version)
    assert "silence" in [r.rule_id for r in desk.store.fresh().live_rules]


def test_rules_are_put_in_order_and_only_moved_ones_get_a_version() -> None:
    desk = a_desk()
    before = codes(desk, "rule")
    wanted = [before[1], before[0], *before[2:]]
    changed = desk.reorder_rules(wanted, ADMIN)
    assert [i.code for i in changed] == wanted[:2]
    assert codes(desk, "rule") == wanted
    with pytest.raises(InvalidRequest):
        desk.reorder_rules(before[:2], ADMIN)


@pytest.mark.parametrize(
    ("kind", "code", "user"),
    [
        ("agency", "parks", "service fallen-tree"),
        ("agency", "customer-desk", "reports that fit no service"),
        ("calendar", "parks", "agency parks"),
        ("service", "pothole", "target resolution-pothole"),
        ("policy", "policy", "the city itself"),
    ],
)
def test_what_is_needed_cannot_be_deleted(kind: str, code: str, user: str) -> None:
    desk = a_desk()
    with pytest.raises(InvalidRequest, match=user):
        desk.delete(kind, code, ADMIN, version=1)


def test_a_service_that_a_rule_asks_about_cannot_be_deleted() -> None:
    desk = a_desk()
    desk.put("rule", RULE | {"when": {"any": [{"service": "noise"}]}}, ADMIN)
    with pytest.raises(InvalidRequest, match="rule roads"):
        desk.delete("service", "noise", ADMIN, version=1)


def test_a_new_triage_agency_relieves_the_former_one() -> None:
    desk = a_desk()
    body = desk.item("agency", "parks").body | {"is_triage": True}
    desk.put("agency", body, ADMIN, version=1)
    catalog = desk.store.fresh()
    assert [a.agency_code for a in catalog.agencies.values() if a.is_triage] == ["parks"]


def test_a_calendar_is_published_with_the_holidays_of_three_years() -> None:
    desk = a_desk()
    calendar = desk.store.fresh().calendars["default"]
    assert calendar.known_years == (2026, 2027, 2028)
    assert "Thanksgiving" in " ".join(calendar.known_holidays.values())


def test_an_export_imported_elsewhere_gives_the_same_catalogue() -> None:
    document = a_desk().export()
    elsewhere = an_empty_desk()
    assert len(elsewhere.import_items(document, ADMIN)) == 39
    assert elsewhere.export() == document
    assert elsewhere.import_items(document, ADMIN) == []


def test_an_import_with_one_mistake_changes_nothing_and_names_it() -> None:
    desk = a_desk()
    before = desk.export()
    document: dict[str, Any] = {"rule": [RULE, RULE | {"rule_id": "b", "steps": []}]}
    with pytest.raises(InvalidRequest) as caught:
        desk.import_items(document, ADMIN)
    assert list(caught.value.fields) == ["rule[1].steps"]
    assert desk.export() == before


@pytest.mark.parametrize("document", [{"rules": []}, {"rule": {}}, {"rule": ["x"]}])
def test_what_is_no_export_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        a_desk().import_items(document, ADMIN)


def test_kinds_and_codes_that_are_not_there_are_not_found() -> None:
    desk = a_desk()
    with pytest.raises(NotFound):
        desk.items("secret")
    with pytest.raises(NotFound):
        desk.item("rule", "nothing")


def test_administrators_can_read_what_each_action_does() -> None:
    kinds = {kind.name: kind for kind in an_empty_desk().actions()}
    assert kinds["hand_over"].needs == "agency"
    assert all(kind.does.endswith(".") for kind in kinds.values())
