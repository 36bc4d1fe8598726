"""The catalogue's items as JSON bodies, both ways; quick, and trusting: bodies were checked on saving.

Fields that this version does not know are passed over, so an older function can read what a newer
one wrote while a deployment is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, cast

from chalicelib.errors import UNREADABLE
from chalicelib.tickets.catalog.areas import Area
from chalicelib.tickets.catalog.published import (
    KINDS,
    THE_POLICY,
    Agency,
    Attribute,
    AttributeValue,
    Catalog,
    Item,
    NoticeWords,
    Policy,
    Service,
)
from chalicelib.tickets.catalog.routing import Route
from chalicelib.tickets.catalog.rules import READERS, WORD_FIELD, Action, Condition, Rule, Step
from chalicelib.tickets.worktime.calendars import Calendar
from chalicelib.tickets.worktime.sla import Target

Body = Mapping[str, Any]
Thing = Service | Agency | Calendar | Target | Rule | Policy | NoticeWords | Area | Route

NESTS = ("all", "any", "none")
CODE_FIELDS: Mapping[str, str] = {
    "service": "service_code",
    "agency": "agency_code",
    "calendar": "calendar_code",
    "target": "target_id",
    "rule": "rule_id",
    "notice": "notice_id",
    "area": "area_code",
    "route": "route_id",
}


def read_body(kind: str, body: Body, version: int = 0) -> Thing:
    """The thing that a stored body describes."""
    return _READERS[kind]({**body, "version": version})


def is_readable(kind: str, body: Body) -> bool:
    """Whether anything can be made of a stored body."""
    with suppress(*UNREADABLE):
        return bool(read_body(kind, body))
    return False


def read_catalog(items: Iterable[Item]) -> Catalog:
    """The catalogue from stored items of every kind; they were checked when they were saved.

    One that cannot be read all the same is named by `unreadable` and stops no other.
    """
    stored = [item for item in items if item.kind in KINDS]
    read: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    living = [item for item in stored if not item.is_deleted]
    beyond_us, unreadable = list[str](), list[tuple[str, str]]()
    for item in living:
        try:
            is_beyond_us = _is_beyond_us(item)
            if item.kind != "route" or not is_beyond_us:
                read[item.kind].append(read_body(item.kind, item.body, item.version))
            beyond_us += [item.code] * is_beyond_us
        except UNREADABLE:
            unreadable.append((item.kind, item.code))
    moments = [item.at for item in stored if item.at]
    return Catalog(
        services=read["service"],
        agencies=read["agency"],
        calendars=read["calendar"],
        targets=read["target"],
        rules=read["rule"],
        policy=next(iter(read["policy"]), Policy()),
        notices=read["notice"],
        areas=read["area"],
        routes=read["route"],
        beyond_us=beyond_us,
        newer=[item.code for item in living if item.is_newer],
        unreadable=unreadable,
        changed_at=max(moments, default=datetime.min.replace(tzinfo=UTC)),
    )


def _is_beyond_us(item: Item) -> bool:
    """Whether a rule or a route says what only a later release understands, perhaps of whom it means."""
    return item.kind in ("rule", "route") and any(_strange(_TYPES[item.kind], item.body))


def carried(kind: str, before: Body, after: Body) -> dict[str, Any]:
    """`after` with what the body stored `before` says that this version does not know, at every depth."""
    with suppress(*UNREADABLE):
        return _carried(_TYPES[kind], before, after)
    return dict(after)


def _carried(kind: type, before: Body, after: Body) -> dict[str, Any]:
    known = _names(kind)
    body = {**{name: each for name, each in before.items() if name not in known}, **after}
    for name, part in _PARTS.get(kind, {}).items():
        former = {_name_of(each): each for each in before.get(name, ())}
        parts = body.get(name, ())
        if parts:
            body[name] = [_carried(part, former.get(_name_of(p), {}), p) for p in parts]
    return body


def _name_of(part: Body) -> tuple[Any, ...]:
    """What a part of a body is the same by: its code or key; an action by all that we know of it."""
    code = part.get("code") or part.get("key")
    return (code,) if code else (part.get("do"), part.get("to") or "")


def write_body(thing: Thing) -> dict[str, Any]:
    """The thing as JSON values; its version is the store's business and is left out."""
    plain = cast("dict[str, Any]", _plain(asdict(thing)))
    plain.pop("version", None)
    for part in {"when", "steps"} & plain.keys():
        plain[part] = _without_empty(plain[part])
    return plain


def _without_empty(value: Any) -> Any:
    """Conditions and steps as a person would write them: nothing that says nothing."""
    if isinstance(value, list):
        return [_without_empty(each) for each in value]
    if isinstance(value, dict):
        return {k: _without_empty(v) for k, v in value.items() if v not in (None, "", [])}
    return value


def code_of(kind: str, body: Body) -> str:
    """The code under which a body is kept."""
    return str(body.get(CODE_FIELDS[kind], "")) if kind in CODE_FIELDS else THE_POLICY


def spell_out(condition: Any) -> Any:
    """A condition in its full form: `{"priority": ["p1", "p2"]}` becomes a leaf on that field.

    Several fields in short form become an `all`. What is not a condition stays as it is, for the
    check that comes after to name.
    """
    if not isinstance(condition, Mapping):
        return condition
    full = {key: value for key, value in condition.items() if not _is_short(key)}
    full |= {nest: _spell_each(full[nest]) for nest in NESTS if nest in full}
    short = {key: value for key, value in condition.items() if _is_short(key)}
    leaves = [{"field": key, "values": _listed(value)} for key, value in short.items()]
    if len(leaves) == 1 and "field" not in full:
        return {**full, **leaves[0]}
    return {**full, "all": [*full.get("all", ()), *leaves]} if leaves else full


def _spell_each(parts: Any) -> Any:
    return [spell_out(part) for part in parts] if isinstance(parts, list | tuple) else parts


def _is_short(key: Any) -> bool:
    return key in READERS or key == WORD_FIELD


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


@cache
def _names(kind: type) -> frozenset[str]:
    return frozenset(f.name for f in fields(kind))


def _known(kind: type, body: Body) -> dict[str, Any]:
    names = _names(kind)
    return {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in body.items()
        if key in names
    }


def _read_service(body: Body) -> Service:
    known = _known(Service, body)
    keywords = {locale: tuple(each) for locale, each in body.get("keywords", {}).items()}
    attributes = tuple(_read_attribute(each) for each in body.get("attributes", ()))
    return Service(**{**known, "keywords": keywords, "attributes": attributes})


def _read_attribute(body: Body) -> Attribute:
    values = tuple(AttributeValue(**_known(AttributeValue, v)) for v in body.get("values", ()))
    return Attribute(**{**_known(Attribute, body), "values": values})


def _read_agency(body: Body) -> Agency:
    return Agency(**_known(Agency, body))


def read_calendar(body: Body) -> Calendar:
    """`read_body` for a calendar."""
    weekly = {day: tuple((a, b) for a, b in each) for day, each in body["weekly"].items()}
    dates = {name: _dates(body.get(name, {})) for name in ("closures", "openings")}
    dates["known_holidays"] = _dates(body.get("known_holidays", {}))
    years = tuple(int(year) for year in body.get("known_years", ()))
    return Calendar(**{**_known(Calendar, body), **dates, "weekly": weekly, "known_years": years})


def _dates(days: Body) -> dict[date, str]:
    return {date.fromisoformat(day): name for day, name in days.items()}


def _read_target(body: Body) -> Target:
    known = _known(Target, body)
    return Target(**{**known, "minutes": int(body["minutes"])})


def _read_rule(body: Body) -> Rule:
    steps = tuple(_read_step(each) for each in body.get("steps", ()))
    condition = _read_condition(spell_out(body.get("when", {})))
    return Rule(**{**_known(Rule, body), "steps": steps, "when": condition})


def _strange(kind: type, body: Body) -> Iterator[str]:
    """What says something in a rule, its conditions, steps or actions that this version does not know."""
    yield from (name for name, value in body.items() if value and name not in _names(kind))
    parts = {"steps": Step, "actions": Action, **dict.fromkeys(NESTS, Condition)}
    for name in parts.keys() & body.keys():
        for each in body[name]:
            yield from _strange(parts[name], spell_out(each) if name in NESTS else each)
    if kind in (Rule, Route):
        yield from _strange(Condition, spell_out(body.get("when", {})))


def _read_step(body: Body) -> Step:
    actions = tuple(Action(**_known(Action, each)) for each in body.get("actions", ()))
    return Step(**{**_known(Step, body), "actions": actions})


def _read_condition(body: Body) -> Condition:
    nests = {nest: tuple(_read_condition(p) for p in body.get(nest, ())) for nest in NESTS}
    return Condition(**{**_known(Condition, body), **nests})


def _read_policy(body: Body) -> Policy:
    words = {locale: tuple(each) for locale, each in body.get("emergency_words", {}).items()}
    return Policy(**{**_known(Policy, body), "emergency_words": words})


_READERS: Mapping[str, Callable[[Body], Thing]] = {
    "service": _read_service,
    "agency": _read_agency,
    "calendar": read_calendar,
    "target": _read_target,
    "rule": _read_rule,
    "policy": _read_policy,
    "area": lambda body: Area(**_known(Area, body)),
    "route": lambda body: Route(
        **{**_known(Route, body), "when": _read_condition(spell_out(body.get("when", {})))}
    ),
    "notice": lambda body: NoticeWords(**_known(NoticeWords, body)),
}


_PARTS: Mapping[type, Mapping[str, type]] = {
    Service: {"attributes": Attribute},
    Attribute: {"values": AttributeValue},
    Rule: {"steps": Step},
    Step: {"actions": Action},
}
_TYPES: Mapping[str, type] = {
    "service": Service,
    "agency": Agency,
    "calendar": Calendar,
    "target": Target,
    "rule": Rule,
    "policy": Policy,
    "area": Area,
    "route": Route,
    "notice": NoticeWords,
}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
