"""Which new passwords are refused: too short, or known to everybody who guesses; knows no user pool.

`common_passwords.bin` holds four bytes of the SHA-256 of each common password, sorted; `infra/passwords.py`
says where they come from. Two of a hundred thousand unknown passwords are taken for a common one.
"""

from __future__ import annotations

import hashlib
import string
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LEAST = 12  # letters, whatever they are: a sentence is better than a riddle
_LIST = Path(__file__).parent / "common_passwords.bin"
_AROUND = string.digits + string.punctuation + string.whitespace


def problem_of(password: str, words: Iterable[str] = ()) -> str:
    """Why a password must not be chosen: `short`, `common`, or empty when nothing speaks against it.

    `words` are those that anybody would try for this person, such as the city's name. A common password
    stays one in capitals, with digits or signs around it, or twice in a row.
    """
    if len(password) < LEAST:
        return "short"
    folded = password.casefold()
    core = folded.strip(_AROUND)
    guesses = {folded, core, _repeated(folded), _repeated(core)}
    tried = {"".join(word.casefold().split()) for word in words}
    is_plain = not core or guesses & tried or any(_is_common(guess) for guess in guesses)
    return "common" if is_plain else ""


def _repeated(text: str) -> str:
    """What the text repeats, or the text."""
    at = (text + text).find(text, 1)
    return text[:at] if 0 < at < len(text) else text


def _is_common(text: str) -> bool:
    known, wanted = _known(), digest(text)
    place = bisect_left(known, wanted)
    return len(text) < 5 or (place < len(known) and known[place] == wanted)


def digest(text: str) -> int:
    """What is kept of a common password."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:4], "big")


@cache
def _known() -> array[int]:
    data = _LIST.read_bytes()
    return array("L", [int.from_bytes(data[n : n + 4], "big") for n in range(0, len(data), 4)])
