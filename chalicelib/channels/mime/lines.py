"""A line of a mail as the quote cutting sees it, wherever it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.channels import bounds

_QUOTED = re.compile(r"^(?:[ \t]{0,3}[>＞»](?!\w+@))+[ \t]?|^[ \t]{0,2}[A-Z]{1,3}>+ ?")


@dataclass(frozen=True, slots=True)
class Line:
    """Text without quote marks, how deep it was quoted, and whether history begins here."""

    text: str
    depth: int = 0
    is_rest: bool = False


def text_lines(text: str) -> list[Line]:
    """Plain text as lines, as many as the bounds allow; `>` marks become depth."""
    return [quoted_line(line) for line in text.split("\n", bounds.LINES)[: bounds.LINES]]


def quoted_line(text: str, depth: int = 0, *, is_rest: bool = False) -> Line:
    """One line with its leading quote marks counted and removed."""
    match = _QUOTED.match(text)
    if match is None:
        return Line(text.rstrip(), depth, is_rest)
    marks = sum(match[0].count(mark) for mark in ">＞»")
    return Line(text[match.end() :].rstrip(), depth + marks, is_rest)


def unflow(text: str, *, is_deleting_spaces: bool) -> str:
    """format=flowed undone (RFC 3676): lines that end in a space continue on the next."""
    out: list[list[str]] = []
    open_prefix: str | None = None
    for line in text.split("\n"):
        words = line.lstrip(">")
        prefix = line[: len(line) - len(words)]
        words = words[1:] if words.startswith(" ") else words
        flows = words.endswith(" ") and words != "-- "
        words = words[:-1] if flows and is_deleting_spaces else words
        if open_prefix == prefix and words != "-- ":
            out[-1].append(words)
        else:
            out.append([prefix + " " if prefix else "", words])
        open_prefix = prefix if flows else None
    return "\n".join("".join(pieces) for pieces in out)
