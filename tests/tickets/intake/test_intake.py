"""What becomes of a message: opened, appended, filed, held, refused; once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import StaleTicket
from chalicelib.messages import Audience, Channel, Nature, Party, Proof
from chalicelib.tickets.model.records import DeliveryStatus
from chalicelib.tickets.model.ticket import Status, Ticket
from tests.city import ANNA, BEN, CLERK, PHONE, City


@pytest.fixture
def city() -> City:
    return City()


def test_a_mail_opens_a_ticket_that_is_acknowledged(city: City) -> None:
    ticket = city.write("There is a pothole in Main Street.")
    city.send_all()
    assert ticket.requester == ANNA
    assert ticket.service_code == "pothole"
    assert ticket.due_at
    assert [m.recipient for m in city.mail.sent] == [ANNA]
    assert ticket.ticket_id in city.mail.sent[0].text


def test_the_same_message_ten_times_is_one_ticket_and_one_answer(city: City) -> None:
    message = city.message()
    outcomes = [city.desk.receive(message) for _ in range(10)]
    city.send_all()
    assert len({o.ticket_id for o in outcomes}) == 1
    assert [o.is_repeat for o in outcomes] == [False] + [True] * 9
    assert len(city.mail.sent) == 1


def test_the_same_content_by_two_addresses_is_one_ticket(city: City) -> None:
    first = city.desk.receive(city.message(content_digest="d1"))
    second = city.desk.receive(city.message(content_digest="d1"))
    assert first.ticket_id == second.ticket_id
    assert second.is_repeat
    proofs = sorted((m.outcome, m.ticket_id) for m in city.store.messages.values())
    assert proofs == [("duplicate", first.ticket_id), ("opened", first.ticket_id)]


def test_unrecognised_words_go_to_triage(city: City) -> None:
    ticket = city.write("Hello, I have something to say.")
    assert ticket.service_code == "unclassified"
    assert ticket.agency_code == city.catalogs.load().triage().agency_code
    assert not ticket.is_public


def test_a_reply_with_token_and_proof_is_the_requesters(city: City) -> None:
    ticket = city.write()
    city.desk.receive(city.message("It is getting deeper.", token=city.token(ticket)))
    entry = city.store.read(ticket.ticket_id).entries[-1]
    assert (entry.kind, entry.actor.kind, entry.is_verified) == ("appended", "requester", True)


def test_a_reply_to_a_resolved_ticket_within_the_window_reopens_it(city: City) -> None:
    ticket = _resolved(city)
    city.clock.move(timedelta(days=13))
    city.desk.receive(city.message("It is back.", token=city.token(ticket)))
    assert city.store.get(ticket.ticket_id).status is Status.IN_PROGRESS
    assert city.kinds(ticket)[-2:] == ["appended", "reopened"]
    assert "ticket_reopened" in city.notices(ticket)


def test_a_reply_after_the_window_opens_a_linked_ticket(city: City) -> None:
    ticket = _resolved(city)
    city.clock.move(timedelta(days=15))
    outcome = city.desk.receive(
        city.message("It is back.", token=city.token(ticket), subject=f"Re: {ticket.ticket_id}")
    )
    assert outcome.outcome == "opened"
    assert city.store.get(str(outcome.ticket_id)).linked_to == (ticket.ticket_id,)
    assert city.store.get(ticket.ticket_id).status is Status.RESOLVED


def test_another_subject_on_a_closed_ticket_is_a_new_matter(city: City) -> None:
    ticket = _resolved(city)
    city.desk.change_status(
        ticket.ticket_id, CLERK, Status.CLOSED, "", version=_version(city, ticket)
    )
    outcome = city.desk.receive(
        city.message("My bin.", token=city.token(ticket), subject="Missed bin")
    )
    assert city.store.get(str(outcome.ticket_id)).linked_to == ()


@pytest.mark.parametrize("proof", [Proof.UNPROVEN, Proof.FORGED])
def test_a_token_without_proof_changes_nothing(city: City, proof: Proof) -> None:
    ticket = _resolved(city)
    city.desk.receive(city.message("Reopen!", token=city.token(ticket), proof=proof))
    entry = city.store.read(ticket.ticket_id).entries[-1]
    assert city.store.get(ticket.ticket_id).status is Status.RESOLVED
    assert (entry.is_verified, entry.visibility, entry.actor.kind) == (False, "staff", "stranger")


def test_a_forwarded_reply_address_does_not_lend_the_owners_voice(city: City) -> None:
    ticket = _resolved(city)
    city.desk.receive(city.message("Reopen!", token=city.token(ticket), sender=BEN))
    assert city.store.get(ticket.ticket_id).status is Status.RESOLVED
    assert city.store.read(ticket.ticket_id).entries[-1].actor.key == BEN.key


def test_a_stranger_who_names_a_reference_opens_a_ticket_of_their_own(city: City) -> None:
    ticket = city.write()
    before = city.store.get(ticket.ticket_id).version
    outcome = city.desk.receive(
        city.message("Close it.", sender=BEN, claimed_ticket_id=ticket.ticket_id)
    )
    assert outcome.ticket_id != ticket.ticket_id
    assert city.store.get(ticket.ticket_id).version == before


def test_a_stranger_who_answers_one_of_our_mails_opens_a_ticket_of_their_own(city: City) -> None:
    ticket = city.write()
    city.send_all()
    answered = city.store.read(ticket.ticket_id).notifications[0].provider_message_id
    outcome = city.desk.receive(city.message("Hm.", sender=BEN, answers=(answered,)))
    assert outcome.ticket_id != ticket.ticket_id


def test_the_requester_who_answers_one_of_our_mails_is_joined(city: City) -> None:
    ticket = city.write()
    city.send_all()
    answered = city.store.read(ticket.ticket_id).notifications[0].provider_message_id
    outcome = city.desk.receive(city.message("More.", answers=(answered,)))
    assert outcome.ticket_id == ticket.ticket_id


def test_the_requester_who_names_the_reference_is_joined(city: City) -> None:
    ticket = city.write()
    outcome = city.desk.receive(city.message("More.", claimed_ticket_id=ticket.ticket_id))
    assert outcome.ticket_id == ticket.ticket_id


def test_words_of_the_citizen_end_the_waiting(city: City) -> None:
    ticket = city.write()
    city.desk.change_status(
        ticket.ticket_id, CLERK, Status.PENDING, "Which house?", version=ticket.version
    )
    city.desk.receive(city.message("Number 5.", token=city.token(ticket)))
    assert city.store.get(ticket.ticket_id).status is Status.IN_PROGRESS
    assert "ticket_in_progress" not in city.notices(ticket)


@pytest.mark.parametrize("nature", [Nature.AUTOMATIC, Nature.LIST, Nature.BOUNCE])
def test_a_machine_is_never_answered_and_moves_nothing(city: City, nature: Nature) -> None:
    ticket = _resolved(city)
    city.send_all()
    sent = len(city.mail.sent)
    filed = city.desk.receive(
        city.message("I am away.", token=city.token(ticket), nature=nature, nature_reason="x")
    )
    alone = city.desk.receive(city.message("I am away.", nature=nature, nature_reason="x"))
    city.send_all()
    assert (filed.outcome, alone.outcome) == ("filed", "rejected")
    assert city.store.get(ticket.ticket_id).status is Status.RESOLVED
    assert len(city.mail.sent) == sent


@pytest.mark.parametrize("nature", [Nature.SPAM, Nature.VIRUS])
def test_what_the_scan_condemns_is_held_and_not_answered(city: City, nature: Nature) -> None:
    outcome = city.desk.receive(city.message(nature=nature))
    city.send_all()
    assert outcome.outcome == "quarantined"
    assert city.mail.sent == []


def test_a_mail_without_a_single_sender_is_held(city: City) -> None:
    outcome = city.desk.receive(city.message(sender=Party()))
    assert outcome.outcome == "quarantined"


def test_what_cannot_be_read_becomes_a_ticket_for_a_person(city: City) -> None:
    ticket = city.write("", nature=Nature.UNREADABLE, raw_key="raw/1", sender=Party())
    city.send_all()
    entry = city.store.read(ticket.ticket_id).entries[0]
    assert ticket.service_code == "unclassified"
    assert entry.data["raw_key"] == "raw/1"
    assert city.mail.sent == []


def test_an_unproven_address_gets_one_answer_a_day(city: City) -> None:
    for _ in range(5):
        city.write(proof=Proof.UNPROVEN)
    city.send_all()
    assert len(city.mail.sent) == 1
    city.clock.move(timedelta(days=1))
    city.write(proof=Proof.UNPROVEN)
    city.send_all()
    assert len(city.mail.sent) == 2


def test_a_forged_sender_gets_no_answer_at_all(city: City) -> None:
    ticket = city.write(proof=Proof.FORGED)
    assert city.notices(ticket) == []


def test_a_flood_is_kept_whole_and_answered_little(city: City) -> None:
    tickets = [city.write(f"Pothole number {n}") for n in range(50)]
    city.send_all()
    assert len({t.ticket_id for t in tickets}) == 50
    assert len(city.mail.sent) == city.catalogs.load().policy.answers_per_address_an_hour
    states = {n.status for t in tickets for n in city.store.read(t.ticket_id).notifications}
    assert states == {DeliveryStatus.ACCEPTED, DeliveryStatus.SUPPRESSED}


def test_a_failing_enqueue_loses_nothing_and_is_swept(city: City) -> None:
    city.queue.fail_next.append(RuntimeError("down"))
    city.write()
    assert city.queue.keys == []
    city.clock.move(timedelta(minutes=5))
    assert city.notifier.enqueue_due() == 1
    city.send_all()
    assert len(city.mail.sent) == 1


def test_an_agencys_mail_is_a_note_and_no_citizen_sees_it(city: City) -> None:
    ticket = city.write()
    agency = city.catalogs.load().agencies[ticket.agency_code]
    office = Party(email=agency.email)
    token = city.token(ticket, Audience.AGENCY)
    token = type(token)(ticket_id=token.ticket_id, audience=token.audience, party_key=office.key)
    city.desk.receive(city.message("Crew goes tomorrow.", sender=office, token=token))
    entry = city.store.read(ticket.ticket_id).entries[-1]
    assert (entry.actor.kind, entry.visibility) == ("agency", "staff")
    assert city.store.get(ticket.ticket_id).last_staff_action_at == city.now()


class TestTexts:
    """Text messages and their conversations."""

    def test_a_text_opens_a_ticket_and_is_answered_by_text(self, city: City) -> None:
        city.desk.receive(city.text("Pothole at Main Street 5"))
        city.send_all()
        assert [m.recipient.phone for m in city.texts.sent] == [PHONE.phone]

    def test_the_next_text_continues_the_conversation_silently(self, city: City) -> None:
        first = city.desk.receive(city.text("Pothole at Main Street 5"))
        second = city.desk.receive(city.text("Near the bakery"))
        city.send_all()
        assert first.ticket_id == second.ticket_id
        assert len(city.texts.sent) == 1

    def test_a_conversation_ends_after_its_days(self, city: City) -> None:
        first = city.desk.receive(city.text("Pothole at Main Street 5"))
        city.clock.move(timedelta(days=8))
        second = city.desk.receive(city.text("Broken lamp"))
        assert first.ticket_id != second.ticket_id

    def test_a_number_that_names_anothers_ticket_gets_its_own(self, city: City) -> None:
        ticket = city.write()
        outcome = city.desk.receive(city.text("Close it", claimed_ticket_id=ticket.ticket_id))
        assert outcome.ticket_id != ticket.ticket_id

    def test_stop_cancels_what_is_queued_and_confirms_once(self, city: City) -> None:
        city.desk.receive(city.text("Pothole at Main Street 5"))
        city.desk.receive(city.text("STOP", intent="stop"))
        city.desk.receive(city.text("STOP", intent="stop"))
        city.send_all()
        assert len(city.texts.sent) == 1
        assert "SR-" not in city.texts.sent[0].text

    def test_nothing_is_texted_after_stop_until_start(self, city: City) -> None:
        ticket_id = city.desk.receive(city.text("Pothole at Main Street 5")).ticket_id
        city.send_all()
        city.desk.receive(city.text("STOP", intent="stop"))
        city.send_all()
        sent = len(city.texts.sent)
        ticket = city.store.get(str(ticket_id))
        city.desk.reply(ticket.ticket_id, CLERK, "We are on it.", version=ticket.version)
        city.send_all()
        assert len(city.texts.sent) == sent
        city.desk.receive(city.text("START", intent="start"))
        city.send_all()
        assert len(city.texts.sent) == sent + 1

    def test_whoever_stopped_texts_is_reached_by_mail_if_known(self, city: City) -> None:
        both = Party(email=ANNA.email, phone=PHONE.phone)
        ticket = city.write(sender=both, preferred_channel=Channel.SMS, channel=Channel.WEB)
        city.desk.receive(city.text("STOP", intent="stop"))
        city.send_all()
        texts = len(city.texts.sent)
        city.desk.reply(ticket.ticket_id, CLERK, "We are on it.", version=ticket.version)
        city.send_all()
        assert len(city.texts.sent) == texts
        assert [m.recipient.email for m in city.mail.sent] == [ANNA.email]

    def test_help_is_answered_and_opens_nothing(self, city: City) -> None:
        outcome = city.desk.receive(city.text("HELP", intent="help"))
        city.send_all()
        assert outcome.outcome == "answered"
        assert len(city.texts.sent) == 1

    def test_a_robot_on_a_phone_is_not_answered(self, city: City) -> None:
        outcome = city.desk.receive(city.text("I'm driving", nature=Nature.AUTOMATIC))
        city.send_all()
        assert outcome.outcome == "rejected"
        assert city.texts.sent == []


def test_a_ticket_saved_by_somebody_else_is_read_again(city: City) -> None:
    ticket = city.write()
    city.store.fail_next.append(StaleTicket("somebody was faster"))
    outcome = city.desk.receive(city.message("More.", token=city.token(ticket)))
    assert outcome.ticket_id == ticket.ticket_id
    assert city.kinds(ticket) == ["opened", "appended"]


def _resolved(city: City) -> Ticket:
    ticket = city.write()
    city.desk.change_status(
        ticket.ticket_id, CLERK, Status.RESOLVED, "Filled.", version=ticket.version
    )
    return city.store.get(ticket.ticket_id)


def _version(city: City, ticket: Ticket) -> int:
    return city.store.get(ticket.ticket_id).version


def test_a_city_without_any_catalogue_still_takes_reports(city: City) -> None:
    city.catalogs.versions.clear()
    ticket = city.write()
    assert (ticket.service_code, ticket.agency_code) == ("unclassified", "triage")
