"""When signing keys are renewed and given up, ring by ring; pure, knows no store.

A new key is known for a day before it signs, so that no process meets a signature by a key that it has
not read yet; the one before it verifies until what it signed is of no more use.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.signing import RINGS

KNOWN_FIRST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Term:
    """How long a key signs, and how long it verifies after that."""

    signs: timedelta
    verifies: timedelta


_LONG = Term(timedelta(days=365), timedelta(days=3 * 365))  # what people have in their mail
_SHORT = Term(timedelta(days=90), timedelta(days=7))
# A callback's key is known to the other system, which must change it at the same time: by hand.
TERMS: Mapping[str, Term] = {
    "links": _LONG,
    "mail": _LONG,
    "browsers": _LONG,
    "forms": _SHORT,
    "pages": _SHORT,
    "networks": _SHORT,
}
Document = Mapping[str, str]


def make_secret() -> str:
    """64 characters that nobody can guess."""
    return secrets.token_urlsafe(48)


def rotated(
    document: Document, now: datetime, make: Callable[[], str] = make_secret
) -> dict[str, str]:
    """The installation's secret as it should be at `now`; the same where nothing is due.

    Each ring gets a key of its own first, then one whenever the term of the last has ended. When the
    first key of a ring has signed for as long as an older one verifies, the installation's first keys
    count for it no more.
    """
    after = dict(document)
    for ring, term in TERMS.items():
        _renew(after, ring, term, now, make)
        _promote(after, ring, now)
        _give_up(after, ring, term, now)
    return after


def withdrawn(
    document: Document, ring: str, now: datetime, make: Callable[[], str] = make_secret
) -> dict[str, str]:
    """The secret in which nothing counts any more that this ring has ever signed, and a new key signs.

    Raises `ValueError` for a ring that there is not.
    """
    if ring not in RINGS:
        raise ValueError(f"There are no keys for {ring!r}; there are {', '.join(RINGS)}.")
    name = _next(document, ring)
    others = {key: text for key, text in document.items() if not key.startswith(f"{ring}.")}
    own = {f"{ring}.{name}": make(), f"{ring}.{name}.made": now.isoformat()}
    return {**others, **own, f"{ring}.current": name, f"{ring}.alone": "yes"}


def _renew(
    after: dict[str, str], ring: str, term: Term, now: datetime, make: Callable[[], str]
) -> None:
    made = _made(after, ring)
    if not made or now - max(made.values()) >= term.signs:
        name = _next(after, ring)
        after[f"{ring}.{name}"] = make()
        after[f"{ring}.{name}.made"] = now.isoformat()


def _promote(after: dict[str, str], ring: str, now: datetime) -> None:
    ready = {key: at for key, at in _made(after, ring).items() if now - at >= KNOWN_FIRST}
    if ready:
        after[f"{ring}.current"] = max(ready, key=ready.__getitem__)


def _give_up(after: dict[str, str], ring: str, term: Term, now: datetime) -> None:
    """Drop each key whose successor has signed for long enough."""
    made = sorted(_made(after, ring).items(), key=lambda each: each[1])
    over = [at for _, at in made if now - at >= KNOWN_FIRST + term.verifies]
    if over:
        after[f"{ring}.alone"] = "yes"
    for key, _ in made[: max(0, len(over) - 1)]:
        del after[f"{ring}.{key}"], after[f"{ring}.{key}.made"]


def _made(document: Document, ring: str) -> dict[str, datetime]:
    """When each of a ring's own keys was made."""
    return {key: datetime.fromisoformat(at) for key, at in _said(document, ring)}


def _said(document: Document, ring: str) -> Iterator[tuple[str, str]]:
    for name, text in document.items():
        if name.startswith(f"{ring}.") and name.endswith(".made"):
            yield name.removeprefix(f"{ring}.").removesuffix(".made"), text


def _next(document: Document, ring: str) -> str:
    """The id of a ring's next key: its letter and a number that none has had."""
    numbers = [int(key[1:]) for key, _ in _said(document, ring)]
    return f"{ring[0]}{max(numbers, default=0) + 1}"
