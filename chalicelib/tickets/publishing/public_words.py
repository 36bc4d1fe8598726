"""The derived copy of a ticket's words that everybody may read; pure, knows no reader and no store.

The original never leaves: pages, feeds, lists, files and Open311 all show this copy. It is derived anew
whenever what it is made of has changed, unless a person has put it right by hand.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.errors import InvalidRequest, InvalidTransition
from chalicelib.messages import Attachment
from chalicelib.tickets.catalog.place_precision import (
    ABOUT,
    EXACT,
    shown_address,
    tells_less,
    without_positions,
)
from chalicelib.tickets.model.excerpts import excerpt
from chalicelib.tickets.model.public_copy import PublicWords
from chalicelib.tickets.model.ticket import (
    DESCRIPTION_BYTES,
    MAX_DESCRIPTION,
    Actor,
    Ticket,
    Visibility,
)

# Imported where used: the patterns of masking take 17 ms, and most writes publish nothing new.

_WORD = re.compile(r"[^\W_]+(?:['’\u200c-][^\W_]+)*")
CHANGED = "public_words_changed"
_PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_MOST_BYTES = 4_400_000  # what a function can answer with


def publish_words(ticket: Ticket, exactness: str) -> None:
    """Bring the public copy in line with the ticket and its service; a private one has none."""
    if not ticket.is_public:
        ticket.public_words = None
        return
    held, source = ticket.public_words, _source(ticket)
    if held is None or (held.source, held.place) != (source, exactness):
        ticket.public_words = _derived(ticket, held, source, exactness)


def public_words(ticket: Ticket, exactness: str) -> PublicWords:
    """The public copy; derived now for a ticket that was stored without one.

    It tells of the place what the service allows now, whatever it was written for.
    """
    held = ticket.public_words
    if held is None:
        return _derived(ticket, None, 0, exactness)
    return held if tells_less(held.place, exactness) else _lessened(held, exactness)


def _lessened(held: PublicWords, exactness: str) -> PublicWords:
    return replace(
        held,
        description=held.description if held.by else _masked(held.description, (), "", exactness),
        notes=_masked(held.notes, (), "", exactness),
        address=shown_address(held.address, exactness),
        place=exactness,
    )


def _source(ticket: Ticket) -> int:
    made_of = (ticket.description, ticket.status_notes, ticket.address, ticket.requester.name)
    return zlib.crc32("\0".join(made_of).encode("utf-8", "replace"))


def _derived(ticket: Ticket, held: PublicWords | None, source: int, exactness: str) -> PublicWords:
    from chalicelib.tickets.publishing.masking import mask_place

    names = (ticket.requester.name,)
    by_hand = held is not None and bool(held.by)
    place = ticket.address if exactness == EXACT else ""
    description = _masked(ticket.description, names, place, exactness)
    return PublicWords(
        description=held.description if held and by_hand else description,
        notes=_masked(ticket.status_notes, names, place, exactness),
        address=shown_address(mask_place(ticket.address, names), exactness),
        by=held.by if held else "",
        source=source,
        place=exactness,
        photos=held.photos if held else (),
    )


def _masked(text: str, names: Sequence[str], place: str, exactness: str) -> str:
    from chalicelib.tickets.publishing.masking import HIDDEN, mask

    masked = mask(text, names=names, place=place)
    told = masked if exactness == EXACT else without_positions(masked, HIDDEN)
    return excerpt(told, MAX_DESCRIPTION, DESCRIPTION_BYTES)


def hide_more(ticket: Ticket, text: str, now: datetime) -> None:
    """The author takes words out of the public copy. Raises `InvalidRequest` when some are new."""
    held = _published(ticket)
    if not _is_part(text, held.description):
        raise InvalidRequest(
            "You can take words out here, but not put new ones in.", {"public": "only_fewer"}
        )
    _set(ticket, text, "author", now, Actor("requester", ticket.requester.key))


def correct(ticket: Ticket, text: str, photos: Sequence[str], now: datetime, actor: Actor) -> None:
    """Staff put the public copy right, one way or the other, and say which photos everybody sees."""
    held = _published(ticket)
    is_same = text.split() == held.description.split()
    words, by = (held.description, held.by) if is_same else (text, "staff")
    _set(ticket, words, by, now, actor)
    shown = tuple(a.digest for a in publishable(ticket) if a.digest in photos)
    ticket.public_words = replace(_published(ticket), photos=shown)


def publishable(ticket: Ticket) -> list[Attachment]:
    """The files of a report that could be shown to everybody: pictures that fit into an answer."""
    return [a for a in ticket.attachments if a.content_type in _PICTURES and a.size <= _MOST_BYTES]


def _published(ticket: Ticket) -> PublicWords:
    if not ticket.is_public:
        raise InvalidTransition("This report is not public; it has no public words.")
    return public_words(ticket, ticket.public_words.place if ticket.public_words else ABOUT)


def _set(ticket: Ticket, text: str, by: str, now: datetime, actor: Actor) -> None:
    words = text.strip()
    shown = excerpt(words, MAX_DESCRIPTION, DESCRIPTION_BYTES)
    if shown != words:
        problem = {"public": f"too_long:{len(shown)}"}
        raise InvalidRequest(f"At most {len(shown)} characters, please.", problem)
    held = replace(_published(ticket), source=_source(ticket))
    ticket.public_words = replace(held, description=words, by=by)
    ticket.record(CHANGED, now, actor, visibility=Visibility.STAFF, data={"by": by})


def _is_part(text: str, whole: str) -> bool:
    """Whether every word of `text` stands in `whole`, in the same order."""
    others = iter(_WORD.findall(whole.casefold()))
    return all(word in others for word in _WORD.findall(text.casefold()))
