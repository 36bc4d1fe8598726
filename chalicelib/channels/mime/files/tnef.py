"""The files inside a winmail.dat, read by a small bounded reader of our own; knows no mail."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from chalicelib.channels import bounds

SIGNATURE = b"\x78\x9f\x3e\x22"
_BEGIN_FILE = 0x9002
_TITLE = 0x8010
_DATA = 0x800F
_PROPERTIES = 0x9005
_LONG_NAME = 0x3707
_FIXED = {
    0x2: 4,
    0x3: 4,
    0x4: 4,
    0x5: 8,
    0x6: 8,
    0x7: 8,
    0xA: 4,
    0xB: 4,
    0x14: 8,
    0x40: 8,
    0x48: 16,
}
_VARIABLE = frozenset({0xD, 0x1E, 0x1F, 0x102})


@dataclass(slots=True)
class TnefFile:
    """One file as it was packed."""

    name: str = ""
    content: bytes = b""


def unpack_tnef(data: bytes) -> tuple[list[TnefFile], bool]:
    """The files of a TNEF stream, and whether its bounds let all be read; never fails."""
    files: list[TnefFile] = []
    count = 0
    for kind, value in islice(_objects(data), bounds.TNEF_OBJECTS + 1):
        count += 1
        if count > bounds.TNEF_OBJECTS:
            break
        if kind == _BEGIN_FILE:
            files.append(TnefFile())
        elif files and kind == _TITLE:
            files[-1].name = files[-1].name or value.rstrip(b"\x00").decode("cp1252", "replace")
        elif files and kind == _DATA:
            files[-1].content = value
        elif files and kind == _PROPERTIES:
            files[-1].name = _long_name(value) or files[-1].name
    return [file for file in files if file.content], count <= bounds.TNEF_OBJECTS


def _objects(data: bytes) -> Iterator[tuple[int, bytes]]:
    if not data.startswith(SIGNATURE):
        return
    place = 6
    while place + 9 <= len(data):
        name, _kind, length = struct.unpack_from("<HHI", data, place + 1)
        yield name, data[place + 9 : place + 9 + length]
        place += 11 + length


def _long_name(data: bytes) -> str:
    """The long file name in a block of MAPI properties, or nothing; named properties end the search."""
    if len(data) < 4:
        return ""
    place = 4
    for _ in range(min(struct.unpack_from("<I", data)[0], bounds.TNEF_PROPERTIES)):
        if place + 4 > len(data):
            return ""
        kind, name = struct.unpack_from("<HH", data, place)
        place += 4
        if name >= 0x8000:
            return ""
        value, place = _value(data, place, kind)
        if place < 0:
            return ""
        if name == _LONG_NAME:
            codec = "utf-16-le" if kind == 0x1F else "cp1252"
            return value.decode(codec, "replace").rstrip("\x00")
    return ""


def _value(data: bytes, place: int, kind: int) -> tuple[bytes, int]:
    if kind in _FIXED:
        return b"", place + _FIXED[kind]
    if kind not in _VARIABLE or place + 8 > len(data):
        return b"", -1
    count, length = struct.unpack_from("<II", data, place)
    if count != 1:
        return b"", -1
    return data[place + 8 : place + 8 + length], place + 8 + length + (-length % 4)
