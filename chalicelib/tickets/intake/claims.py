"""An anonymous report and whoever holds its code: found again, and given an address afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.errors import InvalidRequest, TicketNotFound
from chalicelib.messages import Channel, Party
from chalicelib.signing import Signer
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.intake import confirmation
from chalicelib.tickets.model.ticket import Actor, Ticket

DIGEST = 26  # letters of a signature, 128 bits
_MISREAD = str.maketrans(
    "0189", "oibg"
)  # digits that base 32 does not have, as the letters they look like
_KEY_LETTER, _KEY_NUMBER = str.maketrans("1i", "ll"), str.maketrans("oil", "011")


def claim_code(signer: Signer, ticket: Ticket) -> str:
    """What opens an anonymous report again beside its reference, in groups that can be read aloud."""
    plain = signer.sign("claim", *_parts(ticket)).upper().replace(".", "-")
    key_id, _, digest = plain.rpartition("-")
    return "-".join([key_id, *re.findall(".{1,4}", digest)])


def _parts(ticket: Ticket) -> tuple[str, str, str]:
    return ticket.jurisdiction_id, ticket.ticket_id, str(ticket.tracking_version)


def readings(typed: str) -> list[str]:
    """The signatures that a typed code may stand for: its key's id as typed, and as letter and number."""
    letters = re.sub(r"[^0-9a-z]", "", typed.lower())
    key_id, digest = letters[:-DIGEST], letters[-DIGEST:].translate(_MISREAD)
    likely = key_id[:1].translate(_KEY_LETTER) + key_id[1:].translate(_KEY_NUMBER)
    return [f"{each}.{digest}" for each in dict.fromkeys((key_id, likely))]


@dataclass(frozen=True, slots=True)
class Claims:
    """Open a report by reference and code; give an anonymous one an address."""

    committer: Committer
    signer: Callable[[], Signer]

    def open(self, ticket_id: str, typed: str) -> Ticket:
        """The ticket. Raises `TicketNotFound` alike for a wrong code and an absent ticket."""
        ticket = self.committer.store.get(ticket_id)
        signer, parts = self.signer(), _parts(ticket)
        if not any(signer.verify(each, "claim", *parts) for each in readings(typed)):
            raise TicketNotFound("There is no report with this reference and code.")
        return ticket

    def give_contact(
        self, ticket: Ticket, party: Party, channel: Channel | None, origin: str = ""
    ) -> None:
        """Whoever holds an anonymous report wants to be written to after all; the address is asked.

        Raises `InvalidRequest` when somebody is written to already: a holder of the link may not turn
        a person's messages away. Raises `AllowanceUsedUp`, with nothing changed, when no link may be sent.
        """
        if ticket.requester.key:
            raise InvalidRequest("We write to somebody about this already.", {"contact": "taken"})
        now = self.committer.clock.now()
        ticket.requester = party
        wish = channel or (Channel.EMAIL if party.email else Channel.SMS)
        ticket.preferred_channel = wish
        confirmation.ask(ticket, now)
        ticket.record("claimed", now, Actor("requester", party.key))
        policy = self.committer.catalogs.load().policy
        self.committer.commit(ticket, confirmation.asking(policy, now, origin))
