"""The shape of what may be published of a ticket's words and photos; knows no ticket."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublicWords:
    """The copy of a ticket's words that everybody may read; made and changed in `public_words`.

    `by` is who last put it right (`author`, `staff`, or empty for nobody), `source` a checksum of
    what it was derived from, `place` how exactly it may tell where that is, `photos` are the digests of
    those that staff show to everybody.
    """

    description: str = ""
    notes: str = ""
    address: str = ""
    by: str = ""
    source: int = 0
    place: str = "exact"
    photos: tuple[str, ...] = ()
