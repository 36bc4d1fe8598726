"""HTML to lines of text that remember what was quoted, in time that grows with the length only.

A scanner of our own: the standard library's takes quadratic time on some unclosed markup.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from chalicelib.channels import bounds
from chalicelib.channels.mime.html_marks import MARKED, attributes_of, history
from chalicelib.channels.mime.lines import Line

_NAME = re.compile(r"/?[a-zA-Z][a-zA-Z0-9:_-]{0,40}")
# Text, or a tag whose quotes are in order; whatever else begins with `<` is looked at closely.
_PLAIN = re.compile(
    r"""([^<]+)|<(/?)([a-zA-Z][a-zA-Z0-9:_-]{0,40})((?:[^<>"']++|"[^"<>]*"|'[^'<>]*')*+)>"""
)
_BLOCKS = frozenset(
    re.findall(
        r"\S+",
        "address article aside blockquote center dd div dl dt fieldset figure footer form h1 h2 h3 h4 "
        "h5 h6 header hr li main nav ol p pre section table tr ul body html title",
    )
)
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre"})
_SKIPPED = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object"})
_RAW = frozenset({"script", "style", "title", "textarea", "xmp"})
_VOID = frozenset(
    re.findall(r"\S+", "area base br col embed hr img input link meta param source track wbr")
)
_FLAT = re.compile(r"<[^<>]*>")
_ZERO_WIDTH = re.compile("[\u200b\u2060\ufeff\u00ad]")


@dataclass(slots=True)
class _Writer:
    """Collects text into lines; whitespace as a browser would show it."""

    lines: list[Line] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    depth: int = 0
    is_rest: bool = False
    is_spaced: bool = False

    def write(self, text: str) -> None:
        """Preformatted text; of any other the white space is made plain where its line ends."""
        first, *others = text.replace("\r\n", "\n").split("\n")
        self.pieces.append(first)
        for other in others:
            self.end_line()
            self.pieces.append(other)

    def end_line(self, *, is_blank_kept: bool = True) -> None:
        """Close the current line; an empty one only when it was asked for (`<br>`)."""
        text = "".join(self.pieces)
        self.pieces.clear()
        if not text.isascii():
            text = _ZERO_WIDTH.sub("", text)
        text = " ".join(text.split())
        if not text and not is_blank_kept:
            return
        if text and self.is_spaced and self.lines and self.lines[-1].text:
            self.lines.append(Line("", self.depth))
        self.is_spaced = self.is_spaced and not text
        self.lines.append(Line(text, self.depth, self.is_rest))
        self.is_rest = False

    def end_block(self, *, is_spaced: bool) -> None:
        """Close a block; a paragraph is followed by an empty line when more text comes."""
        if self.pieces:
            self.end_line(is_blank_kept=False)
        self.is_spaced = self.is_spaced or is_spaced


@dataclass(slots=True)
class _Reader:
    """Follows the tags: what is skipped, what is preformatted, what is quoted."""

    writer: _Writer = field(default_factory=_Writer)
    stack: list[tuple[str, bool]] = field(default_factory=list)
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    skipping: int = 0

    def text(self, text: str) -> None:
        """Running text between tags."""
        if self.skipping:
            return
        text = html.unescape(text) if "&" in text else text
        if self.counts["pre"] > 0:
            self.writer.write(text)
        else:
            self.writer.pieces.append(text)

    def open(self, name: str, attributes: str) -> None:
        """An opening tag, or one that needs no end."""
        if name == "br":
            self.writer.end_line()
            return
        if name in _BLOCKS:
            self.writer.end_block(is_spaced=name in _SPACED)
        is_quote = name in _TELLING and self._tells(name, attributes)
        if name in _VOID or attributes.endswith("/"):
            self._picture(name, attributes)
            return
        if name in _ACTING:
            self._prepare(name)
        self.stack.append((name, is_quote))
        self.counts[name] += 1
        self.writer.depth += is_quote

    def _tells(self, name: str, attributes: str) -> bool:
        is_quote, is_rest = history(name, attributes)
        self.writer.is_rest = self.writer.is_rest or is_rest
        return is_quote

    def _prepare(self, name: str) -> None:
        """What some tags do before they are open."""
        if name in _BEFORE:
            self.writer.pieces.append(_BEFORE[name])
        if name == "body":
            self._leave_head()
        if name == "p" and self.stack and self.stack[-1][0] == "p":
            self.close("p")
        self.skipping += name in _SKIPPED

    def close(self, name: str) -> None:
        """A closing tag; it closes whatever is still open inside."""
        if not self.counts[name]:
            return
        if name in _BLOCKS:
            self.writer.end_block(is_spaced=name in _SPACED)
        closed = ""
        while closed != name:
            closed, is_quote = self.stack.pop()
            self.counts[closed] -= 1
            self.skipping -= closed in _SKIPPED
            if is_quote:
                self.writer.end_block(is_spaced=True)
                self.writer.depth -= 1

    def _leave_head(self) -> None:
        """A body ends a head that was never closed."""
        self.stack = [entry for entry in self.stack if entry[0] not in _SKIPPED]
        self.skipping = 0
        for name in _SKIPPED:
            self.counts[name] = 0

    def _picture(self, name: str, attributes: str) -> None:
        if name == "img" and "alt" in attributes:
            alt = dict(attributes_of(attributes)).get("alt", "")
            if 0 < len(alt) <= 4 and not alt.isascii():  # an emoji drawn as a picture
                self.writer.pieces.append(alt)


_BEFORE = {"li": "- ", "td": " ", "th": " "}
_ACTING = frozenset({*_BEFORE, *_SKIPPED, "body", "p"})
_TELLING = MARKED | {"blockquote", "includetail"}


def html_lines(source: str) -> list[Line]:
    """The visible text, line by line, with how deep each was quoted and where history begins."""
    return read_html(source)[0]


def read_html(source: str) -> tuple[list[Line], bool]:
    """The lines, and whether all of the source was laid out.

    Behind the bound tags are only taken away, so that no word is lost from sight.
    """
    reader = _Reader()
    is_whole = True
    for kind, value, attributes in _tokens(source):
        if kind == "text":
            reader.text(value)
        elif kind == "open":
            reader.open(value, attributes)
        elif kind == "close":
            reader.close(value)
        else:
            is_whole = False
            reader.writer.end_line(is_blank_kept=False)
            reader.writer.pieces.append(html.unescape(_FLAT.sub(" ", value)))
    reader.writer.end_line(is_blank_kept=False)
    lines = reader.writer.lines
    return lines[: bounds.LINES], is_whole and len(lines) <= bounds.LINES


def _tokens(source: str) -> Iterator[tuple[str, str, str]]:
    """(`text`, words, ""), (`open`, name, attributes), (`close`, name, ""); last (`rest`, source, "")
    where there are more than the bounds allow."""
    place, end, count = 0, len(source), 0
    while place < end:
        if count == bounds.HTML_TOKENS:
            yield "rest", source[place:], ""
            return
        match = _PLAIN.match(source, place)
        if match is None:
            place, token = _markup(source, place)
        else:
            place = match.end()
            words, slash, name, attributes = match.groups()
            token = (
                ("text", words, "")
                if words
                else ("close" if slash else "open", name.lower(), attributes)
            )
        if token:
            count += 1
            yield token
            if token[1] in _RAW and token[0] == "open":
                place = _end_of_raw(source, place, token[1])


def _markup(source: str, start: int) -> tuple[int, tuple[str, str, str] | None]:
    """The markup that begins at `start`, and where it ends; without an end it takes the rest."""
    if source.startswith("<!--", start):
        return _after(source, "-->", start + 2), None
    if source.startswith(("<!", "<?"), start):
        return _after(source, ">", start), None
    match = _NAME.match(source, start + 1)
    if match is None:
        return start + 1, ("text", "<", "")
    stop = _end_of_tag(source, match.end())
    name = match[0].lower()
    if name.startswith("/"):
        return stop, ("close", name[1:], "")
    return stop, ("open", name, source[match.end() : max(match.end(), stop - 1)].strip())


def _after(source: str, mark: str, start: int) -> int:
    found = source.find(mark, start)
    return found + len(mark) if found >= 0 else len(source)


def _end_of_tag(source: str, start: int) -> int:
    """After the `>` that closes a tag; one inside a quoted value is passed over, a few times."""
    stop = start
    for _ in range(4):
        stop = _after(source, ">", stop)
        if stop - start > 20_000 or source.count('"', start, stop) % 2 == 0:
            break
    return stop


def _end_of_raw(source: str, place: int, name: str) -> int:
    found = re.compile(f"</{re.escape(name)}", re.IGNORECASE).search(source, place)
    return found.start() if found else len(source)
