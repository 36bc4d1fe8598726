"""The derived copy of a ticket's words that everybody may read; pure, knows no reader and no store.

The original never leaves: pages, feeds, lists, files and Open311 all show this copy. It is derived anew
whenever what it is made of has changed, unless a person has put it right by hand.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from datetime import datetime

from chalicelib.errors import InvalidRequest, InvalidTransition
from chalicelib.tickets.models import (
    MAX_DESCRIPTION,
    Actor,
    Ticket,
    Visibility,
)
from chalicelib.tickets.public_copy import PublicWords

_WORD = re.compile(r"[^\W_]+(?:['’\u200c-][^\W_]+)*")
CHANGED = "public_words_changed"


def publish_words(ticket: Ticket) -> None:
    """Bring the public copy in line with the ticket; a private one has none."""
    if not ticket.is_public:
        ticket.public_words = None
        return
    held, source = ticket.public_words, _source(ticket)
    if held is None or held.source != source:
        ticket.public_words = _derived(ticket, held, source)


def public_words(ticket: Ticket) -> PublicWords:
    """The public copy, derived now for a ticket that was stored without one."""
    return ticket.public_words or _derived(ticket, None, 0)


def _source(ticket: Ticket) -> int:
    made_of = (ticket.description, ticket.status_notes, ticket.address, ticket.requester.name)
    return zlib.crc32("\0".join(made_of).encode("utf-8", "replace"))


def _derived(ticket: Ticket, held: PublicWords | None, source: int) -> PublicWords:
    from chalicelib.tickets.masking import mask, mask_place

    names = (ticket.requester.name,)
    by_hand = held is not None and bool(held.by)
    description = mask(ticket.description, names=names, place=ticket.address)
    return PublicWords(
        description=held.description if held and by_hand else description,
        notes=mask(ticket.status_notes, names=names, place=ticket.address),
        address=mask_place(ticket.address, names),
        by=held.by if held else "",
        source=source,
    )


def hide_more(ticket: Ticket, text: str, now: datetime) -> None:
    """The author takes words out of the public copy. Raises `InvalidRequest` when some are new."""
    held = _published(ticket)
    if not _is_part(text, held.description):
        raise InvalidRequest(
            "You can take words out here, but not put new ones in.", {"public": "only_fewer"}
        )
    _set(ticket, text, "author", now, Actor("requester", ticket.requester.key))


def correct(ticket: Ticket, text: str, now: datetime, actor: Actor) -> None:
    """Staff put the public copy right, one way or the other."""
    _published(ticket)
    _set(ticket, text, "staff", now, actor)


def _published(ticket: Ticket) -> PublicWords:
    if not ticket.is_public:
        raise InvalidTransition("This report is not public; it has no public words.")
    return public_words(ticket)


def _set(ticket: Ticket, text: str, by: str, now: datetime, actor: Actor) -> None:
    words = text.strip()
    if len(words) > MAX_DESCRIPTION:
        problem = {"public": f"too_long:{MAX_DESCRIPTION}"}
        raise InvalidRequest(f"At most {MAX_DESCRIPTION} characters, please.", problem)
    held = replace(public_words(ticket), source=_source(ticket))
    ticket.public_words = replace(held, description=words, by=by)
    ticket.record(CHANGED, now, actor, visibility=Visibility.STAFF, data={"by": by})


def _is_part(text: str, whole: str) -> bool:
    """Whether every word of `text` stands in `whole`, in the same order."""
    others = iter(_WORD.findall(whole.casefold()))
    return all(word in others for word in _WORD.findall(text.casefold()))
