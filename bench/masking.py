"""`make bench-masking`: how well private people are hidden in public words, by language.

Recall is the share of what had to be hidden that was; precision the share of what had to stay that did.
The cases are our own: `masking_cases.json`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib.tickets.publishing.masking import mask

CASES = Path(__file__).parent / "masking_cases.json"


class Score(NamedTuple):
    """Of one case: what leaked, what was lost, and how much there was of both."""

    locale: str
    leaked: list[str]
    lost: list[str]
    hidden: int
    kept: int


def cases() -> list[dict[str, Any]]:
    """Our own cases."""
    found: list[dict[str, Any]] = json.loads(CASES.read_text(encoding="utf-8"))
    return found


def scores() -> Iterator[Score]:
    """Every case, judged."""
    for case in cases():
        shown = mask(case["text"], names=case.get("names", ()), place=case.get("place", ""))
        hidden, kept = case.get("hidden", []), case.get("kept", [])
        leaked = [part for part in hidden if part in shown]
        lost = [part for part in kept if part not in shown]
        yield Score(case["locale"], leaked, lost, len(hidden), len(kept))


def main() -> int:
    """The table, and what went wrong."""
    found = list(scores())
    print(f"{'language':<10}{'cases':>6}{'recall':>9}{'precision':>11}")
    for locale in [*sorted({score.locale for score in found}), ""]:
        _line(locale, [score for score in found if locale in ("", score.locale)])
    for score in found:
        for part in score.leaked:
            print(f"leaked ({score.locale}): {part}")
        for part in score.lost:
            print(f"lost ({score.locale}): {part}")
    print(f"\n{_milliseconds():.2f} ms for a report of 300 letters")
    return 0


def _line(locale: str, found: list[Score]) -> None:
    hidden, kept = sum(s.hidden for s in found), sum(s.kept for s in found)
    recall = 1 - sum(len(s.leaked) for s in found) / hidden
    precision = 1 - sum(len(s.lost) for s in found) / kept
    print(f"{locale or 'all':<10}{len(found):>6}{recall:>9.1%}{precision:>11.1%}")


def _milliseconds() -> float:
    text = "The street light outside the library has been out for three weeks, ask Mr. Smith. " * 4
    begun = time.process_time()
    for _ in range(50):
        mask(text)
    return (time.process_time() - begun) * 20


if __name__ == "__main__":
    sys.exit(main())
