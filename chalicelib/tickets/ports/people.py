"""Who is meant by a stored name: the user pool's `sub`, or what earlier releases wrote instead."""

from __future__ import annotations

from typing import Protocol


class People(Protocol):
    """Everybody who ever could sign in. A person is known by `sub`; all else is a label of theirs.

    Earlier releases knew people by their mail address, so such a name leads to the same person.
    """

    def person(self, name: str) -> str:
        """The `sub` of whom a stored name means; the name itself where it means nobody we know."""
        ...

    def names(self, person: str) -> tuple[str, ...]:
        """Every name under which something of this person may be stored, `sub` first."""
        ...

    def address(self, name: str) -> str:
        """The proven mail address of somebody who works here; empty for everybody else."""
        ...

    def label(self, name: str) -> str:
        """What somebody signs in with, as people can read it; the name itself for who is unknown."""
        ...


class Strangers:
    """`People` of whom nobody is known."""

    def person(self, name: str) -> str:
        """See `People.person`."""
        return name

    def names(self, person: str) -> tuple[str, ...]:
        """See `People.names`."""
        return (person,)

    def address(self, name: str) -> str:  # noqa: ARG002 - nobody of any name has one
        """See `People.address`."""
        return ""

    def label(self, name: str) -> str:
        """See `People.label`."""
        return name
