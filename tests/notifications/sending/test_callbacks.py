"""One system that does not hear keeps neither others waiting nor the rest of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chalicelib.errors import TransientSendError
from chalicelib.notifications.sending.callbacks import LEAST_MS, SHARE_MS, Caller
from chalicelib.tickets.model.records import Callback
from chalicelib.tickets.partners.keys import ApiKey, KeyKind
from tests.fakes import FixedClock

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@dataclass
class Systems:
    """The keys of two systems, what they are to be told, and their servers; time passes as they answer."""

    due: list[Callback]
    slow: frozenset[str] = frozenset()
    takes_ms: int = 0
    remaining_ms: int = 60_000
    called: list[str] = field(default_factory=list)
    postponed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def key(self, key_id: str) -> ApiKey:
        url = f"https://{key_id}.example/"
        return ApiKey(
            key_id=key_id, name="", kind=KeyKind.LIVE, digest="", expires_at=NOW, callback_url=url
        )

    def due_callbacks(self, _now: datetime) -> Iterator[Callback]:
        return iter(self.due)

    def postpone(self, callback: Callback, _until: datetime) -> bool:
        self.postponed.append(callback.event_id)
        return True

    def drop(self, callback: Callback, _outcome: str) -> None:
        self.dropped.append(callback.event_id)

    def post(self, url: str, _body: bytes, _headers: Mapping[str, str]) -> None:
        self.called.append(url)
        self.remaining_ms -= self.takes_ms
        if url in self.slow:
            raise TransientSendError("The callback's server took too long.")

    def run(self) -> int:
        caller = Caller(
            clients=self,  # type: ignore[arg-type] - the part of it that callbacks use
            clock=FixedClock(NOW),
            post=self.post,
            sign=lambda key_id, text: "s",
        )
        return caller.call_due(lambda: self.remaining_ms)


def things(key_id: str, count: int) -> list[Callback]:
    return [Callback(event_id=f"{key_id}{n}", key_id=key_id, at=NOW) for n in range(count)]


def test_who_did_not_hear_one_thing_is_asked_no_other_in_the_run() -> None:
    systems = Systems(things("slow", 3) + things("good", 2), frozenset({"https://slow.example/"}))
    assert systems.run() == 2
    assert systems.called == ["https://slow.example/", *["https://good.example/"] * 2]
    assert systems.postponed == ["slow0", "good0", "good1"], "what was not tried counts no try"
    assert systems.dropped == ["good0", "good1"]


def test_callbacks_end_with_their_share_of_the_run() -> None:
    systems = Systems(things("good", 50), takes_ms=1_000)
    told = systems.run()
    assert told == (SHARE_MS - LEAST_MS) // 1_000 + 1
    assert 60_000 - systems.remaining_ms <= SHARE_MS


def test_nothing_is_begun_that_the_run_may_not_live_to_end() -> None:
    assert Systems(things("good", 1), remaining_ms=LEAST_MS - 1).run() == 0
    assert Systems(things("good", 1), remaining_ms=LEAST_MS).run() == 1
