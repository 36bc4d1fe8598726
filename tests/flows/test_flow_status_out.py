"""4. Status out: what matters is told, in the citizen's language, until it has arrived or is given up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from infra.local.receipts import log_record, mail_event
from tests.citizens import ANA, a_mail, act, reported_by_mail, ticket_of, to
from tests.harness import Harness


def test_every_change_that_matters_is_told(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    for status, reason in (
        ("in_progress", ""),
        ("pending", "Which side of the street?"),
        ("resolved", "The hole is filled."),
        ("in_progress", "It opened again."),
        ("resolved", "Filled with asphalt."),
        ("closed", "Done."),
    ):
        before = len(to(town, ANA))
        assert act(town, ticket_id, "status", status=status, reason=reason).status == 200
        town.drain()
        assert len(to(town, ANA)) == before + 1, status
        assert reason in to(town, ANA)[-1].text


@pytest.mark.parametrize(
    ("locale", "words", "greeting"),
    [
        (
            "es",
            "Hay un bache muy profundo en la calle y es peligroso para las bicicletas.",
            "Gracias",
        ),
        ("fa", "در خیابان ما چاله‌ی بزرگی هست و برای دوچرخه خطرناک است.", "گزارش"),
        ("zh", "我们街上有一个很大的坑，骑自行车很危险。", "收到"),
    ],
    ids=["es", "fa", "zh"],
)
def test_people_are_answered_in_their_language(
    town: Harness, locale: str, words: str, greeting: str
) -> None:
    ticket = reported_by_mail(town, text=words, subject=words[:30], Content_Language=locale)
    assert ticket["locale"] == locale
    [sent] = to(town, ANA)
    assert greeting in sent.text
    assert f'lang="{locale}' in sent.html


def test_a_delivery_is_noted(town: Harness) -> None:
    reported_by_mail(town)
    town.receipt(mail_event(town.outbox[0], "Delivery"))
    town.drain()
    assert [n["status"] for n in town.dump()["notifications"]] == ["delivered"]


def test_a_bounce_ends_in_a_named_state_that_staff_see(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    town.receipt(mail_event(town.outbox[0], "Bounce"))
    town.drain()
    assert [n["status"] for n in town.dump()["notifications"]] == ["bounced"]
    page = town.http("GET", f"/api/v1/tickets/{ticket_id}", user="agent").text
    assert "bounced" in page
    act(town, ticket_id, "status", status="resolved", reason="Filled.")
    town.drain()
    assert len(to(town, ANA)) == 1


def test_a_text_that_was_not_delivered_is_known(town: Harness) -> None:
    town.text("Streetlight out at 12 Main Street", sender="+15550109911")
    town.drain()
    town.receipt(log_record(town.outbox[0], "Invalid phone number", "FAILURE"))
    town.drain()
    assert [n["status"] for n in town.dump()["notifications"]] == ["bounced"]


def test_a_ticket_says_what_became_of_each_message(town: Harness) -> None:
    ticket = reported_by_mail(town)
    read = town.http("GET", f"/api/v1/tickets/{ticket['ticket_id']}", user="agent").json()
    assert [n["status"] for n in read["notifications"]] == ["accepted"]


def test_a_change_reaches_a_citizen_only_once(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "status", status="resolved", reason="Filled.")
    town.drain()
    for minutes in range(5, 65, 5):
        town.tick(town.now + timedelta(minutes=minutes))
        town.drain()
    assert [s.subject.count("resolved") for s in to(town, ANA)].count(1) <= 1
    assert ticket_of(town, ticket_id)["status"] == "resolved"
    assert len(to(town, ANA)) == 2


def test_a_second_mail_of_the_same_person_is_another_matter(town: Harness) -> None:
    town.mail(a_mail())
    town.mail(a_mail("The light in front of my house is dark.", subject="Streetlight"))
    town.drain()
    assert {t["service_code"] for t in town.dump()["tickets"]} == {"pothole", "streetlight"}
