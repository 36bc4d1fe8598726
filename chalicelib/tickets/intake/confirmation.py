"""Whether an address is really the one of who gave it: asked by link or code, once, for some days."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib.errors import AllowanceUsedUp, InvalidRequest, NotFound, TicketNotFound
from chalicelib.messages import Channel, InboundMessage, Proof
from chalicelib.signing import Signer
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.allowances import leave
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.model.records import Allowance, Change
from chalicelib.tickets.model.ticket import Actor, Ticket

LIFE = timedelta(days=7)
TRIES = 5
DONE, OPEN, EXPIRED = "done", "open", "expired"
_ASKED_OF = (Channel.WEB, Channel.OPEN311)


def ask(ticket: Ticket, now: datetime) -> None:
    """From now on the address of `ticket` waits for its owner's word; what was sent before is void."""
    ticket.is_confirmed = False
    ticket.confirm_by, ticket.confirm_tries = now + LIFE, 0


def ask_newcomer(ticket: Ticket, message: InboundMessage, now: datetime) -> None:
    """An address that was only typed into a form is asked about; a mail or a text needs no link."""
    if message.channel in _ASKED_OF and ticket.requester.key and not ticket.is_confirmed:
        ask(ticket, now)


def prove(ticket: Ticket, message: InboundMessage, now: datetime) -> None:
    """A mail or a text from the address itself is as good as its link."""
    if (
        message.proof is Proof.PROVEN
        and message.channel not in _ASKED_OF
        and not ticket.is_confirmed
    ):
        _own(ticket, now)


def _own(ticket: Ticket, now: datetime) -> None:
    """The address is its author's. Whoever typed it into a form may be another: their link ends."""
    ticket.is_confirmed, ticket.confirm_by = True, None
    ticket.renew_link(now)
    ticket.record("confirmed", now, Actor("requester", ticket.requester.key))


def facts(signer: Signer, public_url: str, ticket: Ticket) -> dict[str, str]:
    """What a message says so that its reader can confirm; nothing when nothing is asked."""
    if ticket.is_confirmed or ticket.confirm_by is None:
        return {}
    secret = link_secret(signer, ticket)
    return {
        "confirm_url": f"{public_url}/confirm/{ticket.ticket_id}/{secret}",
        "confirm_code": make_code(signer, ticket),
    }


def link_secret(signer: Signer, ticket: Ticket) -> str:
    """What opens the page with the button: until when, and our signature over address and moment."""
    until = _until(ticket)
    return f"{until}.{signer.sign('confirm', *_parts(ticket), until)}"


def make_code(signer: Signer, ticket: Ticket) -> str:
    """Six digits for a text message; worth something only to who holds the tracking link."""
    return _digits(signer.sign("confirm-code", *_parts(ticket), _until(ticket)))


def is_code(signer: Signer, ticket: Ticket, digits: str) -> bool:
    """Whether `make_code` made it, also with the key that signed before."""
    made = signer.all_signatures("confirm-code", *_parts(ticket), _until(ticket))
    return any(hmac.compare_digest(digits, _digits(each)) for each in made)


def _digits(signed: str) -> str:
    return f"{int(hashlib.sha256(signed.encode()).hexdigest(), 16) % 1_000_000:06d}"


def _until(ticket: Ticket) -> str:
    return f"{int(ticket.confirm_by.timestamp()):x}" if ticket.confirm_by else ""


def _parts(ticket: Ticket) -> tuple[str, str, str]:
    return ticket.jurisdiction_id, ticket.ticket_id, ticket.requester.key


@dataclass(frozen=True, slots=True)
class Confirmations:
    """Confirm an address by the link or the code that was sent to it."""

    committer: Committer
    signer: Callable[[], Signer]

    def look(self, ticket_id: str, secret: str) -> tuple[Ticket, str]:
        """The ticket and whether the link is open, done with or expired; changes nothing.

        Raises `NotFound` alike for a wrong secret and an absent ticket.
        """
        until, _, signature = secret.partition(".")
        try:
            ticket = self.committer.store.get(ticket_id)
        except TicketNotFound as error:
            raise _no_page() from error
        if not self.signer().verify(signature, "confirm", *_parts(ticket), until):
            raise _no_page()
        if ticket.is_confirmed:
            return ticket, DONE
        ends_at = datetime.fromtimestamp(int(until, 16), UTC)
        is_latest = until == _until(ticket)
        return ticket, OPEN if is_latest and self.committer.clock.now() <= ends_at else EXPIRED

    def confirm(self, ticket_id: str, secret: str) -> tuple[Ticket, str]:
        """Confirm by link. The state is `open` for the one press that did it, else as `look` says."""
        ticket, state = self.look(ticket_id, secret)
        if state == OPEN:
            self._settle(ticket)
        return ticket, state

    def confirm_by_code(self, ticket: Ticket, typed: str, origin: str = "") -> None:
        """Confirm by code, on the tracking page. Raises `InvalidRequest`; five tries, then a new code.

        Right or wrong, each try counts for the address and its day, whatever ticket it is made on: a code
        that came after the last of them confirms nothing, or somebody else's could be guessed.
        """
        if ticket.is_confirmed:
            return
        now = self.committer.clock.now()
        if ticket.confirm_by is None or now > ticket.confirm_by:
            raise _wrong("code_expired")
        if ticket.confirm_tries >= TRIES:
            raise _wrong("too_many_tries")
        is_right = is_code(self.signer(), ticket, digits_of(typed))
        tried = Change(allowances=tries(ticket, self._policy, now, origin), origin=origin)
        try:
            self._settle(ticket, tried) if is_right else self._count(ticket, tried)
        except AllowanceUsedUp as error:
            raise _wrong("tried_enough") from error
        if not is_right:
            raise _wrong("wrong_code")

    def _count(self, ticket: Ticket, tried: Change) -> None:
        ticket.confirm_tries += 1
        self.committer.commit(ticket, tried)

    @property
    def _policy(self) -> Policy:
        return self.committer.catalogs.load().policy

    def again(self, ticket: Ticket, origin: str = "") -> None:
        """Send a new link or code; the old ones are void. Nothing when nothing is to be confirmed.

        Raises `AllowanceUsedUp` when it may not be sent: then the old one stays, with its tries.
        """
        if ticket.is_confirmed or not ticket.requester.key:
            return
        now = self.committer.clock.now()
        ask(ticket, now)
        ticket.record("confirmation_asked", now, Actor("requester", ticket.requester.key))
        self.committer.commit(ticket, asking(self._policy, now, origin))

    def _settle(self, ticket: Ticket, change: Change | None = None) -> None:
        _own(ticket, self.committer.clock.now())
        self.committer.commit(ticket, change)


def asking(policy: Policy, now: datetime, origin: str) -> Change:
    """The count that asking for a link or a code takes of a network."""
    gates = [leave("network_codes_an_hour", policy, now, origin)] if origin else []
    return Change(allowances=gates, origin=origin)


def digits_of(typed: str) -> str:
    """The digits of a typed code, in whatever script."""
    return "".join(str(int(each)) for each in typed if each.isdecimal())


def tries(ticket: Ticket, policy: Policy, now: datetime, origin: str) -> list[Allowance]:
    """The counts that one try at a code takes: of its address, the network and the city."""
    network = [leave("network_wrong_codes_an_hour", policy, now, origin)] if origin else []
    address = leave("wrong_codes_a_day", policy, now, ticket.requester.key)
    return [address, *network, leave("city_wrong_codes_an_hour", policy, now)]


def _no_page() -> NotFound:
    return NotFound("There is no such page. Check that the link is complete.")


def _wrong(code: str) -> InvalidRequest:
    return InvalidRequest("The code does not confirm this number.", {"code": code})
