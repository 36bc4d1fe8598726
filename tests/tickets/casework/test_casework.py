"""What staff can do with a ticket, and what the citizen is told of it."""

from __future__ import annotations

import pytest

from chalicelib.errors import (
    InvalidRequest,
    InvalidTransition,
    NotFound,
    StaleTicket,
    TicketNotFound,
    UnknownService,
)
from chalicelib.messages import Channel, Nature, Proof
from chalicelib.tickets.model.ticket import TRANSITIONS, Priority, Status, Visibility
from chalicelib.tickets.people.links import tracking_secret
from tests.city import BEN, CLERK, City


@pytest.fixture
def city() -> City:
    return City()


def test_a_first_reply_takes_the_ticket_into_work_and_is_one_mail(city: City) -> None:
    ticket = city.write()
    city.send_all()
    after = city.desk.reply(ticket.ticket_id, CLERK, "We are on it.", version=ticket.version)
    city.send_all()
    assert after.status is Status.IN_PROGRESS
    assert after.first_responded_at == city.now()
    assert len(city.mail.sent) == 2
    assert "We are on it." in city.mail.sent[-1].text


def test_a_reply_that_resolves_is_one_mail_with_the_words(city: City) -> None:
    ticket = city.write()
    city.send_all()
    city.desk.reply(
        ticket.ticket_id, CLERK, "Filled today.", version=ticket.version, then=Status.RESOLVED
    )
    city.send_all()
    assert city.notices(ticket) == ["ticket_received", "ticket_resolved"]
    assert "Filled today." in city.mail.sent[-1].text


def test_a_note_is_for_staff_only(city: City) -> None:
    ticket = city.write()
    city.desk.note(ticket.ticket_id, CLERK, "He calls every day.", version=ticket.version)
    casefile = city.desk.case(ticket.ticket_id)
    for audience in ("public", "requester"):
        view = city.desk.view(casefile, "en", audience)
        assert "He calls" not in str(view)
    assert city.notices(ticket) == ["ticket_received"]


def test_a_stale_version_is_told_and_changes_nothing(city: City) -> None:
    ticket = city.write()
    city.desk.note(ticket.ticket_id, CLERK, "First.", version=ticket.version)
    with pytest.raises(StaleTicket) as caught:
        city.desk.note(ticket.ticket_id, CLERK, "Second.", version=ticket.version)
    assert caught.value.version == ticket.version + 1
    assert city.kinds(ticket) == ["opened", "noted"]


@pytest.mark.parametrize("status", [Status.PENDING, Status.RESOLVED, Status.CANCELLED])
def test_the_citizen_is_owed_a_reason(city: City, status: Status) -> None:
    ticket = city.write()
    with pytest.raises(InvalidRequest) as caught:
        city.desk.change_status(ticket.ticket_id, CLERK, status, "  ", version=ticket.version)
    assert "reason" in caught.value.fields


@pytest.mark.parametrize("before", list(Status))
@pytest.mark.parametrize("after", list(Status))
def test_only_the_listed_transitions_are_possible(
    city: City, before: Status, after: Status
) -> None:
    ticket = city.write()
    ticket.status = before
    if after in TRANSITIONS[before]:
        ticket.change_status(after, city.now(), CLERK)
        assert ticket.status is after
    else:
        with pytest.raises(InvalidTransition):
            ticket.change_status(after, city.now(), CLERK)
        assert ticket.status is before


def test_a_notice_of_a_state_that_was_left_is_cancelled(city: City) -> None:
    ticket = city.write()
    city.send_all()
    city.desk.change_status(
        ticket.ticket_id, CLERK, Status.PENDING, "Which house?", version=ticket.version
    )
    city.desk.change_status(
        ticket.ticket_id, CLERK, Status.RESOLVED, "Found it.", version=ticket.version + 1
    )
    city.send_all()
    assert [m.subject for m in city.mail.sent[1:]] and len(city.mail.sent) == 2


def test_a_handed_over_ticket_keeps_its_deadline_and_the_citizen_learns_who_holds_it(
    city: City,
) -> None:
    ticket = city.write()
    other = next(code for code in city.catalogs.load().agencies if code != ticket.agency_code)
    after = city.desk.hand_over(
        ticket.ticket_id, CLERK, other, "Their road.", version=ticket.version
    )
    assert (after.agency_code, after.assignee) == (other, "")
    assert "ticket_handed_over" in city.notices(ticket)[-2:]
    assert "Their road." not in str(
        city.desk.view(city.desk.case(ticket.ticket_id), "en", "public")
    )


def test_an_unknown_agency_or_service_is_named(city: City) -> None:
    ticket = city.write()
    with pytest.raises(InvalidRequest):
        city.desk.hand_over(ticket.ticket_id, CLERK, "nobody", "x", version=ticket.version)
    with pytest.raises(UnknownService):
        city.desk.reclassify(ticket.ticket_id, CLERK, "nothing", "x", version=ticket.version)


def test_assigning_to_oneself_sends_no_mail(city: City) -> None:
    ticket = city.write()
    city.desk.assign(ticket.ticket_id, CLERK, CLERK.key, version=ticket.version)
    assert city.notices(ticket) == ["ticket_received"]


def test_assigning_to_a_colleague_tells_them(city: City) -> None:
    ticket = city.write()
    city.desk.assign(ticket.ticket_id, CLERK, "kim@city.example", version=ticket.version)
    city.send_all()
    assert city.mail.sent[-1].recipient.email == "kim@city.example"


def test_a_changed_priority_keeps_its_reason(city: City) -> None:
    ticket = city.write()
    after = city.desk.change_priority(
        ticket.ticket_id, CLERK, Priority.P1, "Children play there.", version=ticket.version
    )
    assert after.priority is Priority.P1
    entry = city.desk.case(ticket.ticket_id).entries[-1]
    assert (entry.text, entry.visibility) == ("Children play there.", Visibility.STAFF)


def test_an_unverified_entry_is_accepted_once_as_the_requesters(city: City) -> None:
    ticket = city.write()
    city.desk.change_status(
        ticket.ticket_id, CLERK, Status.PENDING, "Which house?", version=ticket.version
    )
    city.desk.receive(city.message("Number 5.", token=city.token(ticket), proof=Proof.UNPROVEN))
    held = city.desk.case(ticket.ticket_id)
    assert held.ticket.status is Status.PENDING
    number = held.entries[-1].number
    after = city.desk.accept_entry(ticket.ticket_id, CLERK, number, version=held.ticket.version)
    assert after.status is Status.IN_PROGRESS
    with pytest.raises(NotFound):
        city.desk.accept_entry(ticket.ticket_id, CLERK, number, version=after.version)


def test_a_tracking_link_opens_its_own_ticket_only(city: City) -> None:
    anna, ben = city.write(), city.write(sender=BEN)
    secret = tracking_secret(city.signer, anna)
    assert city.desk.track(anna.ticket_id, secret).ticket.ticket_id == anna.ticket_id
    for ticket_id, wrong in (
        (ben.ticket_id, secret),
        (anna.ticket_id, secret[:-1]),
        (anna.ticket_id, ""),
        ("SR-0000-0000-0", secret),
    ):
        with pytest.raises(TicketNotFound):
            city.desk.track(ticket_id, wrong)


def test_a_raised_tracking_version_revokes_the_link(city: City) -> None:
    ticket = city.write()
    secret = tracking_secret(city.signer, ticket)
    ticket.tracking_version += 1
    assert tracking_secret(city.signer, ticket) != secret


def test_language_and_channel_are_the_citizens_choice(city: City) -> None:
    ticket = city.write()
    secret = tracking_secret(city.signer, ticket)
    after = city.desk.change_preferences(ticket.ticket_id, secret, locale="fa")
    assert after.locale == "fa"
    with pytest.raises(InvalidRequest):
        city.desk.change_preferences(ticket.ticket_id, secret, channel=Channel.SMS)
    with pytest.raises(InvalidRequest):
        city.desk.change_preferences(ticket.ticket_id, secret, locale="xx")


def test_the_public_sees_no_private_ticket_and_no_private_words(city: City) -> None:
    private = city.write("Hello, something else.")
    with pytest.raises(TicketNotFound):
        city.desk.public_ticket(private.ticket_id)
    public = city.write("Pothole, call me at +1 202 555 0177 or anna@example.org")
    assert public.is_public
    shown = str(city.desk.view(city.desk.public_case(public.ticket_id), "en", "public"))
    assert "555" not in shown
    assert "anna@" not in shown


class TestCustody:
    """Held messages."""

    def test_a_released_message_becomes_an_unanswered_ticket(self, city: City) -> None:
        city.desk.receive(city.message("Real words.", message_id="s1", nature=Nature.SPAM))
        ticket_id = city.quarantine.release("email:s1", CLERK)
        assert city.store.get(ticket_id).description == "Real words."
        assert city.notices(city.store.get(ticket_id)) == []

    def test_a_decision_is_made_once_and_accounted_for(self, city: City) -> None:
        city.desk.receive(city.message(message_id="s1", nature=Nature.SPAM))
        city.quarantine.discard("email:s1", CLERK, "advertising")
        with pytest.raises(NotFound):
            city.quarantine.release("email:s1", CLERK)
        assert [r.action for r in city.store.records] == ["message_discarded"]

    def test_an_unknown_message_is_not_found(self, city: City) -> None:
        for key in ("email:nothing", "nonsense", "pigeon:1"):
            with pytest.raises(NotFound):
                city.quarantine.held(key)
