"""A text that may mean stop becomes neither a report nor an answer: a person decides."""

from __future__ import annotations

from tests.harness import Harness


def test_a_doubtful_stop_waits_for_a_person_and_nothing_is_sent() -> None:
    with Harness.boot() as town:
        town.text("omg stop it please now god", sender="+12025550177")
        town.drain()
        assert town.outbox == []
        assert town.dump()["tickets"] == []
        held = town.http("GET", "/api/v1/quarantine", user="supervisor").json()["messages"]
        assert [message["reason"] for message in held] == ["may mean that no more texts are wanted"]
        page = town.http("GET", "/console/quarantine?lang=fa", user="supervisor").text
        assert "شاید یعنی دیگر پیامکی نمی‌خواهد" in page
