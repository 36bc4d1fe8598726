"""Everybody of the staff directory by every name they have or had; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.identity.accounts import Staff


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody as the user pool knew them at `checked_at`; who left is kept and not active.

    `addresses` are all mail addresses they ever had: earlier releases wrote these instead of `sub`.
    `signed_in_at` is when they last came, as far as it was written down.
    """

    staff: Staff
    is_active: bool
    checked_at: datetime
    addresses: tuple[str, ...] = ()
    signed_in_at: datetime | None = field(default=None, compare=False)

    def remembering(self, before: Member | None) -> Member:
        """The same with every address of `before`, unless that was somebody else's account."""
        known = before.addresses if before and before.staff.sub == self.staff.sub else ()
        own = (self.staff.email,) if self.staff.email else ()
        return replace(self, addresses=tuple(dict.fromkeys((*own, *known))))


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody's days off; both people by the user pool's names for them."""

    pool_name: str
    substitute: str
    starts_at: datetime
    ends_at: datetime

    def holds(self, now: datetime) -> bool:
        """Whether they are away at this moment."""
        return self.starts_at <= now < self.ends_at


class Register:
    """Finds people by any name: whose it is before whose it was, and who is here before who left."""

    def __init__(self, members: Iterable[Member]) -> None:
        ordered = sorted(members, key=lambda member: member.is_active)
        former = {address: member for member in ordered for address in member.addresses}
        present = {name.lower(): member for member in ordered for name in _present(member.staff)}
        self._named = former | present
        active = [member.staff for member in ordered if member.is_active]
        self.active = sorted(active, key=lambda staff: (staff.name.casefold(), staff.username))
        self.everybody = [member.staff for member in ordered]

    def find(self, name: str) -> Member | None:
        """Whom a stored name means."""
        return self._named.get(name.lower())


def _present(staff: Staff) -> tuple[str, ...]:
    return tuple(filter(None, (staff.email, staff.pool_name, staff.sub)))
