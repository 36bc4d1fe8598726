"""Where a photo was taken, its small picture, and the photo without what it tells of its owner; pure.

No image is ever decoded: segments and chunks are walked with bounds, and pixels stay as they came.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chalicelib.channels import bounds

_EXIF = b"Exif\x00\x00"
_XMP = b"http://ns.adobe.com/"
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_TELLS = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
# What may follow an FF inside picture data: a stuffed zero, another FF, a restart mark.
_NEXT_MARK = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_FILLING = re.compile(rb"\xff+")
_BARE_MARKS = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})
_EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT = (
    0xD9,
    0xDA,
    0xE0,
    0xE1,
    0xE2,
    0xEE,
    0xEF,
    0xFE,
)
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8}
_ORIENTATION, _GPS, _THUMB_AT, _THUMB_SIZE = 0x0112, 0x8825, 0x0201, 0x0202

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tag:
    """One entry of a TIFF directory: where its value lies, counted from the start of the TIFF."""

    number: int
    kind: int
    count: int
    at: int


class Tiff:
    """The directories of an EXIF block. Raises `ValueError` when it is none."""

    def __init__(self, data: bytes) -> None:
        if data[:4] not in (b"II*\x00", b"MM\x00*"):
            raise ValueError("This is no EXIF block.")
        self.data = data
        self.order = "<" if data[:2] == b"II" else ">"

    def number(self, at: int, size: int) -> int:
        """An unsigned number of 2 or 4 bytes. Raises `ValueError` beyond the end."""
        piece = self.data[at : at + size]
        if at < 0 or len(piece) != size:
            raise ValueError("The EXIF block ends too early.")
        value: int = struct.unpack(self.order + ("H" if size == 2 else "I"), piece)[0]
        return value

    def directory(self, at: int) -> tuple[dict[int, Tag], int]:
        """The tags of a directory, and where the next directory is (0: there is none)."""
        count = self.number(at, 2)
        if not at or count > bounds.PHOTO_TAGS:
            raise ValueError("The EXIF block has no such directory.")
        tags = [self._tag(at + 2 + 12 * i) for i in range(count)]
        return {tag.number: tag for tag in tags}, self.number(at + 2 + 12 * count, 4)

    def _tag(self, at: int) -> Tag:
        kind, count = self.number(at + 2, 2), self.number(at + 4, 4)
        is_beside = _SIZES.get(kind, 1) * count > 4
        return Tag(self.number(at, 2), kind, count, self.number(at + 8, 4) if is_beside else at + 8)

    def value(self, tag: Tag) -> int:
        """A tag's first number."""
        return self.number(tag.at, 2 if tag.kind == 3 else 4)

    def first(self) -> tuple[dict[int, Tag], int]:
        """The main directory, and where the small picture's is."""
        return self.directory(self.number(4, 4))


def place_of(content: bytes) -> Place | None:
    """Latitude and longitude that the camera wrote into a photo, or None."""
    try:
        tiff = _tiff_of(content)
        if tiff is None:
            return None
        pointer = tiff.first()[0].get(_GPS)
        gps, _ = tiff.directory(tiff.value(pointer)) if pointer else ({}, 0)
        lat, long = _degrees(tiff, gps, 1, b"S"), _degrees(tiff, gps, 3, b"W")
    except (ValueError, KeyError, ZeroDivisionError):
        return None
    is_somewhere = abs(lat) <= 90 and abs(long) <= 180 and (lat, long) != (0, 0)
    return (round(lat, 6), round(long, 6)) if is_somewhere else None


def first_place(photos: Iterable[bytes]) -> Place | None:
    """Where the first photo was taken that tells it."""
    return next((place for photo in photos if (place := place_of(photo))), None)


def _degrees(tiff: Tiff, gps: dict[int, Tag], ref: int, negative: bytes) -> float:
    at = gps[ref + 1].at
    parts = [tiff.number(at + 8 * i, 4) / tiff.number(at + 8 * i + 4, 4) for i in range(3)]
    sign = -1 if tiff.data[gps[ref].at : gps[ref].at + 1].upper() == negative else 1
    return sign * (parts[0] + parts[1] / 60 + parts[2] / 3600)


def thumbnail_of(content: bytes) -> bytes:
    """The small picture that the camera put into a JPEG, itself without metadata; empty when none."""
    try:
        tiff = _tiff_of(content) if content.startswith(b"\xff\xd8") else None
        if tiff is None:
            return b""
        tags, _ = tiff.directory(tiff.first()[1])
        at, size = tiff.value(tags[_THUMB_AT]), tiff.value(tags[_THUMB_SIZE])
    except (ValueError, KeyError):
        return b""
    small = tiff.data[at : at + size]
    is_picture = small.startswith(b"\xff\xd8\xff")
    return without_metadata(small) if is_picture else b""


def _tiff_of(content: bytes) -> Tiff | None:
    if content.startswith(b"\xff\xd8"):
        found = (d[6:] for m, d in _segments(content) if m == _APP1 and d.startswith(_EXIF))
        return next((Tiff(data) for data in found), None)
    if content.startswith(_PNG):
        chunks = (data for kind, data, _ in _chunks(content) if kind == b"eXIf")
        return next((Tiff(data) for data in chunks), None)
    if content[4:8] == b"ftyp":
        at = content.find(_EXIF)
        return Tiff(content[at + 6 :]) if at >= 0 else None
    return None


def without_metadata(content: bytes) -> bytes:
    """The same picture without place, time, camera, comments and whatever hangs on behind its end.

    How it is turned is kept. What is no JPEG, PNG, WebP or HEIC comes back as it is.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return _bare_jpeg(content)
    if content.startswith(_PNG):
        return _bare_png(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _bare_webp(content)
    return _bare_heic(content) if content[4:8] == b"ftyp" else content


def _bare_jpeg(content: bytes) -> bytes:
    turned = _orientation(content)
    kept = [b"\xff\xd8", turned]
    for mark, data in _segments(content):
        is_told = _APP1 <= mark <= _APP15 or mark == _COMMENT
        is_colour = mark == _APP14 or (mark == _APP2 and data.startswith(b"ICC_PROFILE\x00"))
        if mark in (_SOS, _EOI):
            kept.append(data)
        elif not is_told or is_colour:
            kept.append(b"\xff" + bytes([mark]) + struct.pack(">H", len(data) + 2) + data)
    return b"".join(kept)


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Marks with their data; picture data comes whole with its mark, as does a damaged rest.

    A damaged rest, and one behind the bound, loses every head of metadata, so that no reader finds one.
    """
    at = 2
    for _ in range(bounds.PHOTO_PIECES):
        filling = _FILLING.match(content, at)
        at = filling.end() - 1 if filling else at
        if len(content) < at + 4 or content[at] != 0xFF or content[at + 1] in _BARE_MARKS:
            break
        mark = content[at + 1]
        if mark == _EOI:
            yield _EOI, b"\xff\xd9"
            return
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if end > len(content) or end < at + 4:
            break
        if mark == _SOS:
            following = _NEXT_MARK.search(content, end)
            stop = following.start() if following else len(content)
            yield _SOS, content[at:stop]
            at = stop
        else:
            yield mark, content[at + 4 : end]
            at = end
    rest = content[at : at + 2] if content[at : at + 2] == b"\xff\xd9" else content[at:]
    yield _EOI, rest.replace(_EXIF, bytes(6)).replace(_XMP, bytes(len(_XMP)))


def _orientation(content: bytes) -> bytes:
    """An EXIF segment that says how the picture is turned and nothing else; empty when it is upright."""
    try:
        tiff = _tiff_of(content)
        turned = tiff.value(tiff.first()[0][_ORIENTATION]) if tiff else 1
    except (ValueError, KeyError):
        return b""
    if not 2 <= turned <= 8:
        return b""
    block = b"MM\x00*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, turned, 0, 0)
    data = _EXIF + block
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Kind, data and whole bytes of each PNG chunk up to the end or the first damage."""
    at = len(_PNG)
    for _ in range(bounds.PHOTO_PIECES):
        size = int.from_bytes(content[at : at + 4], "big")
        kind, end = content[at + 4 : at + 8], at + 12 + size
        if len(kind) < 4 or end > len(content):
            return
        yield kind, content[at + 8 : end - 4], content[at:end]
        if kind == b"IEND":
            return
        at = end


def _bare_png(content: bytes) -> bytes:
    kept, end, is_whole = [], len(_PNG), False
    for kind, _, raw in _chunks(content):
        kept += [raw] if kind not in _PNG_TELLS else []
        end, is_whole = end + len(raw), kind == b"IEND"
    rest = b"" if is_whole else content[end:]
    for kind in _PNG_TELLS:
        rest = rest.replace(kind, bytes(4))
    return _PNG + b"".join(kept) + rest


def _bare_webp(content: bytes) -> bytes:
    kept, at = [], 12
    for _ in range(bounds.PHOTO_PIECES):
        kind = content[at : at + 4]
        end = at + 8 + int.from_bytes(content[at + 4 : at + 8], "little")
        if len(kind) < 4 or end > len(content):
            break
        piece = content[at : end + (end - at) % 2]
        if kind == b"VP8X" and len(piece) > 8:
            piece = piece[:8] + bytes([piece[8] & ~0x0C]) + piece[9:]
        if kind not in (b"EXIF", b"XMP "):
            kept.append(piece)
        at = end + (end - at) % 2
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _bare_heic(content: bytes) -> bytes:
    """The same bytes with the camera's block blanked in place, because everything else has an offset."""
    at = content.find(_EXIF)
    if at < 0:
        return content
    blank = bytearray(content)
    for start, size in _gps_spans(content[at + 6 :]):
        blank[at + 6 + start : at + 6 + start + size] = bytes(size)
    blank[at : at + 14] = bytes(14)
    return bytes(blank)


def _gps_spans(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the place stands in an EXIF block: the values, then their directory."""
    try:
        tiff = Tiff(data)
        pointer = tiff.value(tiff.first()[0][_GPS])
        gps, _ = tiff.directory(pointer)
    except (ValueError, KeyError):
        return
    for tag in gps.values():
        size = _SIZES.get(tag.kind, 1) * tag.count
        if tag.at + size <= len(data):
            yield tag.at, size
    yield pointer, 2 + 12 * len(gps)
