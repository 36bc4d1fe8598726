"""The seed's ladders on the whole desk: notices leave once, in order, to the right people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chalicelib.tickets.escalation import Escalations
from chalicelib.tickets.escalation.recompute import Recomputation
from chalicelib.tickets.model.ticket import Priority, Status, Ticket
from chalicelib.tickets.ports import CatalogItem
from tests.city import CLERK, City
from tests.fakes import FixedClock

MONDAY = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)  # 08:30 in New York, as the office opens
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def a_city() -> City:
    return City(clock=FixedClock(MONDAY))


def run(city: City, to: datetime) -> None:
    """Every two hours until then."""
    escalations = Escalations(city.store, city.catalogs, city.committer, city.clock)
    while city.now() < to:
        city.clock.move(2 * HOUR)
        escalations.run()
        city.send_all()


def leave_only(city: City, *rule_ids: str) -> None:
    """Take every other rule out of the catalogue."""
    for item in city.catalogs.items("rule"):
        if item.code not in rule_ids:
            grave = CatalogItem(
                kind="rule", code=item.code, version=item.version, body=item.body, is_deleted=True
            )
            city.catalogs.put(grave, CLERK, city.now())


def told(city: City, ticket: Ticket) -> list[tuple[str, str]]:
    """Who was written to about escalations: notice and recipient."""
    notifications = city.store.read(ticket.ticket_id).notifications
    return [(n.notice, n.recipient.email or "") for n in notifications if "escalation" in n.notice]


def test_a_report_that_nobody_answers_climbs_the_ladder() -> None:
    city = a_city()
    leave_only(city, "resolution-ladder", "first-answer")
    ticket = city.write("A pothole opened in Main Street.")
    assert ticket.due_at == MONDAY + 3 * DAY + 8 * HOUR + timedelta(minutes=30)
    run(city, MONDAY + 7 * DAY)
    assert told(city, ticket) == [
        ("escalation_reminder", "public-works@city.example"),
        ("escalation_supervisor", "public-works-supervisor@city.example"),
        ("escalation_reminder", "public-works@city.example"),
        ("escalation_supervisor", "public-works-supervisor@city.example"),
        ("escalation_citizen", "anna@example.org"),
    ]
    assert city.store.get(ticket.ticket_id).priority is Priority.P2
    assert len(city.mail.sent) == 1 + 5


def test_an_urgent_report_reaches_the_duty_officer_at_night() -> None:
    city = a_city()
    leave_only(city, "emergency-resolution")
    city.clock.at = MONDAY + 12 * HOUR
    ticket = city.write("A water main burst, water leak everywhere.")
    assert ticket.due_at == MONDAY + 16 * HOUR
    run(city, MONDAY + 18 * HOUR)
    assert told(city, ticket) == [
        ("escalation_reminder", "customer-desk@city.example"),
        ("escalation_supervisor", "customer-desk-supervisor@city.example"),
        ("escalation_supervisor", "duty-officer@city.example"),
        ("escalation_citizen", "anna@example.org"),
    ]


def test_an_answer_keeps_the_first_promise_and_silences_its_ladder() -> None:
    city = a_city()
    leave_only(city, "first-answer")
    ticket = city.write()
    city.clock.move(HOUR)
    city.desk.reply(ticket.ticket_id, CLERK, "We are on our way.", version=ticket.version)
    run(city, MONDAY + 7 * DAY)
    assert told(city, ticket) == []


def test_a_resolved_report_is_closed_after_two_weeks_and_the_citizen_is_told() -> None:
    city = a_city()
    ticket = city.write()
    city.desk.change_status(
        ticket.ticket_id, CLERK, Status.RESOLVED, "Filled.", version=ticket.version
    )
    run(city, MONDAY + 15 * DAY)
    assert city.store.get(ticket.ticket_id).status is Status.CLOSED
    assert told(city, ticket) == []
    assert city.kinds(ticket)[-2:] == ["status_changed", "escalated"]


def test_a_longer_promise_is_told_to_the_citizen_before_the_old_date() -> None:
    city = a_city()
    ticket = city.write()
    item = next(i for i in city.catalogs.items("target") if i.code == "resolution-pothole")
    body = {**item.body, "minutes": 6 * 480}
    city.clock.move(HOUR)
    city.catalogs.put(
        CatalogItem(kind="target", code=item.code, version=item.version, body=body),
        CLERK,
        city.now(),
    )
    Recomputation(city.store, city.catalogs, city.committer, city.clock).run()
    assert city.notices(ticket)[-1] == "deadline_moved"
    moved = city.store.get(ticket.ticket_id).due_at
    assert moved is not None
    assert moved.date() == (MONDAY + 7 * DAY).date()
