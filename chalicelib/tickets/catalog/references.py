"""What in the catalogue needs what else in it, so that nothing is deleted from under it."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.tickets.catalog.published import Catalog
from chalicelib.tickets.catalog.rules import Condition, Rule


def users_of(kind: str, code: str, catalog: Catalog) -> list[str]:
    """Who needs this item, such as `agency roads`; nobody for kinds that nothing refers to."""
    if kind == "policy":
        return ["the city itself"]
    found = {
        "calendar": _of_calendar,
        "agency": _of_agency,
        "service": _of_service,
        "area": _of_area,
    }.get(kind)
    return list(found(code, catalog)) if found else []


def _of_calendar(code: str, catalog: Catalog) -> Iterator[str]:
    for agency in catalog.agencies.values():
        if agency.calendar_code == code:
            yield f"agency {agency.agency_code}"


def _of_agency(code: str, catalog: Catalog) -> Iterator[str]:
    if code in catalog.agencies and catalog.agencies[code].is_triage:
        yield "reports that fit no service"
    for service in catalog.services.values():
        if service.agency_code == code:
            yield f"service {service.service_code}"
    for target in catalog.targets:
        if code in target.agency_codes:
            yield f"target {target.target_id}"
    for route in catalog.routes:
        if route.agency_code == code:
            yield f"route {route.route_id}"
    for rule in catalog.rules:
        if _asks(rule.when, "agency", code) or _hands_over(rule, code):
            yield f"rule {rule.rule_id}"


def _of_service(code: str, catalog: Catalog) -> Iterator[str]:
    for target in catalog.targets:
        if code in target.service_codes:
            yield f"target {target.target_id}"
    for rule in catalog.rules:
        if _asks(rule.when, "service", code):
            yield f"rule {rule.rule_id}"


def _of_area(code: str, catalog: Catalog) -> Iterator[str]:
    for route in catalog.routes:
        if _asks(route.when, "area", code):
            yield f"route {route.route_id}"
    for rule in catalog.rules:
        if _asks(rule.when, "area", code):
            yield f"rule {rule.rule_id}"


def _asks(condition: Condition, name: str, code: str) -> bool:
    if condition.field == name and code in condition.values:
        return True
    nested = (*condition.all, *condition.any, *condition.none)
    return any(_asks(part, name, code) for part in nested)


def _hands_over(rule: Rule, code: str) -> bool:
    actions = (action for step in rule.steps for action in step.actions)
    return any(action.do == "hand_over" and action.to == code for action in actions)
