"""Sign-ins at the console: begun, renewed, listed, ended; a browser holds nothing but a random id."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.errors import NotSignedIn, StoreBusy
from chalicelib.identity.accounts import SIGN_IN_LIVES, Accounts, Session, Staff
from chalicelib.identity.session_items import SessionShelf, StaffSession

if TYPE_CHECKING:
    from chalicelib.identity.tokens import AccessToken

log = logs.Log(__name__)

READ_FOR = timedelta(minutes=1)  # what was ended elsewhere is out by then
SEEN_EVERY = timedelta(minutes=5)
RENEWED_BEFORE = timedelta(seconds=30)
MOST_KEPT = 2_000  # read sign-ins in one process


class Sessions:
    """All sign-ins at the console.

    `now` is the user pool's time, not the desk's, as for its tokens. A process looks at the same
    sign-in and at the same end once a minute.
    """

    def __init__(
        self,
        shelf: SessionShelf,
        accounts: Callable[[], Accounts],
        *,
        idle: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._shelf = shelf
        self._accounts = accounts
        self._idle = idle
        self._now = now
        self._read: dict[str, tuple[datetime, StaffSession]] = {}
        self._ends: dict[tuple[str, ...], tuple[datetime, dict[str, datetime]]] = {}

    def begin(self, session: Session, staff: Staff, browser: str) -> str:
        """Keep a finished sign-in; the id by which the browser finds it again."""
        secret, now = secrets.token_urlsafe(32), self._now()
        begun = StaffSession(
            digest=_digest(secret),
            pool_name=staff.pool_name,
            access_token=session.access_token,
            access_until=now + timedelta(seconds=session.expires_in),
            refresh_token=session.refresh_token,
            origin=self._accounts().origin(session.access_token),
            groups=staff.groups,
            browser=browser,
            begun_at=now,
            seen_at=now,
        )
        self._shelf.put(begun)
        self._keep(begun)
        return secret

    def enter(self, secret: str) -> StaffSession:
        """The sign-in of this id, with a token that is good. Raises `NotSignedIn` when it is over."""
        session = self._known(_digest(secret)) if secret else None
        if session is None or self._is_over(session):
            raise NotSignedIn("Sign in to see this page.")
        if session.access_until - self._now() < RENEWED_BEFORE:
            session = self._renewed(session)
        return self._seen(session)

    def hold(self, session: StaffSession, staff: Staff) -> bool:
        """Whether the person has the groups they had, and no other. Raises `NotSignedIn` where one was
        taken away."""
        if session.groups == staff.groups:
            return True
        # Another process may have seen a new group a minute before this one does: the pool decides.
        staff = self._accounts().confirm(staff)
        if session.groups - staff.groups:
            raise NotSignedIn("Your rights were changed; sign in again.")
        self._write(session, groups=staff.groups)
        return False

    def of(self, pool_name: str) -> list[StaffSession]:
        """The sign-ins of a person that are not over, newest first."""
        found = [each for each in self._shelf.of(pool_name) if not self._is_over(each)]
        return sorted(found, key=lambda each: each.begun_at, reverse=True)

    def leave(self, secret: str) -> None:
        """End the sign-in of this id, also one that is renewed no more; an unknown one is no error."""
        session = self._shelf.get(_digest(secret)) if secret else None
        if session and session.ended_at is None:
            self.end(session)

    def end(self, session: StaffSession) -> None:
        """End one sign-in, at the user pool too; its tokens are refused here within a minute."""
        self._shelf.end(session, self._now())
        self._forget()
        try:
            self._accounts().revoke(session.refresh_token, session.pool_name)
        except StoreBusy as error:
            log.failure("a sign-in that was ended here is not revoked at the user pool", error)

    def end_all(self, pool_name: str) -> None:
        """End all sign-ins of a person, also those that were made elsewhere than at the console."""
        self._shelf.mark(f"person:{pool_name}", self._now())
        self.end_others(pool_name, but="")

    def end_others(self, pool_name: str, but: str) -> None:
        """End all sign-ins of a person at the console but the one with this digest."""
        for session in self._shelf.of(pool_name):
            if session.ended_at is None and session.digest != but:
                self.end(session)
        self._forget()

    def look_again(self) -> None:
        """What was ended is asked anew at the next token: for what cannot be taken back."""
        self._ends.clear()

    def is_over(self, token: AccessToken) -> bool:
        """Whether the sign-in that a token came from was ended; at most a minute late."""
        person, origin = f"person:{token.username}", f"origin:{token.origin}"
        ends = self._ends_of((person, origin) if token.origin else (person,))
        # The pool dates tokens by the whole second: one of the same second may be the next sign-in's.
        is_older = person in ends and token.signed_in_at < ends[person].replace(microsecond=0)
        return origin in ends or is_older

    def _ends_of(self, names: tuple[str, ...]) -> dict[str, datetime]:
        now, known = self._now(), self._ends.get(names)
        if known is None or now - known[0] >= READ_FOR:
            _make_room(self._ends)
            known = self._ends[names] = (now, self._shelf.ends(names))
        return known[1]

    def _known(self, digest: str) -> StaffSession | None:
        known = self._read.get(digest)
        if known and self._now() - known[0] < READ_FOR:
            return known[1]
        session = self._shelf.get(digest)
        if session:
            self._keep(session)
        return session

    def _is_over(self, session: StaffSession) -> bool:
        now = self._now()
        is_idle = now - session.seen_at >= self._idle
        return session.ended_at is not None or is_idle or now - session.begun_at >= SIGN_IN_LIVES

    def _renewed(self, session: StaffSession) -> StaffSession:
        try:
            fresh = self._accounts().refresh(session.refresh_token, session.pool_name)
        except NotSignedIn:
            self.end(session)
            raise
        until = self._now() + timedelta(seconds=fresh.expires_in)
        refresh_token = fresh.refresh_token or session.refresh_token
        return self._write(
            session,
            access_token=fresh.access_token,
            access_until=until,
            refresh_token=refresh_token,
            seen_at=self._now(),
        )

    def _seen(self, session: StaffSession) -> StaffSession:
        now = self._now()
        return session if now - session.seen_at < SEEN_EVERY else self._write(session, seen_at=now)

    def _write(self, session: StaffSession, **changes: Any) -> StaffSession:
        changed = replace(session, **changes)
        if not self._shelf.change(session, changed):
            self._forget()
            raise NotSignedIn("This sign-in was ended; sign in again.")
        self._keep(changed)
        return changed

    def _keep(self, session: StaffSession) -> None:
        _make_room(self._read)
        self._read[session.digest] = (self._now(), session)

    def _forget(self) -> None:
        self._read.clear()
        self._ends.clear()


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= MOST_KEPT:
        kept.clear()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
