"""The bytes of a mail as a tree of parts, bounded in depth and number; knows no meaning of a part.

Bodies are views into the original bytes, so that a mail of 40 MB is held once. Each level looks at
its bytes once, so the work grows with size times depth, and depth is bounded.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.channels import bounds
from chalicelib.channels.mime.parts.headers import Headers, parameters, parse_headers, unbase64

_BLANK = re.compile(rb"\n[ \t]*\r?\n|\r\r(?!\n)")
_HEADER = re.compile(rb"(?:From |>From )?[!-9;-~]{1,100}[ \t]*:|From ")
_BREAKS = re.compile(rb"(?:[ \t]*\r?\n)+")
_REST = re.compile(rb"(--)?[ \t]*(?:\r?\n|\r|\Z)")
_UU = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} [^\r\n]*\r?\n", re.MULTILINE)


@dataclass(slots=True)
class Part:
    """One part: its headers, its type and either children or a body.

    The part is `source[start:end]`, its body `source[body_start:end]`. `is_whole` is False when
    bounds cut something off below this part.
    """

    source: bytes
    start: int
    body_start: int
    end: int
    headers: Headers
    content_type: str = "text/plain"
    params: Mapping[str, str] = field(default_factory=dict)
    disposition: str = ""
    disposition_params: Mapping[str, str] = field(default_factory=dict)
    children: list[Part] = field(default_factory=list)
    is_whole: bool = True

    @property
    def body(self) -> memoryview:
        """The body as it travelled."""
        return memoryview(self.source)[self.body_start : self.end]

    @property
    def filename(self) -> str:
        """The name the sender gave, as it stands."""
        return self.disposition_params.get("filename") or self.params.get("name", "")

    def content(self) -> bytes:
        """The body with its transfer encoding undone; damaged bytes are read as far as possible."""
        encoding = self.headers.raw("content-transfer-encoding").lower().partition(";")[0].strip()
        if encoding == "base64":
            return unbase64(bytes(self.body))
        if encoding == "quoted-printable":
            return binascii.a2b_qp(bytes(self.body))
        if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
            return _unuuencode(bytes(self.body))
        return bytes(self.body)

    def walk(self) -> Iterator[Part]:
        """This part and all below it, in the order of the mail."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


def parse_structure(raw: bytes) -> Part:
    """The tree of a mail; whatever the bytes are, there is a root."""
    root = _read_part(raw, 0, len(raw), "text/plain")
    waiting = [(root, 0)]
    count = 1
    while waiting:
        part, depth = waiting.pop()
        if not part.content_type.startswith("multipart/"):
            continue
        default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        for start, end in _pieces(part):
            if depth >= bounds.DEPTH or count >= bounds.PARTS:
                part.is_whole = False
                break
            count += 1
            child = _read_part(raw, start, end, default)
            part.children.append(child)
            waiting.append((child, depth + 1))
        root.is_whole = root.is_whole and part.is_whole
    return root


def inner_mail(part: Part) -> Part:
    """The mail inside a `message/rfc822` part, one level only, as far as the bounds allow."""
    content = part.content()
    root = parse_structure(content[: bounds.INNER_MAIL_BYTES])
    root.is_whole = root.is_whole and len(content) <= bounds.INNER_MAIL_BYTES
    return root


def _read_part(source: bytes, start: int, end: int, default_type: str) -> Part:
    head_start, head_end, body_start = _split_head(source, start, end)
    is_whole = head_end < start + bounds.HEAD_BYTES or head_end == end
    headers = parse_headers(source[head_start:head_end], is_whole=is_whole)
    content_type, params = parameters(headers.raw("content-type"))
    disposition, disposition_params = parameters(headers.raw("content-disposition"))
    return Part(
        source=source,
        start=start,
        body_start=body_start,
        end=end,
        headers=headers,
        content_type=content_type if "/" in content_type else default_type,
        params=params,
        disposition=disposition,
        disposition_params=disposition_params,
    )


def _split_head(source: bytes, start: int, end: int) -> tuple[int, int, int]:
    """Where the headers begin and end and where the body begins."""
    limit = min(end, start + bounds.HEAD_BYTES)
    breaks = _BREAKS.match(source, start, limit)
    if start == 0 and breaks and _HEADER.match(source, breaks.end(), limit):
        start = breaks.end()
    elif breaks:  # an empty line first: this part has no headers
        return start, start, breaks.end()
    if not _HEADER.match(source, start, limit):
        return start, start, start
    blank = _BLANK.search(source, start, limit)
    return (start, blank.start(), blank.end()) if blank else (start, limit, limit)


def _pieces(part: Part) -> Iterator[tuple[int, int]]:
    """What lies between the boundary lines; when the last line is missing, up to the end."""
    boundary = part.params.get("boundary", "").encode("utf-8", "replace")
    start = -1
    for line_start, line_end, is_last in _boundaries(part, b"--" + boundary) if boundary else ():
        if start >= 0:
            yield start, max(start, line_start)
        if is_last:
            return
        start = line_end
    if 0 <= start < part.end:
        yield start, part.end


def _boundaries(part: Part, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """Each boundary line: where the line break before it begins, where the next line begins."""
    source, end, place = part.source, part.end, part.body_start
    found = place if source.startswith(mark, place, end) else -1
    for _ in range(bounds.BOUNDARIES):
        if found < 0:
            found = source.find(b"\n" + mark, place, end) + 1
            if not found:
                return
        rest = _REST.match(source, found + len(mark), end)
        if rest:
            before = 2 if source[found - 2 : found] == b"\r\n" else 1
            yield found - before, rest.end(), bool(rest[1])
        place = (rest.end() if rest else found + len(mark)) - 1
        found = -1
    part.is_whole = source.find(b"\n" + mark, place, end) < 0


def _unuuencode(data: bytes) -> bytes:
    match = _UU.search(data)
    lines = (data[match.end() :] if match else data).splitlines()
    out = []
    for line in lines:
        if line.strip() == b"end":
            break
        out.append(_uu_line(line))
    return b"".join(out)


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return b""
