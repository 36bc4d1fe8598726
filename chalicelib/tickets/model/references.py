"""References that people read, type and say over a phone: made, checked, normalised."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator
from itertools import count

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SYMBOLS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CONFUSED = str.maketrans("OIL", "011")
_IN_TEXT = re.compile(
    r"\bSR[-\s]?([0-9A-Z]{4})[-\s]?([0-9A-Z]{4})[-\s]?([0-9A-Z])\b", re.IGNORECASE
)


def new_ticket_id() -> str:
    """A fresh reference `SR-XXXX-XXXX-C`: 40 random bits in Crockford's base 32 and a check symbol.

    The check symbol is of the same alphabet, so that nothing in it looks like another letter.
    """
    return next(_speakable(secrets.randbits(40) for _ in count()))


def ticket_id_for(name: str) -> str:
    """The reference that always belongs to `name`, for tickets that must be found by what they are."""
    digest = hashlib.sha256(name.encode()).digest()
    return next(_speakable(int.from_bytes(digest[i : i + 5], "big") for i in range(28)))


def former_name(reference: str) -> str:
    """What finds a ticket by the reference that it had in another product; no mail's id can be it."""
    return f"former reference {reference.strip().casefold()}"


def _speakable(numbers: Iterable[int]) -> Iterator[str]:
    """The references of those numbers whose check symbol cannot be taken for another letter."""
    for number in numbers:
        digits = "".join(ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))
        if (check := _check_symbol(digits)) in ALPHABET:
            yield f"SR-{digits[:4]}-{digits[4:]}-{check}"


def normalise_ticket_id(text: str) -> str | None:
    """The reference that a person meant by `text`, or None when its check symbol does not agree.

    Case, spaces and hyphens do not matter, and O, I, L are read as 0, 1, 1 (Crockford).
    """
    letters = "".join(c for c in text.upper() if c.isalnum())
    letters = letters[2:] if len(letters) == 11 and letters.startswith("SR") else letters
    if len(letters) != 9 or not letters.isascii():
        return None
    digits = letters[:8].translate(_CONFUSED)
    if any(digit not in ALPHABET for digit in digits):
        return None
    check = _check_symbol(digits)
    if check not in (letters[8], letters[8].translate(_CONFUSED)):
        return None
    return f"SR-{digits[:4]}-{digits[4:]}-{check}"


def find_ticket_id(text: str) -> str | None:
    """The first valid reference that stands in `text`, or None."""
    found = (normalise_ticket_id("".join(match.groups())) for match in _IN_TEXT.finditer(text))
    return next((ticket_id for ticket_id in found if ticket_id), None)


def _check_symbol(digits: str) -> str:
    """ISO/IEC 7064 MOD 37,36: catches every single error and every swap of neighbours."""
    product = 36
    for digit in digits:
        total = (product + _SYMBOLS.index(digit)) % 36 or 36
        product = total * 2 % 37
    return _SYMBOLS[(37 - product) % 36]
