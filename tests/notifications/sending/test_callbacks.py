"""One system that does not hear keeps neither others waiting nor the rest of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event

from chalicelib.errors import TransientSendError
from chalicelib.notifications.sending.callbacks import (
    HANDS,
    LEAST_MS,
    LOOKED_AT,
    PATIENCE,
    SHARE_MS,
    Caller,
)
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
    put_off: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def key(self, key_id: str) -> ApiKey:
        url = f"https://{key_id}.example/"
        return ApiKey(
            key_id=key_id, name="", kind=KeyKind.LIVE, digest="", expires_at=NOW, callback_url=url
        )

    def due_callbacks(self, _now: datetime) -> Iterator[Callback]:
        return iter(self.due)

    def postpone(self, callback: Callback, _until: datetime, tries: int = 1) -> bool:
        (self.postponed if tries else self.put_off).append(callback.event_id)
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
    assert sorted(systems.called) == [*["https://good.example/"] * 2, "https://slow.example/"]
    assert sorted(systems.postponed) == ["good0", "good1", "slow0"]
    assert systems.put_off == ["slow1", "slow2"], "what was not tried counts no try"
    assert systems.dropped == ["good0", "good1"]


@dataclass
class Neighbours(Systems):
    """A system that answers only when another one was told."""

    is_told: Event = field(default_factory=Event)
    waited: list[bool] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        if url in self.slow:
            self.waited.append(self.is_told.wait(10))
        else:
            self.is_told.set()
        super().post(url, body, headers)


def test_nobody_waits_for_a_system_that_is_slow() -> None:
    due = things("slow", 1) + things("good", 1)
    systems = Neighbours(due, frozenset({"https://slow.example/"}))
    assert systems.run() == 1
    assert systems.waited == [True], "the other one was told meanwhile"


def test_a_flood_for_one_system_leaves_a_hand_for_each_other() -> None:
    floods = [thing for n in range(HANDS) for thing in things(f"flood{n}", 20)]
    slow = frozenset(f"https://flood{n}.example/" for n in range(HANDS))
    systems = Neighbours(floods + things("good", 1), slow)
    assert systems.run() == 1
    assert systems.waited == [True] * HANDS, "who has least to hear is told first"


def test_what_there_is_no_time_for_makes_room_and_is_looked_at_a_few_at_a_time() -> None:
    systems = Systems(things("good", LOOKED_AT + 50), takes_ms=1_000)
    told = systems.run()
    assert told == (SHARE_MS - LEAST_MS) // 1_000 + 1
    assert 60_000 - systems.remaining_ms <= SHARE_MS
    assert len(systems.put_off) == LOOKED_AT - told


def test_what_a_silent_system_was_not_asked_to_hear_ends_after_a_day() -> None:
    old = NOW - PATIENCE - timedelta(seconds=1)
    stale = Callback(event_id="stale", key_id="slow", at=old)
    systems = Systems([*things("slow", 2), stale], frozenset({"https://slow.example/"}))
    systems.run()
    assert (systems.put_off, systems.dropped) == (["slow1"], ["stale"])


def test_nothing_is_begun_that_the_run_may_not_live_to_end() -> None:
    assert Systems(things("good", 1), remaining_ms=LEAST_MS - 1).run() == 0
    assert Systems(things("good", 1), remaining_ms=LEAST_MS).run() == 1
