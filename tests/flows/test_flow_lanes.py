"""Three lanes to leave by: neither a crowd nor a broadcast stands before what is urgent, and all of them
together keep to the rate that the account has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.channels.pacing import FREE, SHARE
from chalicelib.messages import Channel, OutboundMessage
from chalicelib.tickets.ports import Sender
from infra.local.pump import waiting
from tests.faults import answer, fault, sms_refusal
from tests.flows.test_flow_sending_cases import SES, SETTINGS, got, later, refused, report, told
from tests.handlers.api.test_broadcasts import act, draft, look, people
from tests.harness import Harness

GAS = "Gas leak in Elm Street 5! It smells of gas."
RATE = 14


@pytest.fixture
def city(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with Harness.boot(**getattr(request, "param", {})) as town:
        path = "/api/v1/notices/water_off.en"
        assert town.http("PUT", path, json=SETTINGS, user="administrator").status == 200
        yield town


def broadcast(town: Harness, count: int) -> str:
    """A broadcast of which so many messages wait."""
    name: str = draft(town, people(count)).json()["id"]
    act(town, name, "approve")
    town.services.broadcasts.run()
    return name


def lane(town: Harness, name: str) -> int:
    return waiting(town._variable(f"{name}_QUEUE"))


def test_an_acknowledgement_overtakes_a_broadcast_that_waits(city: Harness) -> None:
    broadcast(city, 300)
    who = report(city, "ana@example.org")
    city.drain(1)
    assert len(got(city, who)) == 1
    assert len(city.outbox) <= 11, "a batch of the broadcast may leave beside it, and no more"
    assert lane(city, "BROADCAST") >= 290


def test_what_is_urgent_overtakes_a_crowd_of_ordinary_messages(city: Harness) -> None:
    for number in range(30):
        report(city, f"p{number}@crowd{number}.example")
    who = "+12025550172"
    city.deliver(city.text(GAS, sender=who))
    assert {n["urgency"] for n in told(city, who)} >= {"urgent"}
    city.drain(1)
    assert got(city, who)
    assert lane(city, "DELIVERY") >= 20


def test_what_is_tried_again_stays_in_its_lane(city: Harness) -> None:
    broadcast(city, 3)
    report(city, "ana@example.org")
    city.deliver(city.text(GAS, sender="+12025550172"))
    with (
        fault(SES, times=99, reply=refused("ThrottlingException")),
        fault("sns.Publish", times=99, reply=sms_refusal("Throttled")),
    ):
        city.drain()
    urgent = [n for n in city.dump()["notifications"] if n["urgency"] == "urgent"]
    assert urgent
    assert not city.outbox
    later(city, rounds=0)
    lanes = [lane(city, name) for name in ("URGENT", "DELIVERY", "BROADCAST")]
    assert lanes == [len(urgent), 1, 3]
    city.drain()
    assert {n["status"] for n in city.dump()["notifications"]} == {"accepted"}


def test_a_failed_enqueue_is_swept_into_its_own_lane(city: Harness) -> None:
    with (
        fault("sqs.SendMessageBatch", times=99, reply=refused("InternalError")),
        fault("sqs.SendMessage", times=99, reply=refused("InternalError")),
    ):
        broadcast(city, 3)
        city.deliver(city.text(GAS, sender="+12025550172"))
    assert [lane(city, name) for name in ("URGENT", "DELIVERY", "BROADCAST")] == [0, 0, 0]
    urgent = len([n for n in city.dump()["notifications"] if n["urgency"] == "urgent"])
    later(city, rounds=0)
    assert [lane(city, name) for name in ("URGENT", "DELIVERY", "BROADCAST")] == [urgent, 0, 0]
    later(city, times=6, rounds=0)
    assert lane(city, "BROADCAST") >= 3


@pytest.mark.parametrize("city", [{"broadcast_waiting": 100}], indirect=True)
def test_a_long_broadcast_is_handed_over_as_its_queue_empties(city: Harness) -> None:
    """So pausing and cancelling it take hold soon, and the sweep never repeats a long queue."""
    name = broadcast(city, 250)
    waits = lane(city, "BROADCAST")
    assert waits < 250
    city.services.broadcasts.run()
    assert lane(city, "BROADCAST") == waits, "nobody took anything meanwhile"
    assert act(city, name, "pause").status == 200
    city.drain()
    assert len(city.outbox) == waits
    act(city, name, "resume")
    for _ in range(3):
        city.services.broadcasts.run()
        city.drain()
    assert look(city, name)["statuses"] == {"accepted": 250}
    assert len(city.outbox) == 250


class Watch:
    """A watch that only waiting moves, and when each mail left by it."""

    def __init__(self, town: Harness) -> None:
        senders: Any = town.services.notifier.senders
        self._sender: Sender = senders[Channel.EMAIL]
        senders[Channel.EMAIL] = self
        pace = senders[Channel.EMAIL]._sender._pace.__self__
        pace.ticks, pace.sleep = lambda: self.at, self.wait
        self.at, self.left = time.time(), list[float]()

    def wait(self, seconds: float) -> None:
        self.at += seconds

    def cost(self, message: OutboundMessage) -> int:
        return self._sender.cost(message)

    def send(self, message: OutboundMessage) -> str:
        sent = self._sender.send(message)
        self.left.append(self.at)
        return sent


def quota(a_day: int = -1, sent: int = 0) -> Any:
    """What SES says that the account may."""
    told = {"MaxSendRate": RATE, "Max24HourSend": a_day, "SentLast24Hours": sent}
    return fault("sesv2.GetAccount", times=99, reply=answer({"SendQuota": told}))


def test_all_lanes_together_keep_to_the_accounts_rate(city: Harness) -> None:
    broadcast(city, 60)
    for number in range(20):
        report(city, f"p{number}@crowd{number}.example")
    watch = Watch(city)
    with quota():
        city.drain()
    assert len(watch.left) == 80
    paced = watch.left[FREE:]
    for first, last in zip(paced, paced[RATE:], strict=False):
        assert last - first >= 1, "never more than that in a second"
    took = paced[-1] - paced[0]
    assert (len(paced) - 1) / took == pytest.approx(RATE * SHARE, rel=0.01), "nor less"


def test_a_used_up_day_holds_mail_tells_somebody_and_repeats_nothing(  # N04
    city: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    name = broadcast(city, 3)
    watch = Watch(city)
    with quota(a_day=200, sent=180):
        city.drain()
    assert look(city, name)["statuses"] == {"queued": 3}
    assert "the account may not send" in caplog.text, "an alarm listens for it"
    watch.wait(301)
    with quota(a_day=200, sent=20):
        later(city, times=2)
    assert look(city, name)["statuses"] == {"accepted": 3}
    assert len(city.outbox) == 3
