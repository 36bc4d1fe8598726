"""What the city offers and who answers for it, as administrators write it; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.errors import UnknownService
from chalicelib.tickets.rules import Rule
from chalicelib.tickets.sla import Calendar, Code, Model, Target

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
Words = Mapping[str, Text]  # locale -> text; "en" is the fallback

UNCLASSIFIED = "unclassified"
DATATYPES = ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")


class AttributeValue(Model):
    """One choice of a list attribute."""

    key: Code
    name: Words


class Attribute(Model):
    """A question of a service, in the terms of GeoReport v2; `is_question` False is text only."""

    code: Code
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
    description: Words
    datatype_description: Words = Field(default_factory=dict)
    is_question: bool = True
    is_required: bool = False
    order: int = Field(ge=1)
    values: tuple[AttributeValue, ...] = ()


class Service(Model):
    """Something a citizen can ask for. `keywords` are everyday words per locale."""

    service_code: Code
    service_name: Words
    description: Words = Field(default_factory=dict)
    group: Words = Field(default_factory=dict)
    keywords: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    agency_code: Code
    type: Literal["realtime", "batch", "blackbox"] = "realtime"
    priority: Literal["p1", "p2", "p3", "p4"] = "p3"
    service_notice: Words = Field(default_factory=dict)
    attributes: tuple[Attribute, ...] = ()
    is_public: bool = True
    is_active: bool = True
    needs_location: bool = True
    duplicate_radius_metres: int = Field(default=100, ge=0, le=5000)
    raw_mail_days: int = Field(default=90, ge=1)
    personal_data_days: int = Field(default=730, ge=1)


class Agency(Model):
    """Who answers for services. Empty addresses mean that nobody is written to."""

    agency_code: Code
    agency_name: Words
    email: str = ""
    supervisor_email: str = ""
    calendar_code: Code = "default"
    is_triage: bool = False


class Policy(Model):
    """City-wide windows and caps; days and hours are plain time."""

    reopen_days: int = Field(default=14, ge=0, le=365)
    close_resolved_days: int = Field(default=14, ge=1, le=365)
    conversation_days: int = Field(default=7, ge=1, le=90)
    answers_per_address_a_day: int = Field(default=5, ge=1)
    unproven_answers_a_day: int = Field(default=1, ge=0)
    duty_email: str = ""
    emergency_number: str = "911"
    emergency_words: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


class Catalog:
    """The published catalogue, read-only. `version` changes whenever anything in it does."""

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
    ) -> None:
        self.services = {service.service_code: service for service in services}
        self.agencies = {agency.agency_code: agency for agency in agencies}
        self.calendars = {calendar.calendar_code: calendar for calendar in calendars}
        self.targets = tuple(targets)
        self.rules = tuple(sorted(rules, key=lambda rule: (rule.order, rule.rule_id)))
        self.policy = policy
        self.changed_at = changed_at

    def service(self, code: str) -> Service:
        """The active service. Raises `UnknownService`."""
        found = self.services.get(code)
        if found is None or not found.is_active:
            raise UnknownService(f"There is no service {code!r}; /services lists those there are.")
        return found

    def triage(self) -> Agency:
        """The agency that gets what nobody else does."""
        return next(a for a in self.agencies.values() if a.is_triage)


def words(texts: Mapping[str, str], locale: str) -> str:
    """The text in `locale`, else in its base language, else English, else the first there is."""
    for candidate in (locale, locale.partition("-")[0], "en"):
        if texts.get(candidate):
            return texts[candidate]
    return next((text for text in texts.values() if text), "")


def fold(text: str) -> str:
    """Text as it is compared: case, Arabic letter forms, half-spaces and punctuation do not matter."""
    folded = text.casefold().translate(_ALIKE)
    return " ".join(re.findall(r"\w+", folded))


_ALIKE = str.maketrans({"ي": "ی", "ك": "ک", "\u200c": " ", "\u0640": None, "ة": "ه"})
