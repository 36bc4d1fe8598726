"""Hand-overs that are accepted or refused, news that arrived, appeals that somebody else decides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import InvalidRequest, InvalidTransition
from chalicelib.tickets.casework.handovers import MOST_HOPS
from chalicelib.tickets.clocks.deadlines import state_of_clock, upcoming
from chalicelib.tickets.model.ticket import Actor, ClockEvent, Status, Ticket
from chalicelib.tickets.ports import CatalogItem
from tests.city import CLERK, City

OTHER = Actor("staff", "other@city.example", "Olga Other")
HOUR = timedelta(hours=1)


@pytest.fixture
def city() -> City:
    return City()


def now(city: City, ticket: Ticket) -> Ticket:
    return city.store.get(ticket.ticket_id)


def handed(city: City, ticket: Ticket, to: str = "parks") -> Ticket:
    version = now(city, ticket).version
    return city.desk.hand_over(ticket.ticket_id, CLERK, to, "Theirs.", version=version)


def refused(city: City, ticket: Ticket, to: str = "") -> Ticket:
    version = now(city, ticket).version
    return city.desk.refuse_hand_over(ticket.ticket_id, OTHER, to, "Not ours.", version=version)


def test_a_hand_over_waits_for_an_answer_and_the_promise_goes_on(city: City) -> None:
    ticket = city.write()
    started = ticket.ledger[0]
    after = handed(city, ticket)
    catalog = city.catalogs.load()
    assert (after.agency_code, after.offered_from) == ("parks", "public-works")
    assert after.ledger[0] == started and after.due_at
    waiting = state_of_clock(after, catalog, "acceptance", city.now())
    assert waiting and waiting.met is None
    assert "unaccepted-hand-over" in {due.rule.rule_id for due in upcoming(after, catalog)}
    city.clock.move(HOUR)
    taken = city.desk.accept_hand_over(ticket.ticket_id, OTHER, version=after.version)
    kept = state_of_clock(taken, catalog, "acceptance", city.now())
    assert kept and kept.met and taken.offered_from == ""
    with pytest.raises(InvalidTransition):
        city.desk.accept_hand_over(ticket.ticket_id, OTHER, version=taken.version)


def test_the_new_agency_and_the_citizen_are_told(city: City) -> None:
    ticket = city.write()
    handed(city, ticket)
    assert set(city.notices(ticket)[-2:]) == {"ticket_assigned", "ticket_handed_over"}


def test_a_refusal_names_whose_it_is_or_the_arbiter_decides(city: City) -> None:
    ticket = city.write()
    handed(city, ticket)
    with pytest.raises(InvalidRequest):
        refused(city, ticket, "parks")
    named = refused(city, ticket, "sanitation")
    assert (named.agency_code, named.offered_from) == ("sanitation", "parks")
    unnamed = refused(city, ticket)
    assert unnamed.agency_code == "customer-desk" and unnamed.offered_from == ""
    with pytest.raises(InvalidTransition):
        refused(city, ticket)


def test_what_the_arbiter_gives_cannot_be_refused(city: City) -> None:
    ticket = city.write()
    handed(city, ticket)
    refused(city, ticket)
    final = handed(city, ticket, "parks")
    assert final.agency_code == "parks"
    with pytest.raises(InvalidTransition):
        refused(city, ticket)


def test_a_ticket_that_was_passed_on_too_often_goes_to_the_arbiter(city: City) -> None:
    ticket = city.write()
    for hop in range(MOST_HOPS):
        handed(city, ticket, ("parks", "sanitation", "public-works")[hop])
    last = handed(city, ticket, "parks")
    assert last.agency_code == "customer-desk"
    assert last.ledger[-1].event is ClockEvent.ACCEPTED


def test_whoever_answers_the_citizen_has_taken_it(city: City) -> None:
    ticket = city.write()
    version = handed(city, ticket).version
    after = city.desk.reply(ticket.ticket_id, OTHER, "We are coming.", version=version)
    assert after.offered_from == ""


def test_the_citizen_sees_the_chain_and_no_reason(city: City) -> None:
    ticket = city.write()
    handed(city, ticket)
    refused(city, ticket, "sanitation")
    casefile = city.desk.case(ticket.ticket_id)
    for audience in ("public", "requester"):
        view = city.desk.view(casefile, "en", audience)
        chain = [e.data["agency_name"] for e in view.entries if "agency_name" in e.data]
        names = city.catalogs.load().agencies
        assert chain == [names[code].agency_name["en"] for code in ("parks", "sanitation")]
        assert "Not ours." not in str(view)


def appealed(city: City) -> Ticket:
    ticket = city.write()
    given = city.desk.assign(ticket.ticket_id, CLERK, CLERK.key, version=ticket.version)
    done = city.desk.change_status(
        ticket.ticket_id, CLERK, Status.RESOLVED, "Filled.", version=given.version
    )
    assert done.resolved_by == CLERK.key
    return city.write("No.", token=city.token(ticket), intent="appeal")


def test_an_appeal_opens_the_ticket_with_a_ladder_of_its_own(city: City) -> None:
    ticket = appealed(city)
    assert ticket.status is Status.IN_PROGRESS and ticket.assignee == ""
    rules = {due.rule.rule_id for due in upcoming(ticket, city.catalogs.load())}
    assert "appeal" in rules


def test_an_appeal_never_ends_with_who_resolved_it(city: City) -> None:
    ticket = appealed(city)
    with pytest.raises(InvalidTransition):
        city.desk.change_status(
            ticket.ticket_id, CLERK, Status.RESOLVED, "Filled!", version=ticket.version
        )
    with pytest.raises(InvalidRequest):
        city.desk.assign(ticket.ticket_id, OTHER, CLERK.key, version=ticket.version)
    done = city.desk.change_status(
        ticket.ticket_id, OTHER, Status.RESOLVED, "Filled now.", version=ticket.version
    )
    assert done.status is Status.RESOLVED


def test_a_plain_answer_after_resolution_is_no_appeal(city: City) -> None:
    ticket = city.write()
    city.desk.change_status(
        ticket.ticket_id, CLERK, Status.RESOLVED, "Filled.", version=ticket.version
    )
    again = city.write("Not yet.", token=city.token(ticket))
    assert again.status is Status.IN_PROGRESS and again.appealed_against == ""


def test_only_a_message_that_arrived_informs_the_citizen(city: City) -> None:
    body = {"target_id": "informed", "clock": "informed", "minutes": 60}
    item = CatalogItem(kind="target", code="informed", version=0, body=body)
    city.catalogs.put(item, CLERK, city.now())
    ticket = city.write()
    city.send_all()
    catalog = city.catalogs.load()
    before = state_of_clock(now(city, ticket), catalog, "informed", city.now())
    assert before and before.met is None
    notification = city.store.read(ticket.ticket_id).notifications[0]
    for _ in range(2):
        city.desk.note_informed(notification)
    after = state_of_clock(now(city, ticket), catalog, "informed", city.now())
    assert after and after.met
    assert city.kinds(ticket).count("informed") == 1
