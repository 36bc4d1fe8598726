"""Who is speaking, and what their words may change: the one table of both; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.messages import Audience, Channel, InboundMessage, Party, Proof
from chalicelib.signing import party_mark
from chalicelib.tickets.model.ticket import Actor, Ticket


class Authority(StrEnum):
    """The voice in which a message on an existing ticket speaks."""

    REQUESTER = "requester"
    AGENCY = "agency"
    THIRD_PARTY = "third_party"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class Permissions:
    """What one voice may change on a ticket besides adding words that staff can read.

    `join_by_reference` is to reach the ticket by naming it in a subject; `begin_linked` is to open a
    ticket linked to a closed one, `add_to_closed` to write on the closed one itself. Without
    `be_verified` the words wait for staff to accept them. The same table is in docs/mail.md.
    """

    be_verified: bool = False
    be_shown_to_requester: bool = False
    resume: bool = False
    reopen: bool = False
    join_by_reference: bool = False
    begin_linked: bool = False
    add_to_closed: bool = False
    count_as_staff_action: bool = False


MAY: Mapping[Authority, Permissions] = {
    Authority.REQUESTER: Permissions(
        be_verified=True,
        be_shown_to_requester=True,
        resume=True,
        reopen=True,
        join_by_reference=True,
        begin_linked=True,
    ),
    Authority.AGENCY: Permissions(be_verified=True, add_to_closed=True, count_as_staff_action=True),
    Authority.THIRD_PARTY: Permissions(),
    Authority.UNPROVEN: Permissions(),
}

_CITY = (Audience.AGENCY, Audience.ASSIGNEE, Audience.SUPERVISOR, Audience.DUTY)


def authority_of(message: InboundMessage, ticket: Ticket, holder: str) -> Authority:
    """The voice of `message` on `ticket`, which the colleague with the address `holder` has.

    A tracking link speaks for the requester. A mail needs both the reply address made for a party and
    proof that this party sent it, or, without the address, proof of the requester's own address; a
    revoked address proves nothing. A text message is proven by its number.
    """
    if message.channel in (Channel.WEB, Channel.OPEN311):
        return Authority.REQUESTER if message.token else Authority.UNPROVEN
    if not _is_own_party(message, ticket):
        return Authority.THIRD_PARTY
    if message.proof is not Proof.PROVEN or _is_revoked(message, ticket):
        return Authority.UNPROVEN
    if not is_for_city(message):
        return Authority.REQUESTER
    return Authority.AGENCY if _is_still_theirs(message, ticket, holder) else Authority.THIRD_PARTY


def is_for_city(message: InboundMessage) -> bool:
    """Whether the reply address was made for somebody who works for the city."""
    return message.token is not None and message.token.audience in _CITY


def _is_still_theirs(message: InboundMessage, ticket: Ticket, holder: str) -> bool:
    """A person's reply address is worth something as long as the ticket is theirs."""
    if message.token is None or message.token.audience is not Audience.ASSIGNEE:
        return True
    return not ticket.assignee or holder == (message.sender.email or "").lower() != ""


def _is_revoked(message: InboundMessage, ticket: Ticket) -> bool:
    """Whether the reply address was made before the party's addresses on this ticket were revoked."""
    if message.token is None or not ticket.reply_turns:
        return False
    return message.token.turn < ticket.reply_turns.get(party_mark(message.sender.key), 0)


def speaks_for(authority: Authority, message: InboundMessage) -> Actor:
    """The actor that the timeline names for this message."""
    kinds = {Authority.REQUESTER: "requester", Authority.AGENCY: "agency"}
    return Actor(kinds.get(authority, "stranger"), message.sender.key, message.sender.name)


def is_participant(party: Party, ticket: Ticket, holder: str) -> bool:
    """Whether this address may at all be joined to the ticket without a reply address."""
    own = ticket.requester.keys | Party(email=holder).keys
    return bool(own & party.keys)


def _is_own_party(message: InboundMessage, ticket: Ticket) -> bool:
    if message.token is not None:
        return message.token.party_key == message.sender.key
    return bool(ticket.requester.keys & message.sender.keys)
