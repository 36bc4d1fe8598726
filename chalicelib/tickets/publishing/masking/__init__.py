"""What may be published of a person's words: private people and how to find them are masked.

Pure: words in, words out; knows no ticket. It hides too much rather than too little, and what it
gets wrong the author and staff put right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.tickets.publishing.masking.contacts import links_in
from chalicelib.tickets.publishing.masking.folding import fold
from chalicelib.tickets.publishing.masking.names import names_in
from chalicelib.tickets.publishing.masking.numbers import harmless_in, numbers_in
from chalicelib.tickets.publishing.masking.postal import addresses_in, is_place, units_in
from chalicelib.tickets.publishing.masking.rules import Span, kinds_in

__all__ = ["HIDDEN", "mask", "mask_place"]

HIDDEN = "[…]"


def mask(text: str, *, names: Sequence[str] = (), place: str = "") -> str:
    """`text` without mail addresses, links, numbers to call, plates, addresses and people's names.

    `names` are people known to be private, such as whoever wrote. An address that is the `place` of
    the matter stays, because it is what the report is about.
    """
    if not text.strip():
        return text
    folded = fold(text)
    kinds = kinds_in(folded)
    quiet = _blanked(folded, harmless_in(folded, kinds))
    links = list(links_in(quiet, kinds))
    rest = _blanked(quiet, links)
    around = fold(place)
    homes = [span for span in addresses_in(rest, kinds) if not is_place(rest, span, around)]
    people = names_in(rest, [fold(name) for name in names], kinds)
    return _without(text, [*links, *homes, *numbers_in(rest, kinds), *people])


def mask_place(text: str, names: Sequence[str] = ()) -> str:
    """The place of a matter, without people, numbers to call and which flat it is."""
    folded = fold(text)
    units = list(units_in(folded, kinds_in(folded)))
    return mask(_without(text, units), names=names, place=text)


def _blanked(folded: str, spans: Iterable[Span]) -> str:
    """The text with these parts out of sight of the rules that follow, nothing moved."""
    letters = list(folded)
    for start, end in spans:
        letters[start:end] = "\0" * (end - start)
    return "".join(letters)


def _without(text: str, spans: Sequence[Span]) -> str:
    parts, done = [], 0
    for start, end in _joined(sorted(spans), text):
        parts += [text[done:start], HIDDEN]
        done = end
    return "".join([*parts, text[done:]])


def _joined(spans: Sequence[Span], text: str) -> list[Span]:
    """Overlapping and neighbouring spans as one: two marks in a row say no more than one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and not text[joined[-1][1] : start].strip(" ,،、"):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
