"""Who works here and what they may do; deny by default, knows no user pool and no request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from chalicelib.errors import AccessDenied, NotSignedIn, TicketNotFound
from chalicelib.tickets.model.ticket import Actor, Role, Ticket

AGENCY_GROUP = "agency:"
SIGN_IN_LIVES = timedelta(hours=12)  # whatever happens, as long as the pool's refresh token
WHOLE_CITY = "*"  # the group `agency:*`, which is given on purpose like any other


NO_AGENCY = (
    "No agency is given to you, so no ticket is your business; ask an administrator for one."
)


class Act(StrEnum):
    """Something that a signed-in person may be allowed to do."""

    READ_TICKETS = "read tickets"
    WORK_TICKETS = "change tickets"
    READ_QUARANTINE = "read the quarantine"
    DECIDE_QUARANTINE = "release or discard held messages"
    READ_CATALOG = "read the catalogue"
    WRITE_CATALOG = "change the catalogue"
    READ_AUDIT = "read the audit trail"
    READ_BROADCASTS = "read broadcasts"
    READ_STATISTICS = "read how messages fare"
    SEND_BROADCASTS = "write, approve and stop broadcasts"
    MANAGE_PEOPLE = "appoint, change and dismiss people"


READING = frozenset({Act.READ_TICKETS, Act.READ_CATALOG})
PERMISSIONS: Mapping[Role, frozenset[Act]] = {
    Role.AGENT: READING | {Act.WORK_TICKETS},
    Role.SUPERVISOR: READING
    | {
        Act.WORK_TICKETS,
        Act.READ_QUARANTINE,
        Act.DECIDE_QUARANTINE,
        Act.READ_BROADCASTS,
        Act.READ_STATISTICS,
        Act.SEND_BROADCASTS,
    },
    Role.ADMINISTRATOR: frozenset(Act),
    Role.AUDITOR: READING
    | {Act.READ_QUARANTINE, Act.READ_AUDIT, Act.READ_BROADCASTS, Act.READ_STATISTICS},
}

# What is about citizens' reports: nobody's without an agency, whatever their role.
ABOUT_TICKETS = frozenset(
    {Act.READ_TICKETS, Act.WORK_TICKETS, Act.READ_QUARANTINE, Act.DECIDE_QUARANTINE}
)

# What cannot be taken back asks the user pool each time, so that a dismissed person's token,
# good for some minutes more, is of no use for it.
DESTRUCTIVE = frozenset(
    {Act.WRITE_CATALOG, Act.SEND_BROADCASTS, Act.DECIDE_QUARANTINE, Act.MANAGE_PEOPLE}
)


@dataclass(frozen=True, slots=True)
class Staff:
    """A signed-in person. Without `agency_codes` no ticket is their business; `*` is the whole city.

    `sub` is who they are, for ever: all that is stored of a person holds it. Everything else is a label
    that may change; `email` is there only where the pool says that it is verified. `pool_name` is the
    pool's own name for the account.

    `has_codes` says that nobody signs in as them by a password alone; the directory may be an hour late.
    """

    sub: str
    name: str = ""
    email: str = ""
    roles: frozenset[Role] = frozenset()
    agency_codes: tuple[str, ...] = ()
    pool_name: str = ""
    has_codes: bool = field(default=False, compare=False)

    @property
    def username(self) -> str:
        """What they sign in with, as people can read it."""
        return self.email or self.pool_name or self.sub

    @property
    def actor(self) -> Actor:
        """How this person appears on timelines and in the audit trail."""
        return Actor("staff", self.sub, self.name or self.username)

    @property
    def is_for_whole_city(self) -> bool:
        """Whether tickets of every agency are this person's business."""
        return WHOLE_CITY in self.agency_codes

    @property
    def scope(self) -> tuple[str, ...]:
        """The agencies to which lists and figures are narrowed; empty for the whole city alone.

        Raises `AccessDenied` for who has none: nothing to narrow to must never read as everything.
        """
        if not self.agency_codes:
            raise AccessDenied(NO_AGENCY)
        return () if self.is_for_whole_city else self.agency_codes

    @property
    def groups(self) -> frozenset[str]:
        """The groups of the user pool that give these rights."""
        return frozenset({*self.roles, *(f"{AGENCY_GROUP}{code}" for code in self.agency_codes)})

    def may(self, act: Act) -> bool:
        """Whether any of the roles allows `act`, and an agency is given where it is about tickets."""
        is_within = bool(self.agency_codes) or act not in ABOUT_TICKETS
        return is_within and self.has_role_for(act)

    def has_role_for(self, act: Act) -> bool:
        """Whether any of the roles allows `act`, whatever the agencies."""
        return any(act in PERMISSIONS[role] for role in self.roles)

    def serves(self, agency_code: str) -> bool:
        """Whether tickets of this agency are this person's business."""
        return self.is_for_whole_city or agency_code in self.agency_codes


def make_staff(
    sub: str, groups: Iterable[str], name: str = "", email: str = "", *, pool_name: str = ""
) -> Staff:
    """A person as their groups say: a group per role, and `agency:<code>` for each agency.

    Raises `NotSignedIn` where the pool does not say who it is.
    """
    if not sub:
        raise NotSignedIn("The user pool does not say who this is; ask an administrator.")
    known = tuple(groups)
    roles = frozenset(Role(group) for group in known if group in set(Role))
    agencies = tuple(
        sorted(g.removeprefix(AGENCY_GROUP) for g in known if g.startswith(AGENCY_GROUP))
    )
    return Staff(sub, name, email.lower(), roles, agencies, pool_name or sub)


def require(staff: Staff | None, act: Act) -> Staff:
    """The person, when they may do `act`. Raises `NotSignedIn` or `AccessDenied`."""
    if staff is None:
        raise NotSignedIn("Nobody is signed in; sign in and try again.")
    if not staff.may(act) and staff.has_role_for(act):
        raise AccessDenied(NO_AGENCY)
    if not staff.may(act):
        raise AccessDenied(f"Your roles do not allow you to {act}; ask an administrator.")
    return staff


def require_ticket(staff: Staff, ticket: Ticket) -> None:
    """Raises `TicketNotFound`, worded as for an absent one, when the ticket is not their business."""
    if not staff.serves(ticket.agency_code):
        raise TicketNotFound(f"There is no ticket {ticket.ticket_id}; check the reference.")


@dataclass(frozen=True, slots=True)
class Session:
    """A finished sign-in. `refresh_token` is empty when the old one stays valid."""

    access_token: str
    refresh_token: str = ""
    expires_in: int = 900


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the pool gives for a code of the city's own sign-in; nothing of it is verified yet."""

    session: Session
    identity_token: str


class ChallengeKind(StrEnum):
    """What the user pool wants to know before it lets somebody in."""

    NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"  # noqa: S105 - a challenge's name
    CODE = "SOFTWARE_TOKEN_MFA"


@dataclass(frozen=True, slots=True)
class Challenge:
    """One more question of the user pool; `session` is the pool's own thread."""

    kind: ChallengeKind
    username: str
    session: str


class Accounts(Protocol):
    """The user pool, as far as the console and the API need it."""

    def sign_in(self, username: str, password: str) -> Session | Challenge:
        """Check name and password. Raises `NotSignedIn`, the same for whatever was wrong."""
        ...

    def answer(self, challenge: Challenge, answer: str) -> Session | Challenge:
        """Answer a challenge. Raises `NotSignedIn`, or `InvalidRequest` for a refused password."""
        ...

    def refresh(self, refresh_token: str, pool_name: str) -> Session:
        """A fresh access token. Raises `NotSignedIn` when the sign-in is over."""
        ...

    def arrive(self, arrival: Arrival, nonce: str) -> Staff:
        """Who comes from the city's own sign-in with what the pool gave. Raises `NotSignedIn`."""
        ...

    def revoke(self, refresh_token: str, pool_name: str) -> None:
        """End the sign-in that a refresh token came from; one that is over already is no error."""
        ...

    def origin(self, access_token: str) -> str:
        """What all tokens of the same sign-in bear. Raises `NotSignedIn` for one that is not valid."""
        ...

    def staff(self, access_token: str) -> Staff:
        """The person whom a valid access token names. Raises `NotSignedIn`."""
        ...

    def confirm(self, staff: Staff) -> Staff:
        """The person as the pool knows them this moment. Raises `NotSignedIn` when disabled."""
        ...

    def begin_reset(self, username: str) -> None:
        """Let the pool mail a code to whoever forgot their password; says nothing of whether it did."""
        ...

    def finish_reset(self, username: str, code: str, new: str) -> Staff:
        """A new password by that code; whose it is. Raises `NotSignedIn` for a wrong code or person,
        `InvalidRequest` for a refused password."""
        ...

    def change_password(self, access_token: str, old: str, new: str) -> None:
        """Raises `NotSignedIn` for a wrong old password, `InvalidRequest` for a refused new one."""
        ...

    def check_password(self, staff: Staff, password: str) -> None:
        """Raises `NotSignedIn` unless this is the person's password at this moment."""
        ...

    def begin_codes(self, access_token: str) -> str:
        """A fresh secret for an authenticator app; nothing changes before `finish_codes`."""
        ...

    def finish_codes(self, access_token: str, code: str) -> None:
        """Ask for a code at every sign-in from now on. Raises `NotSignedIn` for a wrong code."""
        ...

    def everybody(self) -> Iterator[str]:
        """The pool's names of all who may sign in, a page at a time; what they may do is not said."""
        ...
