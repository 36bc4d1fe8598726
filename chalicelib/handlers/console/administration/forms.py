"""Which fields the forms of services, agencies, promises and the policy have; decides nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.handlers.console.administration.form_fields import Choices, FormField
from chalicelib.handlers.console.administration.rule_choices import namer
from chalicelib.handlers.console.door.visit import named, say
from chalicelib.handlers.http import Services
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.catalog.allowances import ROWS, Per, Row
from chalicelib.tickets.catalog.bodies import CODE_FIELDS
from chalicelib.tickets.catalog.place_precision import ABOUT, EXACTNESS
from chalicelib.tickets.model.ticket import Priority
from chalicelib.tickets.worktime.sla import CLOCKS

Group = tuple[str, Sequence[FormField]]
ARRIVALS = ("carrier", "handset")
PROMISED = tuple(clock for clock in CLOCKS if clock != "staff_silence")


def groups_of(services: Services, kind: str, catalog: Catalog) -> list[Group]:
    """The form of a kind, in groups under a heading each; empty for kinds that have none."""
    make = FORMS.get(kind)
    return make(services, catalog) if make else []


def fields_of(services: Services, kind: str, catalog: Catalog) -> list[FormField]:
    """All fields of a kind's form."""
    return [field for _, fields in groups_of(services, kind, catalog) for field in fields]


def code_field(kind: str) -> FormField:
    """The field of the code, which only a new thing is asked for."""
    return FormField(name=CODE_FIELDS[kind], is_code=True)


def _service(services: Services, catalog: Catalog) -> list[Group]:
    return [
        (
            "said",
            [
                FormField(name="service_name", sort="words"),
                FormField(name="description", sort="prose"),
                FormField(name="group", sort="words"),
                FormField(name="service_notice", sort="prose"),
                FormField(name="keywords", sort="lists"),
            ],
        ),
        (
            "handled",
            [
                FormField(name="agency_code", sort="choice", choices=_agencies(services, catalog)),
                FormField(name="priority", sort="choice", choices=named("priority", Priority)),
                FormField(name="is_active", sort="tick"),
                FormField(name="is_public", sort="tick"),
                FormField(
                    name="public_place", sort="choice", choices=named("public_place", EXACTNESS)
                ),
                FormField(name="needs_location", sort="tick"),
                FormField(name="duplicate_radius_metres", sort="whole"),
            ],
        ),
        (
            "emergency",
            [
                FormField(name="emergency_number"),
                FormField(name="emergency_text", sort="prose"),
            ],
        ),
        (
            "kept",
            [
                FormField(name="raw_mail_days", sort="whole"),
                FormField(name="personal_data_days", sort="whole"),
            ],
        ),
    ]


def _agency(_services: Services, catalog: Catalog) -> list[Group]:
    calendars = [(code, each.name or code) for code, each in sorted(catalog.calendars.items())]
    fields = [
        FormField(name="agency_name", sort="words"),
        FormField(name="email", sort="mail"),
        FormField(name="supervisor_email", sort="mail"),
        FormField(name="calendar_code", sort="choice", choices=calendars),
        FormField(name="is_triage", sort="tick"),
    ]
    return [("", fields)]


def _target(services: Services, catalog: Catalog) -> list[Group]:
    promised = [
        FormField(name="clock", sort="choice", choices=named("clock", PROMISED)),
        FormField(name="minutes", sort="time"),
        FormField(name="is_working_time", sort="tick"),
    ]
    fits = [
        FormField(name="service_codes", sort="ticks", choices=_services(services, catalog)),
        FormField(name="agency_codes", sort="ticks", choices=_agencies(services, catalog)),
        FormField(name="priorities", sort="ticks", choices=named("priority", Priority)),
    ]
    return [("promised", promised), ("fits", fits)]


def _policy(services: Services, _catalog: Catalog) -> list[Group]:
    emergency = [
        FormField(name="emergency_number"),
        FormField(name="emergency_words", sort="lists"),
        FormField(name="emergency_text", sort="prose"),
        FormField(name="duty_email", sort="mail"),
    ]
    windows = ("reopen_days", "close_resolved_days", "conversation_days", "link_days")
    spend = ("sms_segments_a_day", "sms_segments_a_month", "sms_price_micros")
    sending = [
        FormField(name="quiet_hours"),
        *_wholes(("messages_a_day",)),
        FormField(name="crowded_domains", sort="list"),
        *_wholes(spend),
        FormField(name="sms_arrival", sort="choice", choices=named("sms_arrival", ARRIVALS)),
        FormField(name="ladder", sort="list"),
        FormField(name="ladder_hours", sort="whole"),
        FormField(name="guests", sort="list"),
        FormField(name="brand_colour"),
    ]
    shares = _wholes(("unproven_share_percent", "purse_alarm_percent"))
    strangers = [*_allowances(services), *shares]
    return [
        ("emergency", emergency),
        ("windows", _wholes(windows)),
        ("sending", sending),
        ("strangers", strangers),
    ]


def _allowances(services: Services) -> list[FormField]:
    """Each with what is usual, what is taken now, so that one sees what a smaller number would do, and
    what becomes of the rest."""
    taken = services.store.used_by_city(services.clock.now()).taken
    return [
        FormField(name=row.name, sort="whole", hint=_hint(row, taken.get(row.name, 0)))
        for row in ROWS.values()
    ]


def _hint(row: Row, taken: int) -> str:
    key = "allowances.hint_taken" if row.per is Per.CITY else "allowances.hint"
    return say(key, usual=row.usual, taken=taken, then=say(f"allowances.then.{row.then}"))


def _wholes(names: Sequence[str]) -> list[FormField]:
    return [FormField(name=name, sort="whole") for name in names]


def _agencies(services: Services, catalog: Catalog) -> Choices:
    name = namer(services, catalog)
    return [(code, name("agency", code)) for code in sorted(catalog.agencies)]


def _services(services: Services, catalog: Catalog) -> Choices:
    name = namer(services, catalog)
    return [(code, name("service", code)) for code in sorted(catalog.services)]


FORMS: Mapping[str, Callable[[Services, Catalog], list[Group]]] = {
    "service": _service,
    "agency": _agency,
    "target": _target,
    "policy": _policy,
}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "service": {
        "priority": "p3",
        "is_active": True,
        "is_public": True,
        "public_place": ABOUT,
        "needs_location": True,
        "duplicate_radius_metres": 100,
        "raw_mail_days": 90,
        "personal_data_days": 730,
    },
    "agency": {"calendar_code": "default"},
    "target": {"clock": "resolution", "minutes": 2400, "is_working_time": True},
    "policy": {},
}
