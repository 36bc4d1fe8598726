"""Accepting what administrators write: shape, then sense against the rest of the catalogue.

Each check takes a JSON body and gives the thing, or raises `InvalidRequest` whose `fields` maps a
path such as `attributes[1].values` to what is wrong and how to put it right.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.errors import InvalidRequest
from chalicelib.tickets.catalog.published import (
    LIST_DATATYPES,
    UNCLASSIFIED,
    Agency,
    Attribute,
    Catalog,
    Policy,
    Service,
)
from chalicelib.tickets.worktime.calendars import WEEKDAYS, Calendar, public_holidays
from chalicelib.tickets.worktime.sla import CLOCKS, Target

# Imported where used: pydantic takes 30 ms, and only administrators' changes are checked.

MOST_BYTES = 250_000  # of a body; DynamoDB takes 400 KB an item
MOST_BESIDE_BORDERS = 20_000  # bytes; the borders are counted by points

T = TypeVar("T")
Body = Mapping[str, Any]
Problems = dict[str, str]


def shape(kind: type[T], body: Body) -> T:
    """The body as a thing of its kind: every field known, present and of the right type."""
    from pydantic import ValidationError

    given = {name: value for name, value in body.items() if name != "version"}
    try:
        return cast("T", _adapter(cast("type", kind)).validate_python(given))
    except ValidationError as error:
        raise refused({path_of(e["loc"]): _said(e) for e in error.errors()}) from None


def refused(problems: Problems) -> InvalidRequest:
    """One error for all that is wrong."""
    named = "; ".join(f"{path or 'body'}: {text}" for path, text in sorted(problems.items()))
    return InvalidRequest(f"This cannot be saved. {named}.", problems)


def path_of(loc: Iterable[str | int]) -> str:
    """`("steps", 0, "do")` as `steps[0].do`."""
    path = ""
    for part in loc:
        if part == "[key]":
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def raise_any(problems: Problems) -> None:
    """Raise what was collected, if anything was."""
    if problems:
        raise refused(problems)


@cache
def _adapter(kind: type) -> Any:  # cached: building one takes milliseconds
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def check_size(body: Mapping[str, Any]) -> None:
    """Raise `InvalidRequest` when a body is too large to be kept."""
    most = MOST_BESIDE_BORDERS if "geometry" in body else MOST_BYTES
    sizes = {
        name: len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        for name, value in body.items()
        if name != "geometry"
    }
    if (whole := sum(sizes.values())) > most:
        largest = max(sizes, key=sizes.__getitem__)
        fault = f"makes it {whole:,} bytes long; shorten it until it has {most:,} or fewer"
        raise refused({largest: fault})


def check_calendar(body: Body) -> Calendar:
    """A calendar whose days, intervals, zone and holidays make sense."""
    calendar = shape(Calendar, body)
    problems = _check_zone(calendar) | _check_week(calendar.weekly) | _check_holidays(calendar)
    raise_any(problems)
    return calendar


def _check_zone(calendar: Calendar) -> Problems:
    try:
        ZoneInfo(calendar.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return {"timezone": f"{calendar.timezone!r} is not a zone such as America/New_York"}
    return {}


def _check_week(weekly: Mapping[str, Sequence[tuple[str, str]]]) -> Problems:
    problems = {
        f"weekly.{day}": "is not a day; use monday to sunday"
        for day in weekly
        if day not in WEEKDAYS
    }
    if not any(weekly.values()):
        problems["weekly"] = "needs at least one interval in the week"
    for day, intervals in weekly.items():
        problems |= _check_day(f"weekly.{day}", intervals)
    return problems


def _check_day(path: str, intervals: Sequence[tuple[str, str]]) -> Problems:
    problems = {
        f"{path}[{at}]": f"{opens} to {closes} has no length; put the earlier time first"
        for at, (opens, closes) in enumerate(intervals)
        if opens >= closes
    }
    for at, (before, after) in enumerate(pairwise(intervals), start=1):
        if after[0] < before[1]:
            problems[f"{path}[{at}]"] = (
                f"begins at {after[0]}, before {before[1]}; order them apart"
            )
    return problems


def _check_holidays(calendar: Calendar) -> Problems:
    if calendar.holiday_region and not calendar.holiday_country:
        return {"holiday_country": "is needed for the region to mean anything"}
    if not calendar.holiday_country:
        return {}
    try:
        public_holidays(calendar.holiday_country, calendar.holiday_region, 2026)
    except InvalidRequest as error:
        return error.fields
    return {}


def check_agency(body: Body, catalog: Catalog, intake_addresses: Collection[str] = ()) -> Agency:
    """An agency with a known calendar and addresses that are not the desk's own."""
    agency = shape(Agency, body)
    problems = _check_words("agency_name", agency.agency_name)
    if agency.calendar_code not in catalog.calendars:
        problems["calendar_code"] = _unknown("calendar", agency.calendar_code, catalog.calendars)
    for name in ("email", "supervisor_email"):
        problems |= check_address(name, getattr(agency, name), intake_addresses)
    problems |= _check_triage(agency, catalog)
    raise_any(problems)
    return agency


def _check_triage(agency: Agency, catalog: Catalog) -> Problems:
    others = [a for a in catalog.agencies.values() if a.agency_code != agency.agency_code]
    holders = [a.agency_code for a in others if a.is_triage]
    if not agency.is_triage and not holders:
        return {"is_triage": "one agency must get what nobody else does; make another one first"}
    return {}


def check_address(path: str, address: str, intake_addresses: Collection[str]) -> Problems:
    """A recipient that is one of the desk's own intake addresses would make it write to itself."""
    own = {each.casefold() for each in intake_addresses}
    if address.casefold() in own:
        return {path: f"{address} is an address that opens tickets; name a person's or office's"}
    return {}


def check_service(body: Body, catalog: Catalog) -> Service:
    """A service whose agency exists and whose questions can be asked."""
    service = shape(Service, body)
    problems = _check_words("service_name", service.service_name)
    if service.service_code == UNCLASSIFIED:
        problems["service_code"] = "is kept for reports that fit no service; choose another"
    if service.agency_code not in catalog.agencies:
        problems["agency_code"] = _unknown("agency", service.agency_code, catalog.agencies)
    problems |= _check_attributes(service.attributes)
    raise_any(problems)
    return service


def _check_attributes(attributes: Sequence[Attribute]) -> Problems:
    problems: Problems = {}
    for name in ("code", "order"):
        problems |= _repeated("attributes", name, [getattr(a, name) for a in attributes])
    for at, attribute in enumerate(attributes):
        problems |= _check_attribute(f"attributes[{at}]", attribute)
    return problems


def _check_attribute(path: str, attribute: Attribute) -> Problems:
    problems = _check_words(f"{path}.description", attribute.description)
    is_list = attribute.datatype in LIST_DATATYPES
    if is_list and not attribute.values:
        problems[f"{path}.values"] = "a list needs at least one value to choose"
    if attribute.values and not is_list:
        problems[f"{path}.values"] = f"a {attribute.datatype} takes no values; use a list"
    if attribute.is_required and not attribute.is_question:
        problems[f"{path}.is_required"] = "what is not a question cannot be required"
    keys = [value.key for value in attribute.values]
    return problems | _repeated(f"{path}.values", "key", keys)


def check_target(body: Body, catalog: Catalog) -> Target:
    """A target whose services and agencies exist and that no other target contradicts."""
    target = shape(Target, body)
    problems = check_codes("service_codes", "service", target.service_codes, catalog.services)
    problems |= check_codes("agency_codes", "agency", target.agency_codes, catalog.agencies)
    if target.clock not in CLOCKS:
        known = ", ".join(sorted(clock for clock in CLOCKS if clock != "staff_silence"))
        problems["clock"] = f"{target.clock} is not measured yet; choose one of {known}"
    twin = next((t for t in catalog.targets if _same_scope(t, target)), None)
    if twin is not None:
        problems["clock"] = f"the target {twin.target_id!r} promises the same; change that one"
    raise_any(problems)
    return target


def _same_scope(one: Target, other: Target) -> bool:
    return one.target_id != other.target_id and _scope(one) == _scope(other)


def _scope(target: Target) -> tuple[object, ...]:
    lists = (target.service_codes, target.agency_codes, target.priorities)
    return (target.clock, *(frozenset(codes) for codes in lists))


def check_policy(body: Body, intake_addresses: Collection[str] = ()) -> Policy:
    """The city-wide windows and caps."""
    policy = shape(Policy, body)
    raise_any(check_address("duty_email", policy.duty_email, intake_addresses))
    return policy


def check_codes(path: str, kind: str, codes: Sequence[str], known: Collection[str]) -> Problems:
    """A problem for each code that the catalogue does not have."""
    return {
        f"{path}[{at}]": _unknown(kind, code, known)
        for at, code in enumerate(codes)
        if code not in known
    }


def _unknown(kind: str, code: str, known: Collection[str]) -> str:
    return f"there is no {kind} {code!r}; known are {', '.join(sorted(known)) or 'none yet'}"


def _check_words(path: str, texts: Mapping[str, str]) -> Problems:
    if any(text.strip() for text in texts.values()):
        return {}
    return {path: "needs a text in at least one language"}


def _repeated(path: str, name: str, values: Sequence[object]) -> Problems:
    return {
        f"{path}[{at}].{name}": f"{value!r} stands there twice; each must be different"
        for at, value in enumerate(values)
        if value in values[:at]
    }


def _said(error: Any) -> str:
    """What pydantic found wrong, in a sentence of ours where it has one."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return _PLAIN.get(error["type"], str(error["msg"]).lower())


_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is not known; check its spelling",
    "unexpected_keyword_argument": "is not known; check its spelling",
}
