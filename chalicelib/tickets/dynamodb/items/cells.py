"""Places as text that sorts: what lies together stands together; knows no client and no item.

The code is a geohash of eleven letters, which is fifteen centimetres. Its bits take longitude and
latitude in turn, so that every half, quarter, eighth … of the world is one contiguous range of codes,
and a box is a few ranges.
"""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.geography import Box, Place

LETTERS = "0123456789bcdefghjkmnpqrstuvwxyz"
LENGTH = 11
BITS = 5 * LENGTH
MOST_CELLS = 9  # three by three, which are four ranges on average and an area of 2.4 boxes


def encode(lat: float, long: float) -> str:
    """The code of a place."""
    return _spelled(_interleaved(*_numbers(lat, long, BITS), BITS))


def decode(code: str) -> Place:
    """The place of a code, to within ten centimetres."""
    number = 0
    for letter in code:
        number = number * 32 + LETTERS.index(letter)
    column = row = 0
    for bit in range(BITS):
        value = number >> (BITS - 1 - bit) & 1
        column, row = (column, row << 1 | value) if bit % 2 else (column << 1 | value, row)
    columns, rows = _sizes(BITS)
    return (row + 0.5) * 180 / rows - 90, (column + 0.5) * 360 / columns - 180


def ranges(box: Box, most: int = MOST_CELLS) -> list[tuple[str, str]]:
    """The ranges of codes, both ends included, that hold every place in the box.

    Only cells that touch the box are in them, at most `most`, and as small as that allows: fewer are
    fewer questions, more read less beside the box.
    """
    level = next(level for level in range(BITS, 0, -1) if _count(box, level) <= most)
    spare = BITS - level
    found: list[tuple[int, int]] = []
    for cell in sorted(_cells(box, level)):
        first, last = cell << spare, ((cell + 1) << spare) - 1
        if found and found[-1][1] + 1 == first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return [(_spelled(first), _spelled(last)) for first, last in found]


def _corners(box: Box, level: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return _numbers(box.south, box.west, level), _numbers(box.north, box.east, level)


def _count(box: Box, level: int) -> int:
    (west, south), (east, north) = _corners(box, level)
    return (east - west + 1) * (north - south + 1)


def _cells(box: Box, level: int) -> Iterator[int]:
    (west, south), (east, north) = _corners(box, level)
    for column in range(west, east + 1):
        for row in range(south, north + 1):
            yield _interleaved(column, row, level)


def _sizes(level: int) -> tuple[int, int]:
    """How many columns and rows the world has when cut `level` times."""
    return 1 << (level + 1) // 2, 1 << level // 2


def _numbers(lat: float, long: float, level: int) -> tuple[int, int]:
    """The column and the row of a place; beyond the edge of the world is the edge."""
    columns, rows = _sizes(level)
    column, row = int((long + 180) / 360 * columns), int((lat + 90) / 180 * rows)
    return min(max(column, 0), columns - 1), min(max(row, 0), rows - 1)


def _interleaved(column: int, row: int, level: int) -> int:
    """The bits of column and row in turn, the column's first."""
    wide, high, number = (level + 1) // 2, level // 2, 0
    for bit in range(level):
        if bit % 2:
            high -= 1
            number = number << 1 | row >> high & 1
        else:
            wide -= 1
            number = number << 1 | column >> wide & 1
    return number


def _spelled(number: int) -> str:
    return "".join(LETTERS[number >> 5 * place & 31] for place in range(LENGTH - 1, -1, -1))
