"""A large broadcast in simulated time: all are handed over and sent, and more hands are faster."""

from __future__ import annotations

from bench import million
from chalicelib.notifications.broadcasts.rows import read_rows

PEOPLE = 20_000


def test_everybody_is_sent_to_under_the_rate_that_is_ours() -> None:
    found = million.broadcast(PEOPLE)
    assert found.sent == PEOPLE
    assert found.rate <= million.RATE * million.SHARE * 1.01
    assert found.handed_after <= found.left_after


def test_rows_that_were_handed_over_are_passed_by() -> None:
    lines = ["email,street\n", "a@example.org,Elm\n", "\n", "nobody,Elm\n", "c@example.org,Oak\n"]
    every = list(read_rows(lines, ["street"]))
    for after in range(5):
        assert list(read_rows(lines, ["street"], after=after)) == every[after:]


def test_hands_wait_at_the_same_time() -> None:
    watch = million.Watch(memory=million.CORE)
    watch.waited = {1: 0.5, 2: 0.7}
    assert watch.together() >= 0.7
    assert not watch.waited, "1.2 seconds are not both of theirs"
