"""Cases of another product as an export that `infra.import` reads; knows no product."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from chalicelib.channels.files.photos import thumbnail_of, without_metadata
from chalicelib.channels.files.storage import PREFIX, THUMBNAILS
from chalicelib.channels.mime.files.file_types import safe_name, true_type
from chalicelib.channels.mime.html_text import html_lines
from chalicelib.channels.sms.numbers import e164
from chalicelib.messages import Attachment, Party
from infra.moving import manifest
from infra.moving.cases import KEYS, Case, items_of
from infra.moving.folder import MovingError, Sheet, copy_out
from infra.moving.manifest import CONTENTS, Manifest, Origin
from infra.moving.rows import to_row


class Files:
    """Keeps files beside the tickets, each once, as the service would: photos without their metadata."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sheet: Sheet | None = None
        self._known: set[str] = set()

    def open(self, sheet: Sheet) -> None:
        """Name the files on this sheet from now on."""
        self._sheet = sheet

    def keep(self, name: str, claimed_type: str, content: bytes) -> Attachment:
        """One file; what it is is told by its bytes."""
        bare = without_metadata(content)
        digest, content_type = hashlib.sha256(bare).hexdigest(), true_type(bare, claimed_type, name)
        self._put(PREFIX + digest, bare)
        if small := thumbnail_of(content):
            self._put(THUMBNAILS + digest, small)
        return Attachment(
            filename=safe_name(name, content_type, 1),
            content_type=content_type,
            size=len(bare),
            digest=digest,
        )

    def _put(self, key: str, content: bytes) -> None:
        if key in self._known or self._sheet is None:
            return
        self._known.add(key)
        name = f"stored/{key}"
        size, digest = copy_out([content], self._folder / name)
        self._sheet.write(
            {"path": name, "bucket": "stored", "key": key, "bytes": size, "sha256": digest}
        )


def convert(
    product: str, source: str, cases: Iterable[Case], files: Files, folder: Path, now: datetime
) -> Manifest:
    """Write the cases as an export. Raises `MovingError` for a folder that holds one already."""
    if (folder / manifest.FILE).exists():
        raise MovingError(f"{folder} holds an export. Name another folder.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        tickets = stack.enter_context(Sheet(folder / "tickets.jsonl"))
        contents = stack.enter_context(Sheet(folder / CONTENTS))
        files.open(contents)
        for case in cases:
            for item in items_of(case, f"{product}:{source}"):
                tickets.write(to_row(item, KEYS.of("")))
    origin = Origin(product=product, installation=source)
    return manifest.write(folder, origin, [tickets, contents], now)


def plain(text: str) -> str:
    """The words of an HTML text."""
    return "\n".join(line.text for line in html_lines(text)).strip()


def party(name: str, email: str = "", phone: str = "", country: str = "US") -> Party:
    """Somebody with the addresses that can be written to."""
    is_mail = "@" in email and " " not in email.strip()
    return Party(
        name=name.strip(),
        email=email.strip() if is_mail else None,
        phone=e164(phone, country) if phone else None,
    )
