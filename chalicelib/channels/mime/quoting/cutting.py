"""Cuts history and signatures from lines of text; answers between quotes are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.channels.mime.lines import Line
from chalicelib.channels.mime.quoting import marks
from chalicelib.channels.mime.quoting.signatures import strip_signature

_LOOK_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Cut:
    """The new words, what followed a forward's header, and whether any history was found."""

    text: str
    forwarded: str = ""
    is_quoting: bool = False


def cut_lines(lines: Sequence[Line]) -> Cut:
    """What the sender wrote now."""
    texts = [marks.visible(line.text) if line.depth == 0 else "" for line in lines]
    end, forward = _history_start(lines, texts)
    segments = _segments(lines[:end], texts)
    text = _joined([strip_signature(segment) for segment in segments])
    is_quoting = end < len(lines) or len(segments) > 1 or any(line.depth for line in lines[:end])
    forwarded = _joined([[line.text for line in lines[forward:]]]) if forward else ""
    return Cut(text, forwarded, is_quoting)


def _history_start(lines: Sequence[Line], texts: list[str]) -> tuple[int, int]:
    """Where everything below is history, and where a forwarded body begins (0: no forward)."""
    for place, line in enumerate(lines):
        if line.is_rest:
            return place, _body_of_forward(texts, place)
        if line.depth or not texts[place]:
            continue
        kind = marks.separator(texts[place])
        if kind in ("original", "forwarded", "above") or (kind and _is_followed(texts, place)):
            return place, _body_of_forward(texts, place + 1) if kind != "above" else 0
        if marks.header_block(texts[place : place + 16]):
            return _above_rules(texts, place), _body_of_forward(texts, place)
        start = _open_attribution(lines, texts, place)
        if start >= 0:
            return start, 0
    return len(lines), 0


def _is_followed(texts: Sequence[str], place: int) -> bool:
    """Whether a header block follows a line with words between dashes."""
    below = [text for text in texts[place + 1 : place + 8] if text]
    return bool(below) and marks.header_block(below) > 0


def _above_rules(texts: Sequence[str], place: int) -> int:
    while place and (not texts[place - 1] or marks.is_rule(texts[place - 1])):
        place -= 1
    return place


def _body_of_forward(texts: Sequence[str], place: int) -> int:
    while place < len(texts) and (not texts[place] or marks.is_rule(texts[place])):
        place += 1
    length = marks.header_block(texts[place : place + 16])
    return place + length if place + length < len(texts) else 0


def _open_attribution(lines: Sequence[Line], texts: Sequence[str], place: int) -> int:
    """The start of an attribution that is followed by unmarked history up to the end, or -1."""
    is_dashed = marks.separator(texts[place]) == "dashed"
    if not is_dashed and not texts[place].rstrip(" *").endswith((":", "：")):
        return -1
    following = [line for line in lines[place + 1 : place + 41] if line.text or line.depth][
        :_LOOK_AHEAD
    ]
    if any(line.depth for line in following):
        return -1
    return marks.attribution(texts, place, has_quote=False)


def _segments(lines: Sequence[Line], texts: Sequence[str]) -> list[list[str]]:
    """Runs of unquoted lines, without the attributions above quotes and without broken quote lines."""
    segments: list[list[str]] = [[]]
    place = 0
    while place < len(lines):
        if lines[place].depth == 0:
            segments[-1].append(lines[place].text)
            place += 1
            continue
        _drop_attribution(segments[-1])
        segments.append([])
        place = _end_of_quote(lines, place)
    return segments


def _drop_attribution(segment: list[str]) -> None:
    last = len(segment) - 1
    while last >= 0 and not segment[last].strip():
        last -= 1
    if last < 0:
        return
    start = marks.attribution(segment, last, has_quote=True)
    if start >= 0:
        del segment[start:]
    elif marks.separator(segment[last]):
        del segment[last:]


def _end_of_quote(lines: Sequence[Line], place: int) -> int:
    """Passes quoted lines, and unquoted ones that a mail program broke off from a long quoted line."""
    while place < len(lines):
        if lines[place].depth == 0 and not _is_broken_off(lines, place):
            return place
        place += 1
    return place


def _is_broken_off(lines: Sequence[Line], place: int) -> bool:
    before, line = lines[place - 1], lines[place]
    after = lines[place + 1] if place + 1 < len(lines) else None
    if not line.text or before.depth == 0 or after is None or after.depth != before.depth:
        return False
    is_full = len(before.text) >= 60 and before.text[-1:] not in ".!?:"
    return (
        is_full and len(line.text) < 40 and (line.text[:1].islower() or not line.text[:1].isalpha())
    )


def _joined(segments: Sequence[Sequence[str]]) -> str:
    blocks = ["\n".join(segment).strip("\n") for segment in segments]
    return _tidy("\n\n".join(block for block in blocks if block.strip()))


def _tidy(text: str) -> str:
    out: list[str] = []
    for line in map(str.rstrip, text.split("\n")):
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).strip("\n").rstrip()
