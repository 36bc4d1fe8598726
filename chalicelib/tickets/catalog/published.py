"""What the city offers and who answers for it, as administrators write it; pure, knows no table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Literal, Protocol

from chalicelib.errors import UnknownService
from chalicelib.tickets.catalog.allowances import Limits, Share
from chalicelib.tickets.catalog.areas import Area, areas_of
from chalicelib.tickets.catalog.place_precision import ABOUT
from chalicelib.tickets.catalog.routing import Route
from chalicelib.tickets.catalog.rules import Facts, Rule
from chalicelib.tickets.model.fields import (
    Administered,
    Code,
    Colour,
    Email,
    Locale,
    Text,
    Words,
    at_least,
    between,
)
from chalicelib.tickets.model.wording import words
from chalicelib.tickets.worktime.calendars import Calendar
from chalicelib.tickets.worktime.sla import Target

UNCLASSIFIED = "unclassified"
DATATYPES = ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")
LIST_DATATYPES = ("singlevaluelist", "multivaluelist")
KINDS = (
    "service",
    "agency",
    "calendar",
    "target",
    "rule",
    "policy",
    "notice",
    "area",
    "route",
)
THE_POLICY = "policy"  # the code under which the one policy is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeValue(Administered):
    """One choice of a list attribute."""

    key: Code
    name: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute(Administered):
    """A question of a service, in the terms of GeoReport v2; `is_question` False is text only."""

    code: Code
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
    description: Words
    datatype_description: Words = field(default_factory=dict)
    is_question: bool = True
    is_required: bool = False
    order: Annotated[int, at_least(1)]
    values: tuple[AttributeValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Administered):
    """Something a citizen can ask for. `keywords` are everyday words per locale.

    `public_place` is how exactly everybody may know where its public reports are: `about` is within 100
    metres, and the street without the house. An `emergency_number` says that it is not for this desk:
    whoever asks is told whom to call.
    """

    service_code: Code
    service_name: Words
    description: Words = field(default_factory=dict)
    group: Words = field(default_factory=dict)
    keywords: Mapping[Locale, tuple[Text, ...]] = field(default_factory=dict)
    agency_code: Code
    type: Literal["realtime", "batch", "blackbox"] = "realtime"
    priority: Literal["p1", "p2", "p3", "p4"] = "p3"
    service_notice: Words = field(default_factory=dict)
    attributes: tuple[Attribute, ...] = ()
    is_public: bool = True
    public_place: Literal["exact", "about", "hidden"] = "about"
    is_active: bool = True
    needs_location: bool = True
    duplicate_radius_metres: Annotated[int, between(0, 5000)] = 100
    emergency_number: Text = ""
    emergency_text: Words = field(default_factory=dict)
    raw_mail_days: Annotated[int, at_least(1)] = 90
    personal_data_days: Annotated[int, at_least(1)] = 730

    @property
    def shows_tickets(self) -> bool:
        """Whether everybody may know of its reports."""
        return self.is_public and self.type != "blackbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency(Administered):
    """Who answers for services. Empty addresses mean that nobody is written to."""

    agency_code: Code
    agency_name: Words
    email: Email = ""
    supervisor_email: Email = ""
    calendar_code: Code = "default"
    is_triage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Limits):
    """City-wide windows and caps, with the table of allowances; days and hours are plain time.

    The mail domains of large providers and `crowded_domains` are crowds of strangers, counted by nobody.
    Of a day's text segments at most `unproven_share_percent` go to numbers that nobody has confirmed;
    whoever operates the city is told when `purse_alarm_percent` of a purse of the city are used up.
    `quiet_hours` hold texts that are not urgent; `messages_a_day` is one person's share, and what
    is over it is joined the next morning. A text segment costs `sms_price_micros` millionths; when
    a day's or a month's segments are used up (0: no cap) mail is tried instead. `ladder` orders
    the ways to reach somebody, the next one after `ladder_hours` without news of a mail (a text has
    three days, for carriers may take as long). Whether a citizen counts as informed once the carrier
    has taken a text, or only when the handset has, is `sms_arrival`; most carriers never tell of the
    handset. `guests` may be written to by the keys of teams. Mail is headed in `brand_colour`. The link
    of a closed report ends after `link_days`.
    """

    reopen_days: Annotated[int, between(0, 365)] = 14
    close_resolved_days: Annotated[int, between(1, 365)] = 14
    conversation_days: Annotated[int, between(1, 90)] = 7
    link_days: Annotated[int, between(1, 3_650)] = 180
    crowded_domains: tuple[Text, ...] = ()
    duty_email: Email = ""
    emergency_number: Text = "911"
    emergency_words: Mapping[Locale, tuple[Text, ...]] = field(default_factory=dict)
    emergency_text: Words = field(default_factory=dict)
    quiet_hours: Text = "21:00-08:00"
    messages_a_day: Annotated[int, at_least(1)] = 10
    sms_segments_a_day: Annotated[int, at_least(0)] = 10_000
    sms_segments_a_month: Annotated[int, at_least(0)] = 100_000
    unproven_share_percent: Share = 50
    purse_alarm_percent: Share = 50
    sms_price_micros: Annotated[int, at_least(0)] = 7_900
    sms_arrival: Literal["carrier", "handset"] = "carrier"
    ladder: tuple[Literal["email", "sms", "task"], ...] = ("email", "sms", "task")
    ladder_hours: Annotated[int, between(1, 720)] = 24
    guests: tuple[Text, ...] = ()
    brand_colour: Colour = "#1d4e89"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeWords(Administered):
    """The words of one message in one language, as administrators wrote them.

    `notice_id` is `<name>.<language>`. A name of a shipped notice replaces its words; any other is
    a template for the city's other systems, whose own `placeholders` are named with examples.
    """

    notice_id: Code
    subject: Text
    body: str
    sms: str
    placeholders: Mapping[Code, Text] = field(default_factory=dict)
    version: int = 0

    @property
    def name(self) -> str:
        """The notice or template, without its language."""
        return self.notice_id.rpartition(".")[0]

    @property
    def locale(self) -> str:
        """The language."""
        return self.notice_id.rpartition(".")[2]


class Item(Protocol):
    """One published item as a store keeps it; a `CatalogItem` fits."""

    @property
    def kind(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def body(self) -> Mapping[str, Any]: ...
    @property
    def at(self) -> datetime | None: ...
    @property
    def is_deleted(self) -> bool: ...
    @property
    def is_newer(self) -> bool: ...


NOBODYS_DESK = Agency(agency_code="triage", agency_name={"en": "Service desk"}, is_triage=True)


class Catalog:
    """The published catalogue, read-only. `changed_at` moves whenever anything in it does.

    `beyond_us` names the rules that say what only a later release understands, `newer` what one wrote:
    their moments are reckoned with, and their steps are left for it to fire. `unreadable` are the kinds and
    codes of what is published and cannot be read.
    """

    def __init__(
        self,
        *,
        services: Iterable[Service],
        agencies: Iterable[Agency],
        calendars: Iterable[Calendar],
        targets: Iterable[Target],
        rules: Iterable[Rule],
        policy: Policy,
        changed_at: datetime,
        notices: Iterable[NoticeWords] = (),
        areas: Iterable[Area] = (),
        routes: Iterable[Route] = (),
        beyond_us: Collection[str] = (),
        newer: Collection[str] = (),
        unreadable: Collection[tuple[str, str]] = (),
    ) -> None:
        self.services = {service.service_code: service for service in services}
        self.agencies = {agency.agency_code: agency for agency in agencies}
        self.calendars = {calendar.calendar_code: calendar for calendar in calendars}
        self.targets = tuple(targets)
        self.rules = tuple(sorted(rules, key=lambda rule: (rule.order, rule.rule_id)))
        self.policy = policy
        self.areas = {area.area_code: area for area in areas}
        self.routes = tuple(sorted(routes, key=lambda route: (route.order, route.route_id)))
        self.notices = {notice.notice_id: notice for notice in notices}
        self.changed_at = changed_at
        self.beyond_us = frozenset(beyond_us)
        self.newer = frozenset(newer)
        self.unreadable = tuple(unreadable)

    def service(self, code: str) -> Service:
        """The active service. Raises `UnknownService`."""
        found = self.services.get(code)
        if found is None or not found.is_active:
            raise UnknownService(f"There is no service {code!r}; /services lists those there are.")
        return found

    def notice_version(self, name: str, locale: str) -> int:
        """The version of the administrators' own words for a notice; 0 for the shipped ones."""
        found = self.notices.get(f"{name}.{locale}")
        return found.version if found else 0

    def triage(self) -> Agency:
        """The agency that gets what nobody else does; a nameless desk where none was written yet."""
        found = (agency for agency in self.agencies.values() if agency.is_triage)
        return next(found, NOBODYS_DESK)

    def calendar_of(self, agency_code: str) -> Calendar:
        """The calendar that an agency works by; without one, plain time."""
        agency = self.agencies.get(agency_code)
        code = agency.calendar_code if agency else "default"
        return self.calendars.get(code) or self.calendars.get("default") or AROUND_THE_CLOCK

    def facts(
        self, service_code: str, lat: float | None = None, long: float | None = None
    ) -> Facts:
        """What rules may ask of a ticket of this service and place beyond the ticket itself."""
        service = self.services.get(service_code)
        areas = areas_of(self.areas.values(), lat, long)
        return Facts(group=words(service.group, "en") if service else "", areas=areas)

    @cached_property
    def public_places(self) -> Mapping[str, str]:
        """How exactly the places of each service's reports are public."""
        return {code: service.public_place for code, service in self.services.items()}

    def exactness(self, service_code: str) -> str:
        """How exactly the places of a service's reports are public; roughly when it is gone."""
        return self.public_places.get(service_code, ABOUT)

    @cached_property
    def live_rules(self) -> tuple[Rule, ...]:
        """The rules that are in force, in order."""
        return tuple(rule for rule in self.rules if rule.is_enabled)


AROUND_THE_CLOCK = Calendar(
    calendar_code="around-the-clock",
    name="Every day, day and night",
    timezone="UTC",
    weekly=dict.fromkeys(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        (("00:00", "24:00"),),
    ),
)
