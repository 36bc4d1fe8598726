"""Keeps the staff directory true to the user pool, which alone says what somebody may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import logs
from chalicelib.errors import NotSignedIn, StoreBusy
from chalicelib.identity.accounts import Accounts, Act, Staff
from chalicelib.identity.directory import Directory

log = logs.Log(__name__)

RECENT = timedelta(hours=1)  # who was asked about so lately need not be asked about again
LEAST_MS = 10_000


@dataclass(frozen=True, slots=True)
class RollCall:
    """Asks the user pool who works here, and tells the directory."""

    accounts: Accounts
    directory: Directory
    now: Callable[[], datetime]

    def greet(self, staff: Staff) -> None:
        """Write down somebody who has just signed in. Nobody is kept out when that does not succeed."""
        try:
            if not self.directory.knows(staff):
                self.directory.note(staff, self.now())
        except StoreBusy as error:
            log.failure("somebody who signed in was not written down", error)

    def welcome(self, staff: Staff) -> None:
        """Write down that somebody has just signed in, and when. Nobody is kept out when it fails."""
        self.greet(staff)
        try:
            self.directory.saw(staff.pool_name, self.now())
        except StoreBusy as error:
            log.failure("a sign-in was not written down", error)

    def ask(self, pool_name: str) -> Staff | None:
        """Somebody as the user pool knows them this moment, who is written down; None for who left.

        `pool_name` may also be the address by which they sign in.
        """
        now = self.now()
        try:
            staff = self.accounts.confirm(Staff("", pool_name=pool_name))
        except NotSignedIn:
            self.directory.leave(pool_name, now)
            return None
        self.directory.note(staff, now)
        return staff

    def is_working(self, address: str) -> bool:
        """Whether this is the verified address of who may work on tickets at this moment.

        The directory only says whom to ask for; who is not in it yet is nobody.
        """
        named = [p for p in self.directory.colleagues() if p.email == address]
        asked = (self.ask(person.pool_name) for person in named)
        present = [staff for staff in asked if staff is not None and staff.email == address]
        return any(staff.may(Act.WORK_TICKETS) for staff in present)

    def run(
        self, remaining_ms: Callable[[], int] = lambda: 60_000, recent: timedelta = RECENT
    ) -> bool:
        """Ask about everybody, those first who were not asked about for longest; whether all were.

        `recent` is how lately somebody must have been asked about to be left out. A run that is cut
        is no loss: the next one goes on where it stood.
        """
        began, known = self.now(), self.directory.members()
        checked = {name: m.checked_at for name, m in known.items() if m.is_active}
        listed = set(self.accounts.everybody())
        changed = listed ^ checked.keys()
        old = [name for name in listed & checked.keys() if began - checked[name] >= recent]
        for name in [*sorted(changed), *sorted(old, key=checked.__getitem__)]:
            if remaining_ms() < LEAST_MS:
                log.warning("the roll call is not done", count=len(changed) + len(old))
                return False
            self.ask(name)
        return True
