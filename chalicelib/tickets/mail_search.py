"""The daily search for mail in the bucket that no queue ever told us of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalicelib import logs, metrics
from chalicelib.metrics import Metric
from chalicelib.tickets.ports import Clock

log = logs.Log(__name__)

MARGIN = timedelta(hours=6)  # a mail is tried for five, and then waits with the dead letters
FIRST = timedelta(days=14)  # how far the first search looks back: as long as queues keep anything
LEAST = timedelta(hours=12)  # between two searches
LEAST_MS = 10_000


@dataclass(frozen=True, slots=True)
class Search:
    """What came until `done` was looked for. While a search is under way it goes until `until`, and
    stands behind the name `after`; between two searches `until` is None."""

    done: datetime
    until: datetime | None = None
    after: str = ""


class Mail(Protocol):
    """A mail in the bucket."""

    @property
    def key(self) -> str:
        """Its name in the bucket."""
        ...

    @property
    def message_id(self) -> str:
        """Its id, under which it is handled; empty for what is no mail."""
        ...

    @property
    def at(self) -> datetime:
        """When it came."""
        ...


class Inbox(Protocol):
    """The bucket of received mails."""

    def page(self, after: str) -> Sequence[Mail]:
        """Some of the mails behind the key `after`, in the order of their names; none at the end."""
        ...

    def news(self, key: str, at: datetime) -> Mapping[str, Any]:
        """What should have been told of the mail `key` that came `at` this moment."""
        ...


class Intake(Protocol):
    """The queue of received mail."""

    def put(self, reports: Sequence[Mapping[str, Any]]) -> None:
        """Hand over what should have been told. Raises `StoreBusy` when some were refused."""
        ...


class MailSearchStore(Protocol):
    """Where the search remembers, and where it is known which mails were handled."""

    def load(self) -> Search | None:
        """How far the search came; None before the first."""
        ...

    def keep(self, search: Search) -> None:
        """Remember how far it came."""
        ...

    def handled(self, message_ids: Collection[str]) -> frozenset[str]:
        """Those of these mails that were handled, whatever became of them."""
        ...


@dataclass(frozen=True, slots=True)
class MailSearch:
    """Compares the bucket with the mails that were handled, and hands to intake what is missing.

    Each search looks at what came between the end of the one before and six hours ago, so that what
    still waits in a queue is not touched; were it told twice, intake would handle it once.
    """

    inbox: Inbox
    store: MailSearchStore
    intake: Intake
    clock: Clock

    def run(self, remaining: Callable[[], int], until: datetime | None = None) -> int:
        """Search until the time is used up; how many mails were found. The next run goes on there.

        `until` begins a search of all that came before it, whatever the margin: after a restore.
        """
        search = self._search(until)
        found = 0
        while search.until and remaining() > LEAST_MS:
            page = self.inbox.page(search.after)
            for mail in self._unhandled(page, search.done, search.until):
                if remaining() < LEAST_MS:
                    return found  # the page is looked at again
                self._hand_over(mail)
                found += 1
            search = replace(search, after=page[-1].key) if page else Search(search.until)
            self.store.keep(search)
        return found

    def _search(self, until: datetime | None) -> Search:
        """The search that is under way, or a new one where it is time for it."""
        latest = self.clock.now() - MARGIN
        kept = self.store.load() or Search(latest - FIRST)
        if until:
            return Search(kept.done, until)
        is_due = not kept.until and latest - kept.done >= LEAST
        return Search(kept.done, latest) if is_due else kept

    def _unhandled(self, page: Sequence[Mail], since: datetime, until: datetime) -> Iterator[Mail]:
        mails = {mail.message_id: mail for mail in page if since < mail.at <= until}
        mails.pop("", None)
        handled = self.store.handled(mails) if mails else frozenset()
        return (mail for name, mail in mails.items() if name not in handled)

    def _hand_over(self, mail: Mail) -> None:
        self.intake.put([self.inbox.news(mail.key, mail.at)])
        metrics.put(Metric.LOST_MAIL)
        log.warning("a mail that nobody handled was handed to intake", message_id=mail.message_id)
