"""Published notices by version: the words that a message was written with, found when it leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.errors import PermanentSendError
from chalicelib.tickets.catalog import NoticeWords
from chalicelib.tickets.catalog.bodies import read_body
from chalicelib.tickets.ports import CatalogStore

MOST_KEPT = 500


@dataclass(slots=True)
class PublishedNotices:
    """Finds words by code and version; versions never change, so old ones are read once a process."""

    catalogs: CatalogStore
    _kept: dict[tuple[str, int], NoticeWords] = field(default_factory=dict, init=False)

    def __call__(self, code: str, version: int) -> NoticeWords:
        """The words. Raises `PermanentSendError` when that version never was."""
        current = self.catalogs.load().notices.get(code)
        if current and current.version == version:
            return current
        if (code, version) not in self._kept:
            self._remember(code)
        try:
            return self._kept[code, version]
        except KeyError:
            raise PermanentSendError(f"The notice {code} has no version {version}.") from None

    def _remember(self, code: str) -> None:
        if len(self._kept) > MOST_KEPT:
            self._kept.clear()
        for item in self.catalogs.history("notice", code):
            if not item.is_deleted:
                words = read_body("notice", item.body, item.version)
                assert isinstance(words, NoticeWords)  # noqa: S101 - the reader of this kind
                self._kept[code, item.version] = words
