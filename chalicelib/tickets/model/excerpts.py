"""The beginning of somebody's words, for every copy of them; the whole is on the timeline alone."""

from __future__ import annotations

import json

_ANY = ("utf-8", "replace")  # half a surrogate pair too
LETTERS = 2_000  # of one excerpt
BYTES_A_LETTER = 3  # on average at most, so that an excerpt is as small in any script
ELLIPSIS = "…"
# Of one entry as it is written: a transaction holds 4 MB ("Quotas", Amazon DynamoDB Developer Guide).
ENTRY_BYTES = 3_000_000


def excerpt(words: str, letters: int = LETTERS, most_bytes: int = 0) -> str:
    """`words` in at most `letters` letters and three times the bytes, or as many as are given.

    A cut one ends with an ellipsis.
    """
    most = most_bytes or letters * BYTES_A_LETTER
    beginning = words[:letters].encode(*_ANY)[:most].decode("utf-8", "ignore")
    while (size := _written(beginning)) > most + 2:  # quotation marks are written in two bytes
        beginning = beginning[: len(beginning) * most // size - 1]
    if len(beginning) == len(words):
        return words
    return beginning[: letters - 1].rstrip() + ELLIPSIS


def writable(words: str) -> str:
    """`words` as far as one write can hold them: all of them, up to some three megabytes."""
    if len(words) * 6 <= ENTRY_BYTES:  # no letter is written in more bytes than that
        return words
    share = ENTRY_BYTES / _written(words)
    return words if share >= 1 else writable(words[: int(len(words) * min(share, 0.95))])


def _written(words: str) -> int:
    """The bytes of words as the table holds them."""
    return len(json.dumps(words, ensure_ascii=False).encode(*_ANY))
