"""The files of an export: written and read a line at a time, each with its digest; knows no row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

PIECE = 1 << 20


class MovingError(Exception):
    """What keeps a city from moving: which file and line, and the remedy."""


class Line(NamedTuple):
    """One line of a file; `number` counts from 1."""

    file: str
    number: int
    data: bytes

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return f"{self.file} line {self.number}"

    def read(self) -> dict[str, Any]:
        """The object that is written there. Raises `MovingError`."""
        try:
            found = json.loads(self.data)
        except ValueError as error:
            raise MovingError(f"{self.place} is not JSON: {error}. Export again.") from error
        if not isinstance(found, dict):
            raise MovingError(f"{self.place} is no JSON object. Export again.")
        return found


class Sheet:
    """A file of JSON lines that is being written; counts and digests as it goes."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.lines = self.bytes = 0
        self._digest = hashlib.sha256()
        self._file = path.open("wb")

    @property
    def sha256(self) -> str:
        """The digest of what was written so far."""
        return self._digest.hexdigest()

    def write(self, row: Mapping[str, Any]) -> None:
        """Put one object on a line of its own."""
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
        data = text.encode("utf-8", "replace")
        self._digest.update(data)
        self.lines += 1
        self.bytes += len(data)
        self._file.write(data)

    def __enter__(self) -> Sheet:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def lines_of(path: Path, after: int = 0) -> Iterator[Line]:
    """The lines of a file behind line `after`. Raises `MovingError` for one that is cut off."""
    with path.open("rb") as file:
        for number, data in enumerate(file, start=1):
            if not data.endswith(b"\n"):
                raise MovingError(f"{path.name} ends in the middle of line {number}. Export again.")
            if number > after:
                yield Line(path.name, number, data)


def sha256_of(path: Path) -> str:
    """The digest of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_out(pieces: Iterable[bytes], path: Path) -> tuple[int, str]:
    """Write a stream to a file that is there only when whole; its length and digest."""
    digest, size = hashlib.sha256(), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        for piece in pieces:
            digest.update(piece)
            size += file.write(piece)
    unfinished.replace(path)
    return size, digest.hexdigest()


def inside(folder: Path, name: str) -> Path:
    """The file of that name in the folder. Raises `MovingError` for a name that leads elsewhere."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise MovingError(f"{name!r} leads out of the export. Do not import it.")
    return path
