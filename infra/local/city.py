"""The cities that a town can be: Springfield with its past, or an empty one for trying set-up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from infra.local.people import ADMINISTRATOR, STAFF, Person

HOME = "springfield"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MOST_CHARACTERS = 40


@dataclass(frozen=True)
class City:
    """One city by its name in lower case. All but Springfield are empty: nothing is offered, nobody
    but one administrator can sign in, no report was ever made."""

    name: str = HOME

    @classmethod
    def named(cls, text: str) -> City:
        """The city of that name, whatever its case. Raises `ValueError` saying what a name may be."""
        name = text.strip().lower() or HOME
        if not _NAME.fullmatch(name) or len(name) > MOST_CHARACTERS:
            raise ValueError(
                f"CITY is {text!r}; it can be {HOME}, or for an empty city any name of at most"
                f" {MOST_CHARACTERS} letters, digits and hyphens, such as CITY=new-haven."
            )
        return cls(name)

    @property
    def is_home(self) -> bool:
        """Whether it is the city that comes with services, staff and a past."""
        return self.name == HOME

    @property
    def title(self) -> str:
        """What the city is called."""
        return self.name.replace("-", " ").title()

    @property
    def domain(self) -> str:
        """Its domain, which is also its jurisdiction."""
        return f"{self.name}.example"

    @property
    def staff(self) -> tuple[Person, ...]:
        """Who can sign in."""
        return STAFF if self.is_home else (replace(ADMINISTRATOR, domain=self.domain),)

    @property
    def variables(self) -> Mapping[str, str]:
        """What differs from the variables of the stage `town`."""
        if self.is_home:
            return {}
        receiving = f"report.{self.domain}"
        return {
            "CITY_NAME": self.title,
            "JURISDICTION_ID": self.domain,
            "RECEIVING_DOMAIN": receiving,
            "SENDER_ADDRESS": f"help@{receiving}",
            "INTAKE_ADDRESSES": f"help@{receiving}",
        }


SPRINGFIELD = City()
