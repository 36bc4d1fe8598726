"""What administrators do with people: appoint, rights, absence, end; each change audited."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.errors import InvalidRequest
from chalicelib.identity.accounts import AGENCY_GROUP, WHOLE_CITY, Act, make_staff
from chalicelib.identity.register import Absence
from chalicelib.tickets.model.records import AuditRecord
from chalicelib.tickets.model.ticket import Actor, Role

if TYPE_CHECKING:
    from chalicelib.identity.absences import Absences
    from chalicelib.identity.directory import Directory
    from chalicelib.identity.pool import Account, Pool
    from chalicelib.identity.roll_call import RollCall
    from chalicelib.tickets.ports import Clock

ROLES = tuple(str(role) for role in Role)


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do: roles, and whose tickets."""

    roles: tuple[str, ...]
    agencies: tuple[str, ...] = ()

    @property
    def groups(self) -> set[str]:
        """The user pool's groups that say so."""
        return {*self.roles, *(f"{AGENCY_GROUP}{code}" for code in self.agencies)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleDesk:
    """People appointed, changed and dismissed; the user pool knows them, the directory follows it.

    `write_down` keeps a line of the audit trail, `end_sessions` ends what somebody has open here.
    """

    pool: Pool
    directory: Directory
    roll_call: RollCall
    absences: Absences
    clock: Clock
    write_down: Callable[[AuditRecord], None]
    end_sessions: Callable[[str], object]

    def invite(self, email: str, name: str, rights: Rights, actor: Actor) -> str:
        """Mail somebody a first password; the user pool's name for them. Raises `InvalidRequest`."""
        _check(rights)
        pool_name = self.pool.create(email, name)
        with self._audited("person_invited", pool_name, actor, is_new=True):
            self._grant(pool_name, rights, ())
        return pool_name

    def change_rights(self, pool_name: str, rights: Rights, actor: Actor) -> None:
        """Give these rights and no others; lost ones hold nowhere any more. Raises `InvalidRequest`.

        Nobody takes the role from the last administrator.
        """
        _check(rights)
        with self._audited("person_rights_changed", pool_name, actor) as before:
            _ours_only(before)
            if Role.ADMINISTRATOR not in rights.roles:
                keep_an_administrator(self.pool, pool_name)
            self._grant(pool_name, rights, before.groups)
            if set(before.groups) - rights.groups:
                self.end_sessions(pool_name)

    def rename(self, pool_name: str, name: str, actor: Actor) -> None:
        """What the person is called from now on."""
        with self._audited("person_renamed", pool_name, actor) as before:
            _ours_only(before)
            self.pool.rename(pool_name, name)

    def end(self, pool_name: str, actor: Actor) -> None:
        """Switch an account off, end its sign-ins, take its rights. Raises `InvalidRequest`.

        Nobody ends the last administrator.
        """
        with self._audited("person_ended", pool_name, actor) as before:
            keep_an_administrator(self.pool, pool_name)
            self.pool.disable(pool_name)
            self.end_sessions(pool_name)
            self._grant(pool_name, Rights(()), before.groups)

    def let_in_again(self, pool_name: str, rights: Rights, actor: Actor) -> None:
        """Switch an account on again, with these rights."""
        with self._audited("person_let_in_again", pool_name, actor) as before:
            if not before.is_elsewhere:
                _check(rights)
            self._grant(pool_name, rights, before.groups)
            self.pool.enable(pool_name)

    def forget_codes(self, pool_name: str, actor: Actor) -> None:
        """For who has lost the device that makes the codes."""
        with self._audited("person_codes_reset", pool_name, actor) as before:
            _ours_only(before)
            self.pool.forget_codes(pool_name)
            self.end_sessions(pool_name)

    def send_password(self, pool_name: str, actor: Actor) -> None:
        """A new invitation for who never came; for others a code for choosing a new password."""
        with self._audited("person_password_sent", pool_name, actor, is_always=True) as before:
            _ours_only(before)
            if before.is_invited:
                self.pool.invite_again(before.email)
                return
            self.pool.reset_password(pool_name)
            self.end_sessions(pool_name)

    def keep_absence(self, absence: Absence, actor: Actor) -> None:
        """Somebody is away, and who stands in. Raises `InvalidRequest`."""
        _check_days(absence)
        self._check_substitute(absence)
        self._note_absence(absence, "person_absence_set", actor)

    def end_absence(self, pool_name: str, actor: Actor) -> None:
        """Somebody is back, or stays here after all; without an absence nothing changes."""
        known, now = self.absences.of(pool_name), self.clock.now()
        if known and known.ends_at > now:
            over = Absence(pool_name, known.substitute, min(known.starts_at, now), now)
            self._note_absence(over, "person_absence_ended", actor)

    def _note_absence(self, absence: Absence, action: str, actor: Actor) -> None:
        before = self.absences.of(absence.pool_name)
        self.absences.keep(absence)
        self._note(action, absence.pool_name, actor, _days(before), _days(absence))

    def _check_substitute(self, absence: Absence) -> None:
        members = self.directory.members()
        away, instead = members.get(absence.pool_name), members.get(absence.substitute)
        is_other = absence.substitute != absence.pool_name
        is_able = instead and instead.is_active and instead.staff.may(Act.WORK_TICKETS)
        if away is None or instead is None or not is_able or not is_other:
            raise _wrong("substitute", "Choose a colleague who works on tickets.")
        if not _covers(instead.staff.agency_codes, away.staff.agency_codes):
            raise _wrong("substitute", "Choose somebody who serves the same agencies.")

    def _grant(self, pool_name: str, rights: Rights, before: Iterable[str]) -> None:
        for group in sorted(rights.groups - set(before)):
            self.pool.join(pool_name, group)
        for group in sorted(set(before) - rights.groups):
            if is_right(group):
                self.pool.leave(pool_name, group)

    @contextmanager
    def _audited(
        self,
        action: str,
        pool_name: str,
        actor: Actor,
        *,
        is_new: bool = False,
        is_always: bool = False,
    ) -> Iterator[Account]:
        """Whatever was changed is written down, also where a later step was refused."""
        before = self.pool.account(pool_name)
        try:
            yield before
        finally:
            after = self.pool.account(pool_name)
            self.roll_call.ask(pool_name)
            if is_new or is_always or after != before:
                was = "" if is_new else _words(before)
                self._note(action, pool_name, actor, was, _words(after))

    def _note(self, action: str, pool_name: str, actor: Actor, before: str, after: str) -> None:
        record = AuditRecord(
            audit_id=secrets.token_hex(8),
            at=self.clock.now(),
            actor=actor,
            action=action,
            subject=f"staff:{pool_name}",
            data={"before": before, "after": after},
        )
        self.write_down(record)


def keep_an_administrator(pool: Pool, pool_name: str) -> None:
    """Raises `InvalidRequest` where this is the only administrator who can sign in."""
    if pool.administrators() == {pool_name}:
        raise _wrong(
            "roles", "This is the only administrator who can sign in; appoint another one first."
        )


def is_right(group: str) -> bool:
    """Whether a group of the user pool gives a right here; others are not ours to touch."""
    return group in ROLES or group.startswith(AGENCY_GROUP)


def rights_of(account: Account) -> Rights:
    """What the groups of an account say."""
    staff = make_staff(account.pool_name, account.groups)
    return Rights(tuple(sorted(staff.roles)), staff.agency_codes)


def _ours_only(account: Account) -> None:
    if account.is_elsewhere:
        raise _wrong("roles", "The city's own sign-in decides this; change it there.")


def _check(rights: Rights) -> None:
    if not rights.roles or set(rights.roles) - set(ROLES):
        raise _wrong("roles", "Choose one role at least.")


def _check_days(absence: Absence) -> None:
    if absence.ends_at <= absence.starts_at:
        raise _wrong("until", "The last day lies before the first.")


def _covers(theirs: Collection[str], needed: Iterable[str]) -> bool:
    """Whether somebody of `theirs` agencies may stand in for somebody of the `needed` ones."""
    return WHOLE_CITY in theirs or set(needed) <= set(theirs)


def _wrong(field: str, remedy: str) -> InvalidRequest:
    return InvalidRequest("This cannot be done.", {field: remedy})


def _words(account: Account) -> str:
    """An account in the audit trail."""
    state = "enabled" if account.is_enabled else "disabled"
    codes = "codes on" if account.has_codes else "codes off"
    groups = " ".join(account.groups) or "no groups"
    return f"{account.name} <{account.email}>; {groups}; {state}; {codes}"


def _days(absence: Absence | None) -> str:
    if absence is None:
        return ""
    return f"{_iso(absence.starts_at)} to {_iso(absence.ends_at)}, stands in: {absence.substitute}"


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
