"""A draft rule tried on the production engine: what it would do, beside what was done."""

from __future__ import annotations

import copy
from datetime import timedelta

from chalicelib.messages import Channel
from chalicelib.tickets.catalog.bodies import read_body
from chalicelib.tickets.catalog.rules import Rule
from chalicelib.tickets.escalation.trial import Prices, Trial, forecast, replay
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.ticket import Status, Ticket
from tests.tickets.escalation_town import (
    HOUR,
    LADDER,
    MINUTE,
    MONDAY,
    Town,
    a_rule,
    a_step,
    a_town,
)

TUESDAY = MONDAY + timedelta(days=1)


def a_draft(*steps: dict[str, object], **given: object) -> Rule:
    rule = read_body("rule", a_rule(*steps, **{"rule_id": "draft", **given}))
    assert isinstance(rule, Rule)
    return rule


def a_casefile(town: Town, ticket: Ticket) -> Casefile:
    return Casefile(town.get(ticket), town.store.entries[ticket.ticket_id])


def firings(trial: Trial) -> list[tuple[str, object]]:
    return [(f.step, f.at) for f in trial.firings]


def test_a_forecast_fires_the_same_steps_at_the_same_moments_as_the_town() -> None:
    town = a_town([LADDER | {"rule_id": "draft"}])
    ticket = town.open()
    draft = a_draft(*LADDER["steps"])
    trial = forecast(draft, [town.get(ticket)], town.catalogs.load(), MONDAY, TUESDAY + 5 * HOUR)
    town.tick(TUESDAY + 5 * HOUR)
    fired = dict.fromkeys((e.data["step"], e.at) for e in town.entries(ticket))
    assert firings(trial) == list(fired)
    assert trial.firings[1].actions == ("notify_supervisor", "tell_citizen")


def test_a_forecast_says_at_once_what_is_overdue_already() -> None:
    town = a_town([])
    ticket = town.open()
    draft = a_draft(a_step("half", "remind_agency", share=50))
    trial = forecast(draft, [ticket], town.catalogs.load(), TUESDAY, TUESDAY + HOUR)
    assert firings(trial) == [("half", TUESDAY)]


def test_a_trial_changes_nothing() -> None:
    town = a_town()
    ticket = town.open()
    before = copy.deepcopy(ticket)
    forecast(a_draft(*LADDER["steps"]), [ticket], town.catalogs.load(), MONDAY, TUESDAY)
    assert ticket == before


def test_a_replay_respects_pauses_and_resolutions_that_people_made() -> None:
    town = a_town([])
    paused, resolved = town.open(), town.open()
    town.run(2 * HOUR)
    town.move(paused, Status.PENDING)
    town.run(HOUR)
    town.move(resolved, Status.RESOLVED)
    town.run(HOUR)
    town.move(paused, Status.IN_PROGRESS)
    draft = a_draft(a_step("half", "remind_agency", share=50))
    files = [a_casefile(town, ticket) for ticket in (paused, resolved)]
    trial = replay(draft, files, town.catalogs.load(), MONDAY, TUESDAY)
    assert firings(trial) == [("half", MONDAY + 6 * HOUR)]


def test_a_replay_shows_what_the_published_rules_did_and_undoes_their_effects() -> None:
    urgent = a_rule(a_step("raise", "raise_priority:p1", share=25))
    town = a_town([urgent])
    town.publish(
        "target",
        "p1",
        {"target_id": "p1", "clock": "resolution", "minutes": 180, "priorities": ["p1"]},
    )
    ticket = town.open()
    town.run(2 * HOUR)
    draft = a_draft(a_step("late", "notify_duty", share=100))
    trial = replay(draft, [a_casefile(town, ticket)], town.catalogs.load(), MONDAY, TUESDAY)
    assert firings(trial) == [("late", MONDAY + 8 * HOUR)]
    assert [(f.step, f.actions) for f in trial.published] == [("raise", ("raise_priority",))]


def test_only_the_days_asked_about_are_counted() -> None:
    town = a_town([])
    ticket = town.open()
    draft = a_draft(*LADDER["steps"])
    files = [a_casefile(town, ticket)]
    trial = replay(draft, files, town.catalogs.load(), MONDAY + 5 * HOUR, MONDAY + 9 * HOUR)
    assert firings(trial) == [("reached", MONDAY + 8 * HOUR)]


def test_a_trial_counts_mails_texts_money_and_nights() -> None:
    town = a_town([])
    by_text = town.open(preferred_channel=Channel.SMS)
    by_mail = town.open()
    step = a_step("night", "notify_duty", "tell_citizen", minutes=14 * 60, is_working_time=False)
    draft = a_draft(step)
    trial = forecast(draft, [by_text, by_mail], town.catalogs.load(), MONDAY, TUESDAY + HOUR)
    assert (trial.tickets, trial.mails, trial.texts, trial.segments) == (2, 3, 1, 2)
    assert trial.woken == 0
    assert trial.cost(Prices(mail=1, segment=10)) == 23
    earlier = a_draft(a_step("night", "notify_duty", minutes=13 * 60 + 59, is_working_time=False))
    late = forecast(earlier, [by_mail], town.catalogs.load(), MONDAY, TUESDAY + HOUR)
    assert late.firings[0].at == MONDAY + 22 * HOUR - MINUTE
    assert late.woken == 1


def test_the_same_input_gives_the_same_trial() -> None:
    town = a_town([])
    tickets = [town.open() for _ in range(5)]
    draft, catalog = a_draft(*LADDER["steps"]), town.catalogs.load()
    one = forecast(draft, tickets, catalog, MONDAY, TUESDAY)
    two = forecast(draft, list(reversed(tickets)), catalog, MONDAY, TUESDAY)
    assert one == two
