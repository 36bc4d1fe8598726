"""Working time, targets and deadlines; pure: takes moments, calendars and ledgers, gives moments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-4]):[0-5]\d$")]


class Model(BaseModel):
    """Strict and immutable: an unknown field is an error, so a typing mistake is never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Calendar(Model):
    """When an agency works. `weekly` maps monday … sunday to intervals such as ("09:00", "17:00")."""

    calendar_code: Code
    name: str
    timezone: str
    weekly: Mapping[str, tuple[tuple[TimeOfDay, TimeOfDay], ...]]
    holiday_country: str = ""
    holiday_region: str = ""
    closures: Mapping[date, str] = Field(default_factory=dict)


class Target(Model):
    """A promise in minutes: how soon a clock must stop. Empty tuples match everything; the most
    specific target wins. `is_working_time` counts the agency's calendar, else plain time."""

    target_id: Code
    clock: Literal["first_response", "next_update", "resolution", "acceptance", "informed"]
    minutes: int = Field(ge=1)
    is_working_time: bool = True
    service_codes: tuple[Code, ...] = ()
    agency_codes: tuple[Code, ...] = ()
    priorities: tuple[str, ...] = ()
