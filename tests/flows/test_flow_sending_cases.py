"""The catalogue's cases of sending and of what providers report (N01 to N20, X09 to X11), from
outside. N06, L11, T12 and P5 are in `test_flow_sending_days.py`, N13 in
`tests/notifications/sending/test_sending_crashes.py`, N16 in `tests/handlers/api/test_broadcasts.py`, N20
in `tests/handlers/api/test_orders.py`."""

from __future__ import annotations

import csv
import io
import itertools
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from infra.local.receipts import mail_event
from tests.faults import answer, fault
from tests.handlers.api.test_broadcasts import TEMPLATE, act, draft
from tests.harness import Harness

SES = "sesv2.SendEmail"
SETTINGS = {"body": TEMPLATE, "version": 0}
COUNT = itertools.count(1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def city() -> Iterator[Harness]:
    with Harness.boot() as town:
        saved = town.http(
            "PUT", "/api/v1/notices/water_off.en", json=SETTINGS, user="administrator"
        )
        assert saved.status == 200, saved.text
        yield town


def somebody() -> str:
    return f"citizen{next(COUNT)}@example.org"


def report(town: Harness, sender: str, words: str = "A hole in Elm Street 5.") -> str:
    """A mail that is taken in; its acknowledgement waits to be delivered."""
    to = town.services.settings.intake_addresses[0]
    raw = f"From: {sender}\r\nTo: {to}\r\nSubject: Hole\r\n\r\n{words}"
    town.deliver(town.mail(raw.encode()))
    return sender


def told(town: Harness, who: str) -> list[dict[str, Any]]:
    """The stored messages to somebody."""
    return [n for n in town.dump()["notifications"] if who in str(n["recipient"])]


def got(town: Harness, who: str) -> list[Any]:
    return [sent for sent in town.outbox if sent.to == who]


def later(town: Harness, by: timedelta = 5 * MINUTE, times: int = 1, *, rounds: int = 100) -> None:
    for _ in range(times):
        town.tick(town.now + by)
        town.drain(rounds)


def refused(code: str) -> Any:
    """How SES and SNS say no."""
    return answer({"__type": code, "message": code}, 400)


def bounced(town: Harness, who: str, **details: Any) -> None:
    town.receipt(mail_event(got(town, who)[-1], "Bounce", details))
    town.drain()


def test_n01_throttled_mails_back_off_and_all_leave_once(city: Harness) -> None:
    people = [report(city, somebody()) for _ in range(3)]
    with fault(SES, times=4, reply=refused("ThrottlingException")) as seen:
        city.drain()
        assert seen.calls == 3, "one attempt each: the client itself repeats nothing"
        later(city, 2 * MINUTE, 3)
    later(city, times=2)
    assert [len(got(city, who)) for who in people] == [1, 1, 1]


@pytest.mark.parametrize("is_settled", [True, False], ids=["settled", "silent"])
def test_n02_a_lost_answer_is_unknown_until_a_receipt_or_silence(
    city: Harness, is_settled: bool
) -> None:
    who = report(city, somebody())
    with fault(SES, is_lost=True):
        city.drain()
    assert [n["status"] for n in told(city, who)] == ["unknown"]
    later(city, 7 * MINUTE)
    assert len(got(city, who)) == 1, "nothing is repeated before a quarter of an hour"
    if is_settled:
        city.receipt(mail_event(got(city, who)[0], "Delivery"))
        city.drain()
    later(city, 9 * MINUTE, 2)
    (message,) = told(city, who)
    expected = ("delivered", 1, False) if is_settled else ("accepted", 2, True)
    assert (message["status"], len(got(city, who)), message["is_repeat"]) == expected


def test_n02_a_texts_lost_answer_is_unknown_too(city: Harness) -> None:
    """SNS's own log names only its id, which nobody heard."""
    number = f"+1202555{5000 + next(COUNT)}"
    city.deliver(city.text("A pothole in Elm Street 5", sender=number))
    with fault("sns.Publish", is_lost=True):
        city.drain()
    (message,) = told(city, number)
    assert (message["status"], len(got(city, number))) == ("unknown", 1)
    later(city, 8 * MINUTE, 3)
    (message,) = told(city, number)
    assert (message["status"], len(got(city, number))) == ("accepted", 2)
    assert message["is_repeat"]


@pytest.mark.parametrize(
    "code", ["MessageRejected", "InvalidParameterValue", "BadRequestException"]
)
def test_n03_a_refused_mail_ends_at_once_with_its_reason(city: Harness, code: str) -> None:
    who = report(city, somebody())
    with fault(SES, times=9, reply=refused(code)) as seen:
        city.drain()
        later(city, times=3)
        assert sum(who.encode() in body for body in seen.bodies) == 1
    (message,) = told(city, who)
    assert message["status"] == "failed"
    assert message["reason"]
    entries = [e for e in city.dump()["entries"] if e["ticket_id"] == message["ticket_id"]]
    assert "notice_failed" in {entry["kind"] for entry in entries}


def test_n04_a_paused_account_holds_mail_and_what_is_stale_ends_by_name(city: Harness) -> None:
    early, late = report(city, somebody()), ""
    with fault(SES, times=999, reply=refused("AccountSuspendedException")) as seen:
        city.drain()
        later(city, timedelta(hours=4), 1)
        late = report(city, somebody())
        city.drain()
        later(city, times=2)
        assert seen.calls >= 3
    later(city, 6 * MINUTE, 2)
    assert (len(got(city, early)), len(got(city, late))) == (0, 1)
    assert [n["status"] for n in told(city, early)] == ["failed"]
    assert told(city, early)[0]["reason"]


def test_n05_a_hard_bounce_stops_the_address_for_every_ticket(city: Harness) -> None:
    who = report(city, somebody())
    city.drain()
    bounced(city, who)
    assert [n["status"] for n in told(city, who)] == ["bounced"]
    report(city, who, "Another hole, in Oak Street 9.")
    city.drain()
    later(city)
    assert len(got(city, who)) == 1
    assert Counter(n["status"] for n in told(city, who)) == {"bounced": 1, "suppressed": 1}
    (ticket_id,) = {n["ticket_id"] for n in told(city, who) if n["status"] == "bounced"}
    kinds = {e["kind"] for e in city.dump()["entries"] if e["ticket_id"] == ticket_id}
    assert {"notice_failed", "contact_unreachable"} <= kinds


def test_n07_a_complaint_calls_off_what_is_queued(city: Harness) -> None:
    who = report(city, somebody())
    city.drain()
    report(city, who, "The lamp in Oak Street 9 is dark.")
    city.receipt(mail_event(got(city, who)[-1], "Complaint"))
    event = city._town.pump.event_of_last(city._variable("RECEIPTS_QUEUE"))
    city.deliver(event)
    city.drain()
    assert Counter(n["status"] for n in told(city, who)) == {"complained": 1, "cancelled": 1}
    assert len(got(city, who)) == 1


def test_n08_a_bounce_before_our_own_record_of_the_send_is_matched(city: Harness) -> None:
    who = report(city, somebody())
    with (
        fault("dynamodb.TransactWriteItems", times=99),
        fault("dynamodb.UpdateItem", nth=2, times=99),
    ):
        city.deliver(_last(city, "DELIVERY_QUEUE"))
    assert [n["status"] for n in told(city, who)] == ["claimed"], "it left and we could not say so"
    bounced(city, who)
    later(city, 16 * MINUTE)
    assert [n["status"] for n in told(city, who)] == ["bounced"]
    assert len(got(city, who)) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(("Delivery", "Bounce", "Complaint"))))
def test_n09_receipts_end_the_same_in_every_order_and_each_twice(
    city: Harness, order: tuple[str, ...]
) -> None:
    who = report(city, somebody())
    city.drain()
    for kind in order:
        for _ in range(2):
            city.receipt(mail_event(got(city, who)[0], kind))
            city.drain()
    assert [n["status"] for n in told(city, who)] == ["complained"]


def test_n10_strange_events_are_logged_once_without_personal_data_and_dropped(
    city: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    who = report(city, somebody())
    city.drain()
    event = mail_event(got(city, who)[0], "Bounce")
    event["mail"].update(messageId="never-sent", tags={})
    raw = city.receipt(event)
    with caplog.at_level(logging.INFO):
        assert city.deliver(raw)["batchItemFailures"], "our own record may be on its way"
        later(city, 6 * MINUTE)
        assert city.deliver(raw)["batchItemFailures"] == []
        assert (
            city.deliver(city.receipt({"neither": "this", "nor": who}))["batchItemFailures"] == []
        )
    city.drain()
    assert who not in caplog.text
    assert "unknown message" in caplog.text
    assert city.dump()["dead_letters"] == []


def test_n11_and_n12_other_cities_and_the_accounts_own_list(city: Harness) -> None:
    who = report(city, somebody())
    city.drain()
    event = mail_event(got(city, who)[0], "Bounce")
    event["mail"]["tags"]["jurisdiction_id"] = ["elsewhere.example"]
    city.receipt(event)
    city.drain()
    assert [n["status"] for n in told(city, who)] == ["accepted"]
    bounced(city, who, bounceSubType="OnAccountSuppressionList")
    assert [n["status"] for n in told(city, who)] == ["suppressed"]


@pytest.mark.parametrize("why", ["closed", "opted out"])
def test_n14_what_is_overtaken_after_it_was_queued_does_not_leave(city: Harness, why: str) -> None:
    number = f"+1202555{3000 + next(COUNT)}"
    city.deliver(city.text("A pothole in Elm Street 5", sender=number))
    city.drain()
    (first,) = told(city, number)
    path = f"/api/v1/tickets/{first['ticket_id']}"
    version = city.http("GET", path, user="agent").json()["ticket"]["version"]
    wish = {"text": "When did you see it?", "then": "pending", "version": version}
    assert city.http("POST", f"{path}/reply", json=wish, user="agent").status == 200
    if why == "closed":
        wish = {"status": "cancelled", "reason": "Twice.", "version": version + 1}
        assert city.http("POST", f"{path}/status", json=wish, user="agent").status == 200
    else:
        city.deliver(city.text("STOP", sender=number))
    city.drain()
    overtaken = [n for n in told(city, number) if n["status"] == "cancelled"]
    assert len(overtaken) == 1
    if why == "opted out":
        assert overtaken[0]["reason"] == "opted_out"
    assert not [sent for sent in got(city, number) if "When did you see it" in sent.text]


def test_n15_whoever_has_two_offices_gets_one_mail(city: Harness) -> None:
    """The duty officer is the supervisor of every office, and one step tells both."""
    who = "duty-officer@city.example"
    for agency in city.http("GET", "/api/v1/agencies", user="administrator").json()["items"]:
        body = {**agency["body"], "supervisor_email": who}
        wish = {"body": body, "version": agency["version"]}
        path = f"/api/v1/agencies/{agency['code']}"
        assert city.http("PUT", path, json=wish, user="administrator").status == 200
    actions = [{"do": "notify_supervisor"}, {"do": "notify_duty"}]
    step = {"code": "hour", "minutes": 60, "is_working_time": False, "actions": actions}
    rule = {"name": "Both", "order": 1, "clock": "staff_silence", "steps": [step]}
    wish = {"body": rule, "version": 0, "note": "Two offices"}
    saved = city.http("PUT", "/api/v1/rules/both", json=wish, user="administrator")
    assert saved.status in (200, 201), saved.text
    city.restart()
    ticket_id = told(city, report(city, somebody()))[0]["ticket_id"]
    later(city, 62 * MINUTE, 2, rounds=2_000)
    fired = [
        e["data"]["action"]
        for e in city.dump()["entries"]
        if e["ticket_id"] == ticket_id and e["data"].get("step") == "hour"
    ]
    assert fired == ["notify_supervisor", "notify_duty"]
    mine = [n for n in told(city, who) if n["ticket_id"] == ticket_id]
    assert [n["notice"] for n in mine] == ["escalation_supervisor"]


@pytest.mark.parametrize(("user", "mails"), [("agent", 0), ("supervisor", 1)])
def test_n15_nobody_is_told_what_they_did_themselves(city: Harness, user: str, mails: int) -> None:
    ticket_id = told(city, report(city, somebody()))[0]["ticket_id"]
    path = f"/api/v1/tickets/{ticket_id}"
    version = city.http("GET", path, user=user).json()["ticket"]["version"]
    wish = {"assignee": "agent@city.example", "version": version}
    assert city.http("POST", f"{path}/assign", json=wish, user=user).status == 200
    mine = [n for n in told(city, "agent@city.example") if n["ticket_id"] == ticket_id]
    assert len(mine) == mails


def test_n17_a_message_keeps_the_words_it_was_written_with(city: Harness) -> None:
    name = draft(city, "email,street\nwords@example.org,Elm\n").json()["id"]
    act(city, name, "approve")
    city.services.broadcasts.run()
    version = city.http("GET", "/api/v1/notices/water_off.en", user="administrator").json()
    changed = {"body": {**TEMPLATE, "subject": "Other {{ street }}"}, "version": version["version"]}
    saved = city.http("PUT", "/api/v1/notices/water_off.en", json=changed, user="administrator")
    assert saved.status == 200, saved.text
    city.drain()
    assert [sent.subject for sent in got(city, "words@example.org")] == ["Water off in Elm"]


def test_n18_a_missing_value_is_refused_before_anything_is_written(city: Harness) -> None:
    before = len(city.dump()["notifications"])
    made = draft(city, "email,street\ngap@example.org,\n").json()
    assert (made["bad"], made["problems"][0]["reason"]) == (1, "has nothing in street")
    assert act(city, made["id"], "approve").status == 422
    assert len(city.dump()["notifications"]) == before


def test_n19_an_automatic_mail_says_so_carries_its_own_token_and_follows_nobody(
    city: Harness,
) -> None:
    who = report(city, somebody())
    city.drain()
    (sent,) = got(city, who)
    assert sent.headers["Auto-Submitted"] == "auto-generated"
    assert sent.headers["X-Auto-Response-Suppress"]
    mark = told(city, who)[0]["ticket_id"].removeprefix("SR-").replace("-", "").lower()
    assert f"reply+{mark}" in sent.headers["Reply-To"].lower()
    assert "<img" not in sent.html


WORDS = "{{7*7}} {% for x in y %} ((name)) ${7*7} %(x)s {0.__class__}"


def test_x09_template_syntax_in_a_citizens_words_is_shown_as_it_is(city: Harness) -> None:
    number = f"+1202555{4000 + next(COUNT)}"
    city.text(f"A pothole in Elm Street 5 {WORDS}", sender=number)
    city.drain()
    (ticket,) = [t for t in city.dump()["tickets"] if number in str(t["requester"])]
    assert WORDS in ticket["description"]
    path = f"/api/v1/tickets/{ticket['ticket_id']}"
    wish = {"text": f"You wrote: {WORDS}", "version": ticket["version"]}
    assert city.http("POST", f"{path}/reply", json=wish, user="agent").status == 200
    city.drain()
    assert "{{7*7}}" in got(city, number)[-1].text
    assert "49" not in got(city, number)[-1].text


@pytest.mark.parametrize(
    "words",
    [
        "{{ ''.__class__ }}",
        "{{ 'a'*99999999 }}",
        "{% for a in b %}{% for c in d %}{{ c }}{% endfor %}{% endfor %}",
        "x" * 5_000_000,
    ],
    ids=["attribute", "product", "loops", "size"],
)
def test_x10_a_template_that_could_do_harm_is_refused_at_save_with_a_reason(
    city: Harness, words: str
) -> None:
    body = {**TEMPLATE, "notice_id": "harm.en", "body": words}
    wish = {"body": body, "version": 0}
    refusal = city.http("PUT", "/api/v1/notices/harm.en", json=wish, user="administrator")
    assert refusal.status in (400, 413, 422), refusal.text[:200]
    assert refusal.json()["error"]["message"]


CELLS = ["=HYPERLINK(1)", "+1+1", "-2", "@SUM(A1)", "\tx", "\rx", "+442079460958"]
FORMULAS = tuple("=+-@\t\r")


def cells(body: bytes, column: str) -> list[str]:
    return [
        row[column] for row in csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    ]


def test_x11_no_cell_of_a_lists_results_is_a_formula_and_it_comes_back_as_it_was(
    city: Harness,
) -> None:
    rows = "email,phone,street\n=cmd@example.org,,Elm\n,+12025550199,Elm\n@sum@example.org,,Elm\n"
    name = draft(city, rows).json()["id"]
    act(city, name, "approve")
    city.services.broadcasts.run()
    city.drain()
    path = f"/console/broadcasts/{name}/results/1"
    out = city.http("GET", path, user="auditor").body
    assert sorted(cells(out, "email")) == ["", "'=cmd@example.org"]
    assert sorted(cells(out, "phone")) == ["", "+12025550199"], (
        "a number can be called as it stands"
    )
    head, *lines = out.decode("utf-8-sig").splitlines()
    back = "\n".join([f"{head},street", *(f"{line},Elm" for line in lines)])
    again = draft(city, back).json()
    assert (again["rows"], again["bad"]) == (2, 0)
    act(city, again["id"], "approve")
    city.services.broadcasts.run()
    city.drain()
    assert len(got(city, "=cmd@example.org")) == len(got(city, "+12025550199")) == 2


@pytest.mark.parametrize("path", ["/data/reports-{month}.csv", "/open311/v2/bulk.csv"])
def test_x11_no_cell_of_a_public_file_is_a_formula(city: Harness, path: str) -> None:
    ids = [_reported(city, words) for words in CELLS]
    answer = city.http("GET", path.format(month=f"{city.now:%Y-%m}"))
    assert answer.status == 200
    found = dict(
        zip(
            cells(answer.body, "service_request_id"),
            cells(answer.body, "description"),
            strict=True,
        )
    )
    written = [found[each] for each in ids]
    assert not [each for each in written if each.startswith(FORMULAS)]
    assert written[0] == "'=HYPERLINK(1)"


def _reported(town: Harness, words: str) -> str:
    form = {
        "api_key": town.api_key,
        "service_code": "graffiti",
        "lat": "44.05",
        "long": "-123.02",
        "description": words,
    }
    made = town.http("POST", "/open311/v2/requests.json", form=form).json()
    return str(made[0]["service_request_id"])


def _last(town: Harness, queue: str) -> Any:
    return town._town.pump.event_of_last(town._variable(queue))
