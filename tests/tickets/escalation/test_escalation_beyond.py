"""Steps that reach beyond the ticket: other systems are called, incidents opened, each once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import InvalidRequest, StaleTicket
from chalicelib.tickets.casework.incidents import MOST_LISTED, Scope, Stored, join
from chalicelib.tickets.catalog.rule_checks import Known, check_rule
from chalicelib.tickets.escalation import ACTIONS
from chalicelib.tickets.escalation.trial import forecast
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.references import normalise_ticket_id, ticket_id_for
from chalicelib.tickets.model.ticket import Status, Ticket
from tests.tickets.escalation_town import HOUR, MONDAY, Town, a_rule, a_step, a_town

CALLING = a_rule(a_step("half", "call_webhook:books", share=50))
GATHERING = a_rule(a_step("half", "open_incident", share=50))


def incidents(town: Town) -> list[Ticket]:
    return [t for t in town.store.tickets.values() if "incident" in t.tags]


def test_a_called_system_hears_what_the_entry_says_and_nothing_of_the_citizen() -> None:
    town = a_town([CALLING])
    ticket = town.open()
    town.run(5 * HOUR)
    (entry,) = town.entries(ticket)
    (callback,) = town.store.callbacks
    assert callback.event_id == f"{ticket.ticket_id}-{entry.number}"
    assert callback.key_id == entry.data["to"] == "books"
    assert callback.about["step"]["step"] == "half"
    assert callback.about["ticket"]["ticket_id"] == ticket.ticket_id
    party = town.get(ticket).requester
    assert not any(w and w in str(callback.about) for w in (party.email, party.phone, party.name))


def test_a_step_that_was_not_saved_calls_nobody() -> None:
    town = a_town([CALLING])
    town.open()
    town.store.fail_next = [StaleTicket("somebody was faster")]
    town.run(5 * HOUR)
    assert town.store.callbacks == []
    town.run()
    town.run(HOUR)
    assert len(town.store.callbacks) == 1


def test_only_systems_that_can_be_called_are_accepted() -> None:
    catalog = a_town().catalogs.load()
    assert check_rule(CALLING, Known(catalog, ACTIONS, (), lambda: ["books"]))
    with pytest.raises(InvalidRequest) as refused:
        check_rule(CALLING, Known(catalog, ACTIONS, (), lambda: ["other"]))
    assert list(refused.value.fields) == ["steps[0].actions[0].to"]
    assert "'books'" in refused.value.fields["steps[0].actions[0].to"]
    nobody = a_rule(a_step("half", "call_webhook", share=50))
    with pytest.raises(InvalidRequest) as lacking:
        check_rule(nobody, Known(catalog, ACTIONS))
    assert "needs the system" in lacking.value.fields["steps[0].actions[0].to"]


def test_reports_of_one_group_gather_under_one_incident() -> None:
    town = a_town([GATHERING])
    reports = [town.open() for _ in range(3)]
    town.run(5 * HOUR)
    (incident,) = incidents(town)
    assert set(incident.linked_to) == {r.ticket_id for r in reports}
    assert {town.get(r).part_of for r in reports} == {incident.ticket_id}
    first = next(r for r in reports if town.entries(r)[0].data["is_new"])
    assert sum(e.data["is_new"] for r in reports for e in town.entries(r)) == 1
    opened, *linked = town.store.entries[incident.ticket_id]
    assert opened.data["report"] == first.ticket_id
    assert [e.kind for e in linked] == ["linked", "linked"]
    assert incident.due_at and incident.agency_code == "roads"


def test_two_steps_put_a_report_under_one_incident_only() -> None:
    twice = a_rule(
        a_step("half", "open_incident", "open_incident", share=50),
        a_step("end", "open_incident", share=100),
    )
    town = a_town([twice])
    ticket = town.open()
    town.run(30 * HOUR)
    (incident,) = incidents(town)
    assert [e.data["incident"] for e in town.entries(ticket)] == [incident.ticket_id] * 3
    assert incident.linked_to == (ticket.ticket_id,)


def test_an_incident_opens_none_of_itself_though_its_rule_means_it() -> None:
    town = a_town([GATHERING])
    town.open()
    town.run(5 * HOUR)
    town.run(30 * HOUR)
    (incident,) = incidents(town)
    assert incident.fired and incident.part_of == ""


def test_after_an_incident_is_solved_the_next_report_opens_another() -> None:
    town = a_town([GATHERING])
    found = []
    for _ in range(6):
        ticket = town.open()
        town.run(timedelta(days=4))
        found.append(town.get(ticket).part_of)
        town.move(town.store.get(found[-1]), Status.RESOLVED)
        town.move(ticket, Status.RESOLVED)
    assert len(set(found)) == 6


def test_two_runs_that_open_it_at_once_meet_at_one_item() -> None:
    town = a_town([GATHERING])
    one, other = town.open(), town.open()
    scope = Scope("city.example", "ladder", "half", "g", "")
    now = town.clock.now()
    for report in (one, other):
        found = Stored(town.store.get)
        join(town.get(report), scope, "Ladder", found, now)
        incident = found.changed[scope]
        if report is one:
            first, second = incident, Stored(town.store.get)
            join(town.get(other), scope, "Ladder", second, now)
            assert second.changed[scope].ticket_id == first.ticket_id
            town.store.save(Change(linked=[first]))
            with pytest.raises(StaleTicket):
                town.store.save(Change(linked=[second.changed[scope]]))


def test_of_many_incidents_the_last_is_found_with_few_reads() -> None:
    scope, reads = Scope("city.example", "storm", "a", "trees", "north"), list[str]()
    town = a_town()
    ticket = town.open()
    for number in range(1, 201):
        incident = town.get(ticket)
        incident.ticket_id, incident.version = ticket_id_for(scope.name(number)), 0
        incident.new_entries = []
        town.store.save(Change(linked=[incident]))

    def get(ticket_id: str) -> Ticket:
        reads.append(ticket_id)
        return town.store.get(ticket_id)

    number, last = Stored(get).latest(scope)
    assert number == 200 and last and last.ticket_id == ticket_id_for(scope.name(200))
    assert len(reads) < 20


def test_an_incident_of_thousands_stays_a_small_item() -> None:
    town = a_town([GATHERING])
    report = town.open()
    found = Stored(town.store.get)
    scope = Scope("city.example", "ladder", "half", "g", "")
    incident, _ = join(report, scope, "Ladder", found, MONDAY)
    incident.linked_to = tuple(ticket_id_for(str(n)) for n in range(MOST_LISTED))
    town.store.save(Change(linked=[incident]))
    join(town.open(), scope, "Ladder", found := Stored(town.store.get), MONDAY)
    assert len(found.changed[scope].linked_to) == MOST_LISTED
    assert found.changed[scope].new_entries[-1].kind == "linked"


def test_a_reference_made_of_a_name_reads_like_any_other() -> None:
    made = ticket_id_for("storm/trees/1")
    assert normalise_ticket_id(made) == made
    assert made == ticket_id_for("storm/trees/1") != ticket_id_for("storm/trees/2")


def test_a_trial_counts_calls_and_incidents_and_makes_none() -> None:
    both = a_rule(a_step("half", "call_webhook:books", "open_incident", share=50))
    town = a_town([])
    tickets = [town.open() for _ in range(3)]
    draft = check_rule(both, Known(town.catalogs.load(), ACTIONS, (), lambda: ["books"]))
    until = MONDAY + timedelta(days=3)
    trial = forecast(draft, tickets, town.catalogs.load(), MONDAY, until)
    assert (trial.calls, trial.incidents) == (3, 1)
    assert incidents(town) == [] and town.store.callbacks == []
