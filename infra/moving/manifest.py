"""What an export says of itself, and whether it is what it says; read before anything is written."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from infra.moving.folder import MovingError, Sheet, inside, lines_of, sha256_of

SCHEMA = 1
FILE, CONTENTS = "manifest.json", "files.jsonl"
OURS = "civicline"


class Origin(BaseModel):
    """Where an export comes from. `index_shards` is 0 for what another product wrote."""

    product: str
    installation: str
    city_name: str = ""
    index_shards: int = 0


class FileMark(BaseModel):
    """One file of lines and what it must hold."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.jsonl$")]
    lines: int
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """The first thing that is read of an export, and the last that is written."""

    format: Literal["civicline-city"] = "civicline-city"
    schema_number: int = SCHEMA
    made_at: AwareDatetime
    origin: Origin
    counts: dict[str, int]
    files: list[FileMark]

    @property
    def is_ours(self) -> bool:
        """Whether a Civicline wrote it; what others wrote is completed on the way in."""
        return self.origin.product == OURS


def write(folder: Path, origin: Origin, sheets: list[Sheet], made_at: datetime) -> Manifest:
    """Say what lies in the folder; with this the export is complete."""
    marks = [FileMark(name=s.name, lines=s.lines, bytes=s.bytes, sha256=s.sha256) for s in sheets]
    counts = {sheet.name.removesuffix(".jsonl"): sheet.lines for sheet in sheets}
    manifest = Manifest(made_at=made_at, origin=origin, counts=counts, files=marks)
    unfinished = folder / f"{FILE}.part"
    unfinished.write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    unfinished.replace(folder / FILE)
    return manifest


def read(folder: Path) -> tuple[Manifest, str]:
    """The manifest and a name for this very export. Raises `MovingError`."""
    path = folder / FILE
    if not path.is_file():
        raise MovingError(f"There is no {FILE} in {folder}: the export was cut. Export again.")
    data = path.read_bytes()
    _check_schema(data)
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        where = "; ".join(".".join(map(str, e["loc"])) + ": " + e["msg"] for e in error.errors())
        raise MovingError(f"{FILE} does not fit: {where}. Export again.") from error
    return manifest, hashlib.sha256(data).hexdigest()[:20]


def _check_schema(data: bytes) -> None:
    try:
        number = json.loads(data)["schema_number"]
    except (ValueError, KeyError, TypeError) as error:
        raise MovingError(f"{FILE} is not the manifest of an export. Export again.") from error
    if not isinstance(number, int) or number > SCHEMA:
        raise MovingError(
            f"{FILE} is of schema {number}, this version reads {SCHEMA} and older:"
            " import with the version that wrote it, or a newer one."
        )


def check(folder: Path, manifest: Manifest) -> Counter[str]:
    """Hold every file against its digest; how many lines each has. Raises `MovingError`."""
    named = {mark.name for mark in manifest.files}
    if strange := sorted({path.name for path in folder.glob("*.jsonl")} - named):
        raise MovingError(f"{strange[0]} is not in {FILE}: take it away, or export again.")
    found: Counter[str] = Counter()
    for mark in manifest.files:
        _check_file(folder, mark)
        found[mark.name] = mark.lines
    if CONTENTS in named:
        _check_contents(folder)
    return found


def _check_file(folder: Path, mark: FileMark) -> None:
    path = folder / mark.name
    size = path.stat().st_size if path.is_file() else -1
    if size != mark.bytes:
        held = f"has {size:,} bytes" if size >= 0 else "is missing"
        raise MovingError(f"{mark.name} {held}, {mark.bytes:,} are in {FILE}. Copy it again.")
    if sha256_of(path) != mark.sha256:
        raise MovingError(f"{mark.name} is not what was exported. Copy it again.")
    if (lines := sum(1 for _ in lines_of(path))) != mark.lines:
        raise MovingError(f"{mark.name} has {lines:,} lines, {FILE} says {mark.lines:,}.")


def _check_contents(folder: Path) -> None:
    for line in lines_of(folder / CONTENTS):
        told = line.read()
        path = inside(folder, str(told.get("path")))
        if not path.is_file():
            raise MovingError(f"{line.place}: {told.get('path')} is missing. Copy it again.")
        if sha256_of(path) != told.get("sha256"):
            raise MovingError(
                f"{line.place}: {told['path']} is not what was exported. Copy it again."
            )
