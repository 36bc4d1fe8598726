"""Telephone numbers as one spelling each; knows no provider."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache
from typing import Any

# Imported where used: phonenumbers takes 40 ms, and mail brings no number.

_LOOKS_LIKE_NUMBER = re.compile(r"\+?[\d\s().\-/]{7,25}")

# North America: 700 and 456 (carriers), 710 (government), 900 and 976 (premium; 976 in every area, too),
# 500 and the like (personal). The world: satellites and networks (870, 881 to 883), universal numbers
# (878), shared cost (808) and premium (979).
_COSTLY = re.compile(
    r"\+1(?:700|710|456|900|976|5(?:00|2[1-9]|33|44|66|77|88)|\d{3}976)\d|\+(?:808|87[08]|88[123]|979)\d"
)


@lru_cache(maxsize=1024)
def e164(text: str, region: str = "US") -> str | None:
    """The number in E.164, whatever way it was written, or None for what is no full number.

    Short codes and names of senders give None: nobody can be called back there.
    """
    if not _LOOKS_LIKE_NUMBER.fullmatch(text.strip()):
        return None
    import phonenumbers

    number = _read(text, None if text.startswith("+") else region)
    if number is None or not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(maxsize=1024)
def _read(text: str, region: str | None) -> Any:
    """The library's reading of a number, once for all who ask; None for what is no number."""
    import phonenumbers

    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def is_allowed(number: str, countries: Container[str]) -> bool:
    """Whether an E.164 number belongs to one of the `countries` (ISO codes such as `US`)."""
    import phonenumbers

    parsed = _read(number, None)
    if parsed is None:
        return False
    region = phonenumbers.region_code_for_number(parsed)
    # Numbers kept for films and tests belong to no region; their country code still tells.
    code = parsed.country_code or 0
    possible = [region] if region else phonenumbers.region_codes_for_country_code(code)
    return any(name in countries for name in possible)


def is_costly(written: str) -> bool:
    """Whether a number (E.164) is of a range that somebody earns from, or a satellite's: never texted.

    The library knows premium rates and shared costs of many countries. It does not know what has no plan to
    be checked against: personal, carriers' and information numbers of North America, and satellites.
    """
    import phonenumbers

    if _COSTLY.match(written):
        return True
    number, kinds = _read(written, None), phonenumbers.PhoneNumberType
    costly = (kinds.PREMIUM_RATE, kinds.SHARED_COST, kinds.PERSONAL_NUMBER, kinds.PAGER)
    return number is not None and phonenumbers.number_type(number) in costly
