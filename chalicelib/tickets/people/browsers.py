"""The second proof for an old link: a browser known to be its owner's, or a code to their address."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.errors import AllowanceUsedUp, InvalidRequest
from chalicelib.signing import Signer
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.intake.confirmation import asking, digits_of, tries
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import Actor, Ticket

YOUNG = timedelta(days=1)  # so long a link alone shows everything
KNOWN = timedelta(days=365)
ASKED = "code_asked"  # the entry that causes the message with the code
_TURN = 3_600  # seconds; a code works in the hour it was sent in and in the next


def is_young(ticket: Ticket, now: datetime) -> bool:
    """Whether the link was made within the last day: with the report, or anew since."""
    return now <= (ticket.link_made_at or ticket.requested_at) + YOUNG


def make_mark(signer: Signer, ticket: Ticket, now: datetime) -> str:
    """What a browser keeps to be known for this ticket for a year, or until its link is made anew."""
    until = f"{int((now + KNOWN).timestamp()):x}"
    return f"{until}.{signer.sign('browser', *_known(ticket), until)}"


def is_mark(signer: Signer, ticket: Ticket, mark: str, now: datetime) -> bool:
    """Whether `make_mark` made it for this ticket and its present link, within a year."""
    until, _, signature = mark.partition(".")
    is_ours = signer.verify(signature, "browser", *_known(ticket), until)
    return is_ours and int(until, 16) >= now.timestamp()


def facts(signer: Signer, ticket: Ticket) -> dict[str, str]:
    """The code, for the message that was just asked for; nothing for any other."""
    asked = [entry for entry in ticket.new_entries if entry.kind == ASKED]
    return {"browser_code": make_code(signer, ticket, asked[-1].at)} if asked else {}


def make_code(signer: Signer, ticket: Ticket, at: datetime) -> str:
    """Six digits; worth something only to who holds the tracking link."""
    return _digits(signer.sign("browser", *_coded(ticket, at)))


def is_code(signer: Signer, ticket: Ticket, digits: str, now: datetime) -> bool:
    """Whether it is the code of this hour or of the one before, also with the key that signed before."""
    turns = (now, now - timedelta(seconds=_TURN))
    made = [s for at in turns for s in signer.all_signatures("browser", *_coded(ticket, at))]
    return any(hmac.compare_digest(digits, _digits(each)) for each in made)


def _known(ticket: Ticket) -> tuple[str, ...]:
    return "known", ticket.jurisdiction_id, ticket.ticket_id, str(ticket.tracking_version)


def _coded(ticket: Ticket, at: datetime) -> tuple[str, ...]:
    _, *whose = _known(ticket)
    return "code", *whose, ticket.requester.key, str(int(at.timestamp()) // _TURN)


def _digits(signed: str) -> str:
    return f"{int(hashlib.sha256(signed.encode()).hexdigest(), 16) % 1_000_000:06d}"


@dataclass(frozen=True, slots=True)
class Browsers:
    """Which browsers are their owner's, and the code that proves a new one."""

    committer: Committer
    signer: Callable[[], Signer]

    def is_known(self, ticket: Ticket, marks: Sequence[str]) -> bool:
        """Whether one of a browser's marks is of this ticket."""
        now, signer = self.committer.clock.now(), self.signer()
        return any(is_mark(signer, ticket, mark, now) for mark in marks)

    def may_see(self, ticket: Ticket, marks: Sequence[str]) -> bool:
        """Whether a link shows who its owner is: when it is young, or in a browser that is known."""
        return is_young(ticket, self.committer.clock.now()) or self.is_known(ticket, marks)

    def with_mark(self, ticket: Ticket, marks: Sequence[str]) -> list[str]:
        """A browser's marks with one of this ticket, the latest first."""
        now, signer = self.committer.clock.now(), self.signer()
        others = [mark for mark in marks if not is_mark(signer, ticket, mark, now)]
        return [make_mark(signer, ticket, now), *others]

    def ask(self, ticket: Ticket, origin: str = "") -> None:
        """Send a code to the confirmed address. Nothing where there is none.

        Raises `AllowanceUsedUp` when it may not be sent.
        """
        if not ticket.is_confirmed or not ticket.requester.key:
            return
        now, policy = self.committer.clock.now(), self.committer.catalogs.load().policy
        ticket.record(ASKED, now, Actor("requester", ticket.requester.key))
        self.committer.commit(ticket, asking(policy, now, origin))

    def prove(self, ticket: Ticket, typed: str, origin: str = "") -> None:
        """Raises `InvalidRequest` unless `typed` is the code that was sent to the confirmed address.

        Right or wrong, each try counts for the address and its day, as those at its confirmation do.
        """
        if not ticket.is_confirmed or not ticket.requester.key:
            raise _wrong("wrong_code")
        now, policy = self.committer.clock.now(), self.committer.catalogs.load().policy
        try:
            rows = tries(ticket, policy, now, origin)
            self.committer.write(Change(allowances=rows, origin=origin))
        except AllowanceUsedUp as error:
            raise _wrong("tried_today") from error
        if not is_code(self.signer(), ticket, digits_of(typed), now):
            raise _wrong("wrong_code")


def _wrong(code: str) -> InvalidRequest:
    return InvalidRequest("The code does not prove this browser.", {"code": code})
