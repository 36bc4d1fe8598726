"""Mail leaves under the rate and the day's quota that SES tells us."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.channels.email.quota import sending_quota
from chalicelib.channels.pacing import FREE, LONGEST, SHARE, Pace, Turns
from chalicelib.errors import TransientSendError
from tests.fakes import FakeTurns


@dataclass
class Account:
    """SES, as far as it tells its quota; a clock that sleeping moves."""

    rate: float = 10
    a_day: float = 50_000
    sent: float = 0
    is_silent: bool = False
    asked: int = 0
    now: float = 100.0
    left: list[float] = field(default_factory=list)

    def get_account(self) -> dict[str, Any]:
        self.asked += 1
        if self.is_silent:
            raise EndpointConnectionError(endpoint_url="https://email.example")
        quota = {"MaxSendRate": self.rate, "Max24HourSend": self.a_day}
        return {"SendQuota": {**quota, "SentLast24Hours": self.sent}}

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def pace(self, workers: int = 1, turns: Turns = lambda _span, _now: None) -> Pace:
        ask = partial(sending_quota, self)
        return Pace(ask, turns, workers, lambda: self.now, self.sleep)


def test_a_hundred_mails_stay_under_nine_tenths_of_the_rate() -> None:
    account = Account(rate=10)
    pace = account.pace()
    for _ in range(100 + FREE):
        pace.wait()
        account.left.append(account.now)
    took = account.left[-1] - account.left[FREE]
    assert 99 / took == pytest.approx(10 * SHARE)
    assert account.asked == 1


def test_workers_that_take_turns_stay_under_the_rate_together_and_leave_none_of_it() -> None:
    account, turns = Account(rate=10), FakeTurns()
    workers = [account.pace(turns=turns.take) for _ in range(3)]
    for number in range(300):
        workers[number % 3].wait(is_broadcast=True)
        account.left.append(account.now)
    assert 299 / (account.left[-1] - account.left[0]) == pytest.approx(10 * SHARE, rel=0.05)


def test_a_broadcast_waits_for_its_turn_from_its_first_mail_on() -> None:
    account, turns = Account(rate=10), FakeTurns()
    turns.take(2, account.now)
    account.pace(turns=turns.take).wait()
    assert account.now == 100, "a single mail goes at once"
    account.pace(turns=turns.take).wait(is_broadcast=True)
    assert account.now == 102


def test_too_long_a_queue_for_the_rate_means_later_and_not_a_function_that_hangs() -> None:
    account, turns = Account(rate=10), FakeTurns()
    turns.take(LONGEST + 1, account.now)
    with pytest.raises(TransientSendError):
        account.pace(turns=turns.take).wait(is_broadcast=True)
    assert account.now == 100


def test_turns_that_were_not_used_lapse() -> None:
    account, turns = Account(rate=10), FakeTurns()
    worker = account.pace(turns=turns.take)
    worker.wait(is_broadcast=True)
    account.now += 60
    turns.take(3, account.now)
    worker.wait(is_broadcast=True)
    assert account.now == 163, "its four old turns would have gone at once"


def test_several_workers_share_the_rate_when_nobody_gives_turns() -> None:
    account = Account(rate=10)
    pace = account.pace(workers=5)
    for _ in range(FREE + 11):
        pace.wait()
    assert account.now - 100 == pytest.approx(10 * 5 / (10 * SHARE))


def test_single_mails_ask_nothing_and_wait_for_nothing() -> None:
    account = Account(rate=1)
    pace = account.pace()
    for _ in range(20):
        pace.wait()
        account.now += 5
    assert account.asked == 0


def test_a_used_up_day_holds_mail_back_as_not_sent() -> None:
    account = Account(a_day=200, sent=180)
    pace = account.pace()
    for _ in range(FREE):
        pace.wait()
    with pytest.raises(TransientSendError):
        pace.wait()


def test_the_quota_is_asked_again_after_five_minutes() -> None:
    account = Account(rate=0.5)
    pace = account.pace()
    for _ in range(400):
        pace.wait()
    assert account.asked == 1 + int((account.now - 100) // 300)


def test_no_limit_a_day_is_no_limit() -> None:
    account = Account(a_day=-1, sent=10**9)
    pace = account.pace()
    for _ in range(FREE + 2):
        pace.wait()


def test_an_unreadable_quota_stops_no_mail() -> None:
    account = Account(is_silent=True)
    pace = account.pace()
    for _ in range(50):
        pace.wait()
    assert account.asked == 1


def test_what_counts_for_several_takes_as_many_turns() -> None:
    account = Account(rate=10)
    pace = account.pace()
    for _ in range(20):
        pace.wait(3, is_broadcast=True)
        account.left.append(account.now)
    assert 57 / (account.left[-1] - account.left[0]) == pytest.approx(10 * SHARE)


def test_where_nothing_is_free_the_first_message_takes_its_turn() -> None:
    account, turns = Account(rate=10), FakeTurns()
    pace = account.pace(turns=turns.take)
    pace.free = 0
    pace.wait()
    assert turns.until > account.now
