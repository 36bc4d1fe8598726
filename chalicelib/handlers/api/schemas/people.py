"""What the staff API answers about people who work here."""

from __future__ import annotations

from chalicelib.handlers.api.schemas.exact import Shape
from chalicelib.identity.accounts import Act
from chalicelib.tickets.model.ticket import Role


class Person(Shape):
    """Somebody who works here."""

    sub: str
    username: str
    name: str
    roles: list[Role]
    agency_codes: list[str]


class Myself(Person):
    """Who is signed in and what they may do."""

    email: str
    may: list[Act]


class People(Shape):
    """Everybody to whom a ticket can be given."""

    people: list[Person]
