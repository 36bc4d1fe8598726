"""A broadcast to a part of the public: who consented, by area, service, language and kind; no scan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.messages import Channel, Party
from chalicelib.notifications.broadcasts import recipients
from chalicelib.tickets.model.records import Change, Contact
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.people.segments import memberships
from chalicelib.tickets.ports import NotificationKey
from tests.handlers.api.test_broadcasts import TEMPLATE, act, look, run
from tests.handlers.desk_work import hidden
from tests.harness import Harness, Response

NORTH = [[[10.0, 60.0], [11.0, 60.0], [11.0, 61.0], [10.0, 61.0], [10.0, 60.0]]]
AREA = {
    "area_code": "north",
    "name": {"en": "North"},
    "geometry": {"type": "Polygon", "coordinates": NORTH},
}


@pytest.fixture(scope="module")
def city() -> Iterator[Harness]:
    with Harness.boot() as town:
        for path, body in (("notices/water_off.en", TEMPLATE), ("areas/north", AREA)):
            wish = {"body": body, "version": 0}
            answer = town.http("PUT", f"/api/v1/{path}", json=wish, user="administrator")
            assert answer.status == 200, answer.text
        join(town, "email:ana@example.org", "pothole", (60.5, 10.5))
        join(town, "email:bo@example.org", "pothole", (50.0, 10.5), locale="fa")
        join(town, "tel:+12025550150", "streetlight", (60.5, 10.5), is_business=True)
        join(town, "email:cy@example.org", "", None, purpose="consultations")
        yield town


def join(
    town: Harness,
    party_key: str,
    service: str,
    place: tuple[float, float] | None,
    *,
    purpose: str = "alerts",
    **given: Any,
) -> None:
    """Somebody who consented, and perhaps reported something somewhere."""
    is_text = party_key.startswith("tel:")
    way = "sms" if is_text else "email"
    contact = Contact(key=party_key, purposes={purpose: way}, **{"locale": "en", **given})
    lists = memberships(contact, town.now, "en")
    town.services.store.save(Change(contacts=[contact], members=lists))
    if place is None:
        return
    address = party_key.partition(":")[2]
    ticket = Ticket(
        ticket_id=f"SR-{abs(hash(party_key)) % 10**9}",
        jurisdiction_id=town.services.settings.jurisdiction_id,
        service_code=service,
        service_name=service,
        description="Something is wrong.",
        agency_code="roads",
        channel=Channel.WEB,
        requested_at=town.now,
        updated_at=town.now,
        lat=place[0],
        long=place[1],
        requester=Party(phone=address) if is_text else Party(email=address),
    )
    town.services.store.save(Change(ticket=ticket))


def gather(town: Harness, purpose: str = "alerts", **segment: Any) -> Response:
    wish = {
        "name": "Water",
        "template": "water_off",
        "purpose": purpose,
        "segment": segment,
        "values": {"street": "Elm Street"},
    }
    return town.http("POST", "/api/v1/broadcasts", json=wish, user="administrator")


def reached(town: Harness, made: dict[str, Any]) -> list[str]:
    """Who gets it, once a second person approved it."""
    before = len(town.outbox)
    assert act(town, made["id"], "approve").status == 200
    run(town, 2)
    return sorted(sent.to for sent in town.outbox[before:])


@pytest.mark.parametrize(
    ("segment", "people"),
    [
        ({}, ["+12025550150", "ana@example.org", "bo@example.org"]),
        ({"areas": ["north"]}, ["+12025550150", "ana@example.org"]),
        ({"services": ["pothole"]}, ["ana@example.org", "bo@example.org"]),
        ({"areas": ["north"], "services": ["pothole"]}, ["ana@example.org"]),
        ({"locales": ["fa"]}, ["bo@example.org"]),
        ({"who": "businesses"}, ["+12025550150"]),
        ({"who": "people", "locales": ["en"]}, ["ana@example.org"]),
    ],
    ids=["all", "area", "service", "both", "language", "businesses", "people"],
)
def test_a_segment_is_who_consented_and_fits(
    city: Harness, segment: dict[str, Any], people: list[str]
) -> None:
    city.tick(city.now.replace(hour=15) + timedelta(days=1))
    made = gather(city, **segment).json()
    texts = sum(name.startswith("+") for name in people)
    assert (made["stage"], made["rows"], made["mails"]) == (
        "draft",
        len(people),
        len(people) - texts,
    )
    assert made["segments"] == texts
    assert (float(made["price"]) > 0) == bool(texts)
    assert reached(city, made) == people


def test_other_purposes_have_other_lists(city: Harness) -> None:
    made = gather(city, "consultations").json()
    assert (made["rows"], made["mails"]) == (1, 1)
    assert gather(city, "emergencies").json()["rows"] == 0


def test_nobody_reads_the_whole_table_for_it(city: Harness) -> None:
    city.clear_calls()
    gather(city, areas=["north"])
    assert not any("Scan" in name for name in city.calls), city.calls


def test_what_there_is_not_is_named(city: Harness) -> None:
    answer = gather(city, areas=["south"], services=["magic"], locales=["xx"])
    wrong = {"segment.areas", "segment.services", "segment.locales"}
    assert (answer.status, set(answer.json()["error"]["fields"])) == (422, wrong)
    wish = {"name": "Water", "template": "water_off", "segment": {}}
    answer = city.http("POST", "/api/v1/broadcasts", json=wish, user="administrator")
    assert "values.street" in answer.json()["error"]["fields"]
    wish = {"name": "Water", "template": "water_off", "segment": {}, "rows": "email\na@b.example"}
    answer = city.http("POST", "/api/v1/broadcasts", json=wish, user="administrator")
    assert set(answer.json()["error"]["fields"]) == {"rows", "segment"}


def test_consent_that_is_taken_back_between_draft_and_sending_counts(city: Harness) -> None:
    join(city, "email:dee@example.org", "", None, purpose="emergencies")
    join(city, "email:eli@example.org", "", None, purpose="emergencies")
    made = gather(city, "emergencies").json()
    assert made["rows"] == 2
    contact = city.services.store.contact("email:dee@example.org")
    contact.purposes = {}
    city.services.store.save(
        Change(contacts=[contact], members=memberships(contact, city.now, "en"))
    )
    assert reached(city, made) == ["eli@example.org"]
    assert look(city, made["id"])["statuses"] == {"accepted": 1, "suppressed": 1}
    assert gather(city, "emergencies").json()["rows"] == 1


def test_who_cannot_be_written_to_is_counted_and_left_out(city: Harness) -> None:
    join(city, "email:gone@example.org", "", None, suppressed={Channel.EMAIL: "bounced"})
    made = gather(city).json()
    assert (made["rows"], made["kept_back"]) == (3, 1)


def test_the_page_of_wishes_puts_on_a_list_and_takes_off_it(city: Harness) -> None:
    path = wishes_of(city, "fay@example.org")
    page = city.http("GET", path)
    form = {"form_token": hidden(page, "form_token"), "locale": "en", "quiet_hours": "20:00-09:00"}
    chosen = {**form, "consultations": "email", "is_business": "yes"}
    assert city.http("POST", path, form=chosen).status == 303
    assert "checked" in city.http("GET", path).text
    assert gather(city, "consultations", who="businesses").json()["rows"] == 1
    stop = {"List-Unsubscribe": "One-Click"}
    assert city.http("POST", path, form=stop).status == 200
    contact = city.services.store.contact("email:fay@example.org")
    assert (contact.quiet_hours, contact.is_business) == ("20:00-09:00", True)
    page = city.http("GET", path)
    form = {"form_token": hidden(page, "form_token"), "locale": "en", "is_business": "yes"}
    assert city.http("POST", path, form=form).status == 303
    assert gather(city, "consultations", who="businesses").json()["rows"] == 0


def wishes_of(town: Harness, address: str) -> str:
    to = town.services.settings.intake_addresses[0]
    raw = f"From: {address}\r\nTo: {to}\r\nSubject: Hole\r\n\r\nA hole in Oak Street."
    town.mail(raw.encode())
    town.drain()
    (sent,) = [n for n in town.dump()["notifications"] if address in str(n)]
    return town.services.preferences.link(
        NotificationKey(sent["ticket_id"], sent["notification_id"])
    )


def test_a_large_segment_is_gathered_in_the_background_and_survives_a_restart(
    city: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipients, "STEP", 5)
    for number in range(18):
        join(city, f"email:many{number}@example.org", "", None, locale="zh")
    made = gather(city, locales=["zh"]).json()
    assert made["stage"] == "preparing"
    assert act(city, made["id"], "approve").status == 409
    city.restart()
    run(city)
    found = look(city, made["id"])
    assert (found["stage"], found["rows"]) == ("draft", 18)
    assert len(set(reached(city, found))) == 18
