"""Chooses what is read of a tree of parts: text, HTML and new words; the rest are attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.channels import bounds
from chalicelib.channels.mime.html_text import read_html
from chalicelib.channels.mime.lines import Line, quoted_line, text_lines, unflow
from chalicelib.channels.mime.parts.charsets import decode
from chalicelib.channels.mime.parts.structure import Part
from chalicelib.channels.mime.quoting import Cut, cut_lines

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{1,40})", re.IGNORECASE)
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]")
_NO_HTML = re.compile(
    r"(?:does not|doesn't|cannot|unable to).{0,40}(?:HTML|MIME)|HTML.{0,30}(?:viewer|capable)"
)
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Unit:
    """One readable piece of a mail, as text, as HTML, or as both; `is_cut` where a bound was met."""

    plain: str | None = None
    html: str | None = None
    is_cut: bool = False
    _shown: list[Line] | None = None

    def shown(self) -> list[Line]:
        """The HTML as lines of text, rendered once."""
        if self._shown is None:
            self._shown, is_whole = read_html(self.html or "")
            self.is_cut = self.is_cut or not is_whole
        return self._shown


@dataclass(frozen=True, slots=True)
class Bodies:
    """Everything readable: `text` new words only, `full_text` all of it, `html` unsanitised.

    `is_cut` when there was more than the bounds allow.
    """

    text: str
    full_text: str
    html: str
    forwarded: str = ""
    is_cut: bool = False


def find_units(root: Part) -> tuple[list[Unit], set[int]]:
    """The readable pieces in order, and the ids of the parts that they were made of."""
    units: list[Unit] = []
    used: set[int] = set()
    _collect(root, units, used, None)
    return units, used


def _collect(part: Part, units: list[Unit], used: set[int], shared: Unit | None) -> None:
    if part.children:
        unit = shared
        if part.content_type == "multipart/alternative" and shared is None:
            unit = Unit()
            units.append(unit)
        for child in part.children:
            _collect(child, units, used, unit)
            if part.content_type == "multipart/digest":
                break
        return
    if not _is_body(part):
        return
    is_html = part.content_type == "text/html"
    if shared is not None and (shared.html if is_html else shared.plain) is not None:
        return
    unit = shared or Unit()
    used.add(id(part))
    text, is_whole = read_text(part)
    unit.is_cut = unit.is_cut or not is_whole
    unit.plain, unit.html = (unit.plain, text) if is_html else (text, unit.html)
    if shared is None:
        units.append(unit)


def _is_body(part: Part) -> bool:
    if part.content_type.startswith(
        "multipart/"
    ):  # a multipart without its boundary: read it as text
        return True
    if part.content_type not in (
        "text/plain",
        "text/html",
        "text",
        "text/enriched",
        "text/markdown",
    ):
        return False
    return part.disposition != "attachment" and not part.filename


def read_text(part: Part) -> tuple[str, bool]:
    """The text of a part, and whether it is all of it: decoded, unflowed, lines ended by a line feed,
    without controls."""
    content = part.content()
    data = content[: bounds.TEXT * 4]
    label = part.params.get("charset", "")
    if not label and part.content_type == "text/html":
        found = _META_CHARSET.search(data[:4_000])
        label = found[1].decode("ascii") if found else ""
    decoded = decode(data, label)
    is_whole = len(content) == len(data) and len(decoded) <= bounds.TEXT
    text = decoded[: bounds.TEXT].replace("\r\n", "\n").replace("\r", "\n")
    if part.content_type != "text/html":
        if part.params.get("format", "").lower() == "flowed":
            text = unflow(text, is_deleting_spaces=part.params.get("delsp", "").lower() == "yes")
        text = text.replace("\x00", "")
    return _UNSEEN.sub("", text), is_whole


def read_bodies(units: Sequence[Unit]) -> Bodies:
    """Text, full text and HTML of all pieces together.

    Lines behind those that are searched belong to the new words, unless something quoted began before.
    """
    cut = _cut(units)
    rest = [] if cut.is_quoting else [*filter(None, map(_unsearched, units))]
    full = "\n\n".join(filter(None, (_full(unit) for unit in units)))
    markup = "\n".join(unit.html for unit in units if unit.html)
    is_cut = any(unit.is_cut for unit in units)
    text = "\n".join([cut.text, *rest])
    return Bodies(text, full.strip(), markup, cut.forwarded, is_cut)


def _unsearched(unit: Unit) -> str:
    """The lines of a text part behind the bound."""
    lines = (unit.plain or "").split("\n", bounds.LINES)
    return lines[-1].rstrip() if len(lines) > bounds.LINES and unit.html is None else ""


def _cut(units: Sequence[Unit]) -> Cut:
    cut = cut_lines([line for unit in units for line in _lines(unit)])
    if cut.is_quoting or not any(unit.plain and unit.html for unit in units):
        return cut
    # The text part shows no history; perhaps the HTML part does.
    by_html = cut_lines([line for unit in units for line in _lines(unit, prefers_html=True)])
    is_shorter = by_html.is_quoting and len(by_html.text) < len(cut.text)
    return by_html if is_shorter and by_html.text else cut


def _lines(unit: Unit, *, prefers_html: bool = False) -> list[Line]:
    if unit.html is not None and (prefers_html or says_less(unit)):
        return [quoted_line(line.text, line.depth, is_rest=line.is_rest) for line in unit.shown()]
    plain = unit.plain or ""
    unit.is_cut = unit.is_cut or plain.count("\n") >= bounds.LINES
    return text_lines(plain)


def says_less(unit: Unit) -> bool:
    """Whether the text part of a piece leaves out most of what its HTML shows."""
    if unit.html is None:
        return False
    plain = (unit.plain or "").strip()
    if not plain:
        return True
    if len(plain) > 2_000 or (len(plain) > 200 and len(unit.html) < 20 * len(plain)):
        return False
    seen = sum(len(line.text) for line in unit.shown())
    return seen > 3 * len(plain) + 80 or (seen > 20 and bool(_NO_HTML.search(plain)))


def _full(unit: Unit) -> str:
    plain = (unit.plain or "").strip()
    if unit.html is None:
        return plain
    if not plain or says_less(unit):
        return _rendered(unit)
    if len(plain) > 20_000 or _agree(plain, unit.html):
        return plain
    return f"{plain}\n\n{_rendered(unit)}"


def _agree(plain: str, html: str) -> bool:
    """Whether most words of the text part stand in the HTML part too."""
    words = set(_WORD.findall(plain.lower()[:4_000]))
    known = html.lower()
    return sum(word in known for word in words) * 2 >= len(words)


def _rendered(unit: Unit) -> str:
    return "\n".join("> " * min(line.depth, 9) + line.text for line in unit.shown()).strip()


def attached_parts(root: Part, used: set[int]) -> Iterator[Part]:
    """Every part that is a file: what is no container and was not read as text."""
    return (part for part in root.walk() if not part.children and id(part) not in used)
