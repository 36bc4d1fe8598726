"""Reply addresses that prove a ticket and a party; knows signatures, no mail and no table.

`reply+<ticket 9><audience 1><party mark 13><turn 0-2>.<key id>.<digest 26>@domain`: letters, digits,
dots and one plus, at most 64 characters, nothing that depends on case. The digest covers the
jurisdiction, so an address of one city is worth nothing in another. The turn is how often the party's
addresses on this ticket were revoked; none is written for the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from chalicelib.channels import bounds
from chalicelib.messages import Audience, ReplyToken
from chalicelib.signing import Signer, party_mark

PURPOSE = "reply"
MAX_LOCAL_PART = 64
_LETTERS = {
    Audience.REQUESTER: "r",
    Audience.FOLLOWER: "f",
    Audience.AGENCY: "a",
    Audience.ASSIGNEE: "u",
    Audience.SUPERVISOR: "s",
    Audience.DUTY: "d",
}
_AUDIENCES = {letter: audience for audience, letter in _LETTERS.items()}
# Relays write the plus as `=`, `=2B`, `%2B` or a space, and put things before and after it.
_ADDRESS = re.compile(
    r"reply(?:\+|=2b|%2b|=|_|-|\s)([0-9a-z]{9})([a-z])([a-z2-7]{13})((?:[1-9][0-9]?)?)\.([0-9a-z]{1,7})\.([a-z2-7]{26})"
    r"(?![a-z2-7])"
)


def make_reply_address(
    signer: Signer,
    jurisdiction_id: str,
    ticket_id: str,
    audience: Audience,
    party_key: str,
    domain: str,
    turn: int = 0,
) -> str:
    """The address at which `party_key` answers about `ticket_id`; `turn` as `Ticket.reply_turns` says.

    Raises `ValueError` when the signing key's id is too long for a mail address (5 characters fit).
    """
    name = f"{_letters_of(ticket_id)}{_LETTERS[audience]}{party_mark(party_key)}{turn or ''}"
    local_part = f"reply+{name}.{signer.sign(PURPOSE, jurisdiction_id, name)}"
    if len(local_part) > MAX_LOCAL_PART:
        raise ValueError("The id of the signing key is too long; use at most 5 characters.")
    return f"{local_part}@{domain}"


def read_reply_address(
    signer: Signer, jurisdiction_id: str, address: str, candidates: Iterable[str] = ()
) -> ReplyToken | None:
    """What a reply address proves, or None when it is not ours, not whole, or of another city.

    The party is one of `candidates` (party keys, usually the sender's) when the address was made for
    it; otherwise `party_key` is the bare mark, to be compared with `signing.party_mark`.
    """
    match = _ADDRESS.search(address[: bounds.REPLY_ADDRESS].lower())
    if match is None:
        return None
    letters, kind, mark, turn, key_id, digest = match.groups()
    name = letters + kind + mark + turn
    is_ours = signer.verify(f"{key_id}.{digest}", PURPOSE, jurisdiction_id, name)
    if not is_ours or kind not in _AUDIENCES:
        return None
    party_key = next((key for key in candidates if key and party_mark(key) == mark), mark)
    return ReplyToken(
        ticket_id=_reference_of(letters),
        audience=_AUDIENCES[kind],
        party_key=party_key,
        turn=int(turn or 0),
    )


def _letters_of(ticket_id: str) -> str:
    return ticket_id.removeprefix("SR-").replace("-", "").lower()


def _reference_of(letters: str) -> str:
    letters = letters.upper()
    return f"SR-{letters[:4]}-{letters[4:8]}-{letters[8]}"
