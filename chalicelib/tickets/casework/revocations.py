"""Revoked reply addresses: whose, on which ticket, why; knows no mail."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from itertools import islice

from chalicelib.errors import InvalidTransition, NotFound, StaleTicket
from chalicelib.messages import Party
from chalicelib.signing import party_mark
from chalicelib.tickets.casework.staff import required
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.model.records import AuditRecord, Change
from chalicelib.tickets.model.ticket import Actor, Ticket, Visibility
from chalicelib.tickets.ports import TicketStore

MAX_REASON = 1_000
MOST_MESSAGES = 500  # whose receivers are named
MOST_TURNS = 99  # two digits of a mail address


def written_to(ticket: Ticket, store: TicketStore) -> list[Party]:
    """Who holds a reply address of this ticket, the requester first; of very many messages the latest."""
    latest = list(islice(store.notices(ticket.ticket_id), MOST_MESSAGES))
    people = [ticket.requester, *(n.recipient for n in reversed(latest))]
    return list({party.key: party for party in reversed(people) if party.email}.values())[::-1]


@dataclass(frozen=True, slots=True)
class Revocations:
    """Ends the reply addresses of one person on one ticket; the next mail carries a new one."""

    committer: Committer

    def revoke(
        self, ticket_id: str, actor: Actor, party_key: str, reason: str, *, version: int
    ) -> Ticket:
        """Every address that this party has for this ticket proves nothing from now on.

        What still comes to one is kept, marked unverified, and changes nothing. Raises
        `InvalidRequest`, `InvalidTransition`, `NotFound`, `StaleTicket`, `TicketNotFound`.
        """
        why = required(reason, "reason", MAX_REASON)
        ticket = self.committer.store.get(ticket_id)
        if version != ticket.version:
            raise StaleTicket(
                f"Ticket {ticket_id} was changed meanwhile; read it again and repeat your change.",
                ticket.version,
            )
        if party_key not in {party.key for party in written_to(ticket, self.committer.store)}:
            raise NotFound("Nobody with this address was written to about this ticket.")
        turn = _turn(ticket, party_key)
        now = self.committer.clock.now()
        ticket.record(
            "reply_address_revoked",
            now,
            actor,
            visibility=Visibility.STAFF,
            text=why,
            data={"party": party_key, "turn": turn},
        )
        ticket.last_staff_action_at = now
        record = AuditRecord(
            audit_id=secrets.token_hex(8),
            at=now,
            actor=actor,
            action="reply_address_revoked",
            subject=ticket_id,
            data={"party": party_mark(party_key), "turn": turn},
        )
        self.committer.commit(ticket, Change(audit=[record]))
        return ticket


def _turn(ticket: Ticket, party_key: str) -> int:
    """Count one more revocation of this party's addresses."""
    mark = party_mark(party_key)
    turn = ticket.reply_turns.get(mark, 0) + 1
    if turn > MOST_TURNS:
        raise InvalidTransition(
            "This person's addresses were revoked too often; open a new ticket."
        )
    ticket.reply_turns = {**ticket.reply_turns, mark: turn}
    return turn
