"""Place precision: how exactly a report's place is public, by its service; pure, knows no ticket."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chalicelib.geography import Place, rough

EXACT, ABOUT, HIDDEN = "exact", "about", "hidden"
EXACTNESS = (EXACT, ABOUT, HIDDEN)  # each tells less than the one before

# Compiled when first used: every function starts with this module, few need it at once.
_NUMBER = (
    r"(?i)(?:(?:\b(?:no|number|n\.?[º°o]|n[uú]m(?:ero)?)\.?|#|پلاک|شماره)\s*:?\s*)?"
    r"-?(?<![A-Za-z\d])\d+(?!\d)(?!(?:st|nd|rd|th)\b|\.?[ºª])"
    r"(?:\s?[-–/.٫]\s?\d+)*(?:\s?[a-z](?![^\W_]))?(?:\s?[号弄])?(?![a-z\d])"
)
_PLUS_CODE = r"\b[2-9C-X]{2,8}\+[2-9C-X]{2,3}\b"
_POSITION = (
    r"[-+−]?(?<![\d.])\d{1,3}[.٫]\d{3,}\s?°?\s?(?:[NSEWO]\b)?"
    r"|\d{1,3}\s?°\s?\d{1,2}(?:[.٫]\d+)?\s?['′’](?:\s?\d{1,2}(?:[.٫]\d+)?\s?[\"″”])?\s?(?:[NSEWO]\b)?"
)
_GAPS = r"\s*([,،、;])(?:\s*[,،、;])*\s*"


def shown_place(place: Place, exactness: str) -> Place | None:
    """The place as everybody may know it: itself, the square of 100 metres round it, or none."""
    if exactness == EXACT:
        return place
    return rough(place) if exactness == ABOUT else None


def shown_address(address: str, exactness: str) -> str:
    """The address as everybody may read it: itself, without which house it is, or none."""
    if exactness == EXACT:
        return address
    if exactness == HIDDEN:
        return ""
    bare = re.sub(_NUMBER, "", re.sub(_PLUS_CODE, "", address))
    return " ".join(re.sub(_GAPS, _gap, bare).split()).strip(" ,،、;.-")


def without_positions(text: str, hidden: str) -> str:
    """Words without coordinates and plus codes, `hidden` in their place."""
    return re.sub(_POSITION, hidden, re.sub(_PLUS_CODE, hidden, text))


def _gap(found: re.Match[str]) -> str:
    return found[1] if found[1] in "、" else f"{found[1]} "


def tells_less(one: str, other: str) -> bool:
    """Whether what was made for `one` may be shown where `other` is asked for."""
    return EXACTNESS.index(one) >= EXACTNESS.index(other)


def place_in(service_code: str, place: Place, exactness: Mapping[str, str] | None) -> Place | None:
    """The place of a service's report as everybody may know it; without settings, as it is."""
    if exactness is None:
        return place
    return shown_place(place, exactness.get(service_code, ABOUT))
