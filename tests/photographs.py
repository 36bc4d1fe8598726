"""Photos written byte by byte: where they were taken, how they are turned, a small picture in them."""

from __future__ import annotations

import struct
import zlib

SMALL = b"\xff\xd8\xff\xdb\x00\x04\x01\x02\xff\xda\x00\x04\x01\x02SMALL\xff\xd9"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!" + b"$H+H*"
SPRINGFIELD = (39.799975, -89.644)


def exif(*, small: bytes = b"", turned: int = 6) -> bytes:
    """A TIFF block: turned, taken in Springfield, by a camera with a serial number, a small picture."""
    entries = 3 if small else 2
    gps_at = 8 + 2 + 12 * 3 + 4
    values_at = gps_at + 2 + 12 * 4 + 4
    first_end = values_at + 48
    main = struct.pack("<H", 3)
    main += struct.pack("<HHIHH", 0x0112, 3, 1, turned, 0)
    main += struct.pack("<HHII", 0x8825, 4, 1, gps_at)
    main += struct.pack("<HHI4s", 0xA431, 2, 4, b"S123")
    main += struct.pack("<I", first_end if small else 0)
    gps = struct.pack("<H", 4)
    gps += struct.pack("<HHI4s", 1, 2, 2, b"N")
    gps += struct.pack("<HHII", 2, 5, 3, values_at)
    gps += struct.pack("<HHI4s", 3, 2, 2, b"W")
    gps += struct.pack("<HHII", 4, 5, 3, values_at + 24)
    gps += struct.pack("<I", 0)
    values = struct.pack("<6I", 39, 1, 47, 1, 5991, 100) + struct.pack(
        "<6I", 89, 1, 38, 1, 3840, 100
    )
    block = b"II*\x00" + struct.pack("<I", 8) + main + gps + values
    if not small or entries != 3:
        return block
    small_at = first_end + 2 + 24 + 4
    block += struct.pack("<H", 2)
    block += struct.pack("<HHII", 0x0201, 4, 1, small_at)
    block += struct.pack("<HHII", 0x0202, 4, 1, len(small))
    return block + struct.pack("<I", 0) + small


def jpeg(block: bytes | None = None, *, tail: bytes = b"") -> bytes:
    """A JPEG with an EXIF block, a comment and picture data that has a stuffed FF in it."""
    block = exif(small=SMALL) if block is None else block
    data = b"Exif\x00\x00" + block
    return (
        b"\xff\xd8"
        b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
        b"\xff\xe1"
        + struct.pack(">H", len(data) + 2)
        + data
        + b"\xff\xfe\x00\x0bAna Ortiz"
        + b"\xff\xdb\x00\x04\x01\x02\xff\xda\x00\x04\x01\x02PIXELS\xff\x00\xd9MORE\xff\xd9"
        + tail
    )


def png(block: bytes | None = None) -> bytes:
    """A PNG of one pixel with an EXIF chunk and words in it."""
    pieces = [
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"eXIf", exif() if block is None else block),
        (b"tEXt", b"Author\x00Ana Ortiz"),
        (b"IDAT", zlib.compress(b"\x00\x00")),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*piece) for piece in pieces)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
