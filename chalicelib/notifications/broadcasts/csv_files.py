"""Rows as a file that a spreadsheet opens and our own reader takes back; knows no broadcast.

A cell that a spreadsheet would take for a formula gets an apostrophe in front; a telephone number with
its + is none and stays as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

# Full-width signs too: spreadsheets set to Japanese or Chinese read them as the narrow ones.
_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", *"＝＋－＠")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")


def write_sheet(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A CSV (RFC 4180) in which no cell begins a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heading)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def safe_cell(text: str) -> str:
    """The text as a cell that is never calculated."""
    is_formula = text.lstrip(" '").startswith(_BEGINS) and not _PHONE.fullmatch(text)
    return f"'{text}" if is_formula else text


def plain_cell(text: str) -> str:
    """The text that `safe_cell` was given."""
    bare = text.removeprefix("'")
    return bare if bare != text and safe_cell(bare) == text else text
