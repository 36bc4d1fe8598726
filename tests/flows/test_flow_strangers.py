"""Floods of strangers, one for each allowance: what is over it is kept, and the city's own are served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from chalicelib import metrics
from chalicelib.tickets.administration.keys import KeyWish
from chalicelib.tickets.catalog.allowances import MANY
from chalicelib.tickets.model.ticket import SYSTEM, Actor
from chalicelib.tickets.partners.keys import KeyKind
from tests.flows.test_flow_mail_attacks import _bounce
from tests.handlers.citizen.test_floods import is_solved
from tests.handlers.visitor import PNG, Page, Visitor, pass_time, tracking_path
from tests.harness import Harness, Response

DUTY = "duty-officer@city.example"
FEW = {
    "network_reports_an_hour": 6,
    "network_texts_an_hour": 3,
    "network_mails_an_hour": 3,
    "network_additions_an_hour": 6,
    "network_uploads_an_hour": 6,
    "network_codes_an_hour": 4,
    "network_wrong_codes_an_hour": 30,
    "network_duty_alarms_an_hour": 3,
    "city_texts_an_hour": 5,
    "city_texts_a_day": 7,
    "city_danger_texts_an_hour": 4,
    "city_mails_an_hour": 5,
    "city_reports_an_hour": 8,
    "city_uploads_an_hour": 8,
    "city_wrong_codes_an_hour": 40,
    "city_my_reports_an_hour": 5,
    "network_my_reports_an_hour": 4,
    "key_reports_an_hour": 3,
    "additions_a_day": 4,
    "added_files_a_day": 3,
}
USUAL = dict.fromkeys(FEW, 1_000)


def set_policy(town: Harness, **numbers: Any) -> None:
    """What an administrator does."""
    url = "/api/v1/policies/policy"
    item = town.http("GET", url, user="administrator").json()
    wanted = {"version": item["version"], "body": item["body"] | numbers}
    answer = town.http("PUT", url, user="administrator", json=wanted)
    assert answer.status == 200, answer.text
    town.restart()


@pytest.fixture(scope="module")
def booted() -> Iterator[Harness]:
    with Harness.boot() as town:
        yield town


@pytest.fixture
def town(booted: Harness) -> Harness:
    """Another day, with nothing on its way, and every allowance far away."""
    pass_time(booted, timedelta(days=1))
    booted.drain()
    set_policy(booted, **USUAL, duty_email=DUTY)
    booted.outbox.clear()
    return booted


def few(town: Harness, *names: str) -> None:
    set_policy(town, **{name: FEW[name] for name in names})


def stranger(town: Harness, network: int) -> Visitor:
    return Visitor(town, f"198.51.{network // 250}.{network % 250}")


def report(visitor: Visitor, words: str, **fields: Any) -> tuple[Response, Page]:
    given = {"description": words, "address": "Elm Street 5", "contact": "anonymous"}
    return visitor.send("/report?service=graffiti", given | {"follow": "none"} | fields)


def by_text(number: int) -> dict[str, str]:
    return {"contact": "sms", "phone": f"+1202555{number:04d}"}


def texts(town: Harness) -> list[str]:
    town.drain()
    return [str(sent.to) for sent in town.outbox if sent.channel == "sms"]


def mails(town: Harness) -> list[str]:
    town.drain()
    return [str(sent.to) for sent in town.outbox if sent.channel == "email"]


def kept(town: Harness, words: str) -> list[dict[str, Any]]:
    return [t for t in town.dump()["tickets"] if words in t["description"]]


# -- H2: texts -------------------------------------------------------------------------------------


def test_one_network_causes_few_texts_and_all_its_reports_are_kept(town: Harness) -> None:
    few(town, "network_texts_an_hour")
    pages = [report(stranger(town, 1), f"Paint A{n}", **by_text(n))[1] for n in range(6)]
    report(stranger(town, 2), "Paint elsewhere", **by_text(100))
    assert len(texts(town)) == FEW["network_texts_an_hour"] + 1, "somebody elsewhere is answered"
    assert len(kept(town, "Paint A")) == 6
    assert "on its way to your phone" in pages[0].words
    assert "so we cannot send you a confirmation yet" in pages[-1].words


def test_a_visitor_of_ipv6_is_known_by_56_bits(town: Harness) -> None:
    few(town, "network_texts_an_hour")
    for n in range(6):
        report(Visitor(town, f"2001:db8:0:ff{n:02x}::1"), f"Paint six {n}", **by_text(n))
    assert len(texts(town)) == FEW["network_texts_an_hour"]


def test_many_networks_together_empty_the_strangers_purse_alone(town: Harness) -> None:
    """H2: whoever wrote by text or has confirmed is answered as if nothing were the matter."""
    few(town, "city_texts_an_hour")
    own = "+12025559000"
    for n in range(9):
        report(stranger(town, n), f"Paint B{n}", **by_text(n))
    assert len(texts(town)) == FEW["city_texts_an_hour"]
    assert len(kept(town, "Paint B")) == 9
    town.outbox.clear()
    town.text("Pothole in Oak Street 5", sender=own)
    assert texts(town) == [own], "her text is answered"
    ticket = next(t for t in town.dump()["tickets"] if "Oak Street 5" in t["description"])
    staff, version = Actor("staff", "a@city.example"), ticket["version"]
    town.services.desk.reply(ticket["ticket_id"], staff, "We come today.", version=version)
    assert texts(town) == [own, own], "and so is what staff write to her"


def test_the_purse_of_the_day_outlasts_its_hours(town: Harness) -> None:
    few(town, "city_texts_an_hour", "city_texts_a_day")
    for hour in range(3):
        for n in range(5):
            report(stranger(town, n), f"Paint C{hour}{n}", **by_text(10 * hour + n))
        pass_time(town, timedelta(hours=1))
    assert len(texts(town)) == FEW["city_texts_a_day"]


def test_strangers_may_have_half_of_what_the_city_texts(town: Harness) -> None:
    few_segments = {"sms_segments_a_day": 8, "unproven_share_percent": 50}
    set_policy(town, **few_segments)
    for n in range(8):
        report(stranger(town, n), f"Paint D{n}", **by_text(n))
        texts(town)
        town.restart()  # what was spent is believed for a minute
    assert len(texts(town)) < 8
    strangers = len(texts(town))
    town.text("Pothole in Oak Street 6", sender="+12025559001")
    assert len(texts(town)) == strangers + 1
    set_policy(town, sms_segments_a_day=10_000)


def test_who_is_in_danger_is_told_whom_to_call_though_the_purse_is_empty(town: Harness) -> None:
    few(town, "city_texts_an_hour", "city_danger_texts_an_hour", "network_texts_an_hour")
    for n in range(9):
        report(stranger(town, n), f"Paint E{n}", **by_text(n))
    strangers = len(texts(town))
    _, page = report(stranger(town, 1), "There is a gas leak", **by_text(500))
    assert len(texts(town)) == strangers + 1
    assert "tel:911" in page.links
    for n in range(9):
        report(stranger(town, 20 + n), f"There is a fire, {n}", **by_text(600 + n))
    assert len(texts(town)) == strangers + FEW["city_danger_texts_an_hour"], "an end, too"
    assert len(kept(town, "There is a fire")) == 9


def test_an_unproven_number_is_answered_once_a_day_and_told_whom_to_call_once_an_hour(
    town: Harness,
) -> None:
    """`unproven_answers_a_day` and `danger_answers_an_hour`: nobody is woken by somebody else's forms."""
    for n in range(3):
        report(stranger(town, n), f"Paint T{n}", **by_text(801))
        report(stranger(town, n), f"There is a gas leak {n}", **by_text(802))
    assert sorted(texts(town)) == ["+12025550801", "+12025550802"]
    pass_time(town, timedelta(hours=1))
    report(stranger(town, 4), "Paint T4", **by_text(801))
    report(stranger(town, 4), "There is a gas leak 4", **by_text(802))
    assert texts(town).count("+12025550801") == 1
    assert texts(town).count("+12025550802") == 2
    pass_time(town, timedelta(days=1))
    report(stranger(town, 4), "Paint T5", **by_text(801))
    assert texts(town).count("+12025550801") == 2


def test_mails_to_unproven_addresses_have_an_end_in_each_network_and_in_the_city(
    town: Harness,
) -> None:
    few(town, "network_mails_an_hour", "city_mails_an_hour")
    for n in range(5):
        report(stranger(town, 1), f"Paint F{n}", contact="email", email=f"f{n}@a{n}.example")
    assert len([m for m in mails(town) if m.startswith("f")]) == FEW["network_mails_an_hour"]
    for n in range(5):
        report(stranger(town, 2 + n), f"Paint G{n}", contact="email", email=f"g{n}@b{n}.example")
    strangers = [m for m in mails(town) if m[0] in "fg"]
    assert len(strangers) == FEW["city_mails_an_hour"]
    assert len(kept(town, "Paint F")) + len(kept(town, "Paint G")) == 10


def test_what_a_rule_texts_to_unproven_numbers_comes_out_of_the_same_purse(town: Harness) -> None:
    """Who opens very many reports by form would else be paid for by each step of a ladder."""
    for n in range(6):
        report(stranger(town, n), f"Paint U{n}", **by_text(900 + n))
    pass_time(town, timedelta(hours=1))
    few(town, "city_texts_an_hour")
    ids = {ticket["ticket_id"] for ticket in kept(town, "Paint U")}
    for ticket_id in ids:
        ticket = town.services.store.get(ticket_id)
        ticket.record(
            "escalated", town.now, SYSTEM, data={"action": "tell_citizen", "step": "late"}
        )
        town.services.desk.committer.commit(ticket)
    told = [n for n in town.dump()["notifications"] if n["notice"] == "escalation_citizen"]
    reasons = [n["reason"] for n in told if n["ticket_id"] in ids]
    assert sorted(reasons) == [""] * FEW["city_texts_an_hour"] + ["city_texts_an_hour"]


def test_a_mail_that_comes_back_is_no_way_around_the_purse(town: Harness) -> None:
    """A form with a wrong mail address and somebody's number: the next way is their text."""
    few(town, "city_texts_an_hour")
    for n in range(7):
        fields = {
            "contact": "email",
            "email": f"x{n}@nobody{n}.example",
            "phone": by_text(n)["phone"],
        }
        report(stranger(town, n), f"Paint X{n}", **fields)
    town.drain()
    for sent in [sent for sent in town.outbox if str(sent.to).startswith("x")]:
        town.receipt(_bounce(sent))
    assert len(texts(town)) == FEW["city_texts_an_hour"]


# -- reports ---------------------------------------------------------------------------------------


def test_a_flood_from_everywhere_asks_each_browser_for_work_and_the_citizen_gets_through(
    town: Harness,
) -> None:
    few(town, "city_reports_an_hour")
    statuses = [report(stranger(town, n), f"Paint H{n}")[0].status for n in range(9)]
    assert statuses == [200] * FEW["city_reports_an_hour"] + [429]
    answer, page = report(stranger(town, 99), "Paint of a citizen")
    assert answer.status == 429 and "One moment" in page.words
    token = page.hidden["work_token"]
    done = next(str(n) for n in range(10_000_000) if is_solved(token, str(n)))
    form = page.hidden | {"work_answer": done}
    assert town.http("POST", "/report", form=form, source_ip="198.51.100.99").status == 200
    assert len(kept(town, "Paint of a citizen")) == 1


def test_many_reports_of_one_address_are_kept_and_marked(town: Harness) -> None:
    set_policy(town, many_reports_an_hour=2)
    for n in range(4):
        report(stranger(town, n), f"Paint I{n}", contact="email", email="ida@example.org")
    assert [MANY in t["tags"] for t in kept(town, "Paint I")].count(True) == 2
    set_policy(town, many_reports_an_hour=10)


# -- M11: the officer on duty ----------------------------------------------------------------------


def alarms(town: Harness) -> list[str]:
    town.drain()
    told = [sent.text for sent in town.outbox if DUTY in str(sent.to)]
    return [text for text in told if "Somebody may be in danger" in text]


def test_two_hundred_fires_of_one_network_call_the_officer_a_few_times_and_then_once_with_the_count(
    town: Harness,
) -> None:
    few(town, "network_duty_alarms_an_hour")
    crowd = 30
    for n in range(crowd):
        assert report(stranger(town, 1), f"A fire, they say, {n}")[0].status == 200
    fires = kept(town, "A fire, they say")
    assert len(fires) == crowd and all("emergency" in t["tags"] for t in fires)
    at_once = FEW["network_duty_alarms_an_hour"]
    assert len(alarms(town)) == at_once
    report(stranger(town, 2), "A fire, here, really")
    assert len(alarms(town)) == at_once + 1, "her own caller wakes her at once"
    town.tick(town.now + timedelta(minutes=16))
    told = alarms(town)[at_once + 1 :]
    assert len(told) == 1
    assert f"{crowd - at_once - 1} more messages that speak of danger" in told[0]


# -- M5: codes -------------------------------------------------------------------------------------


def confirmation(visitor: Visitor, path: str, **fields: str) -> Response:
    """One of the two forms on the tracking page."""
    token = visitor.load(path)[1].hidden["form_token"]
    ip, form = visitor.source_ip, {"form_token": token, **fields}
    return visitor.town.http("POST", f"{path}/confirmation", form=form, source_ip=ip)


def wrong(visitor: Visitor, path: str, code: str = "000000") -> str:
    answer = confirmation(visitor, path, code=code)
    return str(answer.headers["Location"]).rpartition("code=")[2]


def code_of(town: Harness, path: str) -> str:
    from chalicelib.tickets.intake.confirmation import make_code

    ticket = town.services.store.get(path.split("/")[2])
    return make_code(town.services.signer, ticket)


def test_tries_at_a_number_count_for_its_day_whatever_report_they_are_made_on(
    town: Harness,
) -> None:
    """`wrong_codes_a_day`, M5: three hundred guesses, and the right one after them confirms nothing."""
    visitor = stranger(town, 1)
    paths = [tracking_path(report(visitor, f"Paint J{n}", **by_text(7))[0].text) for n in range(4)]
    answers = [wrong(visitor, path) for path in paths for _ in range(5)]
    assert answers[:10] == ["wrong_code"] * 10
    assert set(answers[10:]) == {"tried_enough"}
    assert wrong(visitor, paths[3], code_of(town, paths[3])) == "tried_enough"
    assert not any(t["is_confirmed"] for t in kept(town, "Paint J"))
    pass_time(town, timedelta(days=1))
    confirmation(visitor, paths[3], code=code_of(town, paths[3]))
    assert [t["is_confirmed"] for t in kept(town, "Paint J")].count(True) == 1, (
        "the next day it does"
    )


def test_a_code_that_is_not_sent_anew_resets_no_tries(town: Harness) -> None:
    """`codes_a_day`, M5: the fourth press of the day sends nothing, so the five wrong tries stay five."""
    visitor = stranger(town, 1)
    path = tracking_path(report(visitor, "Paint K", **by_text(8))[0].text)
    again = [confirmation(visitor, path, again="1") for _ in range(3)]
    assert {"asked" in each.headers["Location"] for each in again} == {True}
    set_policy(town, wrong_codes_a_day=100)
    assert [wrong(visitor, path) for _ in range(6)] == ["wrong_code"] * 5 + ["too_many_tries"]
    before = code_of(town, path)
    pass_time(town, timedelta(minutes=1))
    answer = confirmation(visitor, path, again="1")
    assert "sent=not_now" in answer.headers["Location"]
    assert (
        "cannot send a link or code just now" in visitor.load(answer.headers["Location"])[1].words
    )
    assert code_of(town, path) == before
    assert wrong(visitor, path, before) == "too_many_tries"
    set_policy(town, wrong_codes_a_day=10)


def test_a_code_for_which_the_purse_is_empty_is_not_made_either(town: Harness) -> None:
    visitor = stranger(town, 1)
    path = tracking_path(report(visitor, "Paint Y", **by_text(9))[0].text)
    assert [wrong(visitor, path) for _ in range(5)] == ["wrong_code"] * 5
    before = code_of(town, path)
    set_policy(town, city_texts_an_hour=0)
    pass_time(town, timedelta(minutes=1))
    assert "sent=not_now" in confirmation(visitor, path, again="1").headers["Location"]
    assert code_of(town, path) == before
    assert wrong(visitor, path, before) == "too_many_tries"


def test_tries_at_many_numbers_end_in_a_network_and_in_the_city(town: Harness) -> None:
    few(town, "network_wrong_codes_an_hour", "city_wrong_codes_an_hour")
    paths = [
        tracking_path(report(stranger(town, n), f"Paint L{n}", **by_text(n))[0].text)
        for n in range(12)
    ]
    one = [wrong(stranger(town, 50), path) for path in paths[:7] for _ in range(5)]
    assert one.count("wrong_code") == FEW["network_wrong_codes_an_hour"]
    others = [wrong(stranger(town, 60 + n), paths[7 + n]) for n in range(5) for _ in range(5)]
    assert one.count("wrong_code") + others.count("wrong_code") == FEW["city_wrong_codes_an_hour"]


def test_requests_for_codes_end_in_a_network(town: Harness) -> None:
    few(town, "network_codes_an_hour")
    visitor = stranger(town, 1)
    asked = []
    for n in range(6):
        path = tracking_path(report(stranger(town, n), f"Paint M{n}", **by_text(n))[0].text)
        answer = confirmation(visitor, path, again="1")
        asked.append("sent=asked" in answer.headers["Location"])
    assert asked == [True] * FEW["network_codes_an_hour"] + [False] * 2


# -- M9: send me my reports ------------------------------------------------------------------------


def ask(town: Harness, address: str, network: int = 1) -> int:
    return stranger(town, network).send("/my", {"address": address})[0].status


def test_a_neighbours_number_gets_three_lists_a_day_and_none_at_night(town: Harness) -> None:
    """`my_reports_a_day`, M9."""
    town.text("Pothole in Elm Street 9", sender="+12025550777")
    town.drain()
    pass_time(town, _until(town, 3))
    town.outbox.clear()
    for _ in range(4):
        assert ask(town, "+12025550777") == 303
        pass_time(town, timedelta(minutes=50))
    assert texts(town).count("+12025550777") == 0, "it is night"
    town.tick(town.now + timedelta(hours=3))
    town.tick(town.now + timedelta(minutes=6))
    for _ in range(9):
        pass_time(town, timedelta(hours=1))
        ask(town, "+12025550777")
    assert texts(town).count("+12025550777") == 3


def _until(town: Harness, hour: int) -> timedelta:
    """How long it is until that hour, by the city's clock."""
    from zoneinfo import ZoneInfo

    local = town.now.astimezone(ZoneInfo(town.services.settings.timezone))
    there = local.replace(hour=hour, minute=0) + timedelta(days=local.hour >= hour)
    return there - local


def test_lists_end_in_a_network_with_a_word_and_in_the_city_without_one(town: Harness) -> None:
    few(town, "network_my_reports_an_hour", "city_my_reports_an_hour")
    one = [ask(town, f"one{n}@example.org") for n in range(5)]
    assert one == [303] * FEW["network_my_reports_an_hour"] + [429]
    assert [ask(town, f"two{n}@example.org", 2) for n in range(3)] == [303] * 3
    unsent = [n for n in town.dump()["notifications"] if n["status"] == "suppressed"]
    assert {n["reason"] for n in unsent} >= {"city_my_reports_an_hour"}


# -- M10: additions --------------------------------------------------------------------------------


def add(visitor: Visitor, path: str, words: str, **files: bytes) -> tuple[Response, Page]:
    given = {f"photos:{name}.png": content for name, content in files.items()}
    return visitor.send(path, {"text": words}, to=f"{path}/messages", files=given or None)


def test_additions_to_a_report_have_an_end_and_come_back_with_their_words(town: Harness) -> None:
    few(town, "additions_a_day")
    visitor = stranger(town, 1)
    path = tracking_path(report(visitor, "Paint N")[0].text)
    for n in range(FEW["additions_a_day"]):
        assert add(visitor, path, f"More {n}")[0].status == 303
    answer, page = add(visitor, path, "One word too many")
    assert answer.status == 429 and "One word too many" in page.words
    assert "call 911" in page.words
    assert add(visitor, path, "There is a fire now")[0].status == 303, "danger passes"
    other = tracking_path(report(visitor, "Paint N2")[0].text)
    assert add(visitor, other, "On another report")[0].status == 303


def test_additions_end_in_a_network(town: Harness) -> None:
    few(town, "network_additions_an_hour")
    visitor = stranger(town, 1)
    paths = [tracking_path(report(visitor, f"Paint O{n}")[0].text) for n in range(4)]
    statuses = [add(visitor, path, f"More {n}")[0].status for path in paths for n in range(2)]
    assert statuses == [303] * FEW["network_additions_an_hour"] + [429] * 2
    assert add(stranger(town, 2), paths[0], "From elsewhere")[0].status == 303


def test_files_added_to_a_report_have_an_end(town: Harness) -> None:
    few(town, "added_files_a_day")
    visitor = stranger(town, 1)
    path = tracking_path(report(visitor, "Paint P")[0].text)
    statuses = [add(visitor, path, f"See {n}", a=PNG, b=PNG)[0].status for n in range(2)]
    assert statuses == [303, 429]
    assert add(visitor, path, "Without a photo")[0].status == 303


def test_the_office_hears_of_a_flood_of_additions_once_a_quarter_of_an_hour(town: Harness) -> None:
    visitor = stranger(town, 1)
    path = tracking_path(report(visitor, "Paint Q")[0].text)
    mails(town)
    town.outbox.clear()
    for n in range(20):
        add(visitor, path, f"More {n}")
    assert len(mails(town)) == 1


# -- L8: files before the gate ---------------------------------------------------------------------


def invite(visitor: Visitor) -> int:
    fields = {"type": "image/png", "name": "a.png"}
    return visitor.send("/report?service=graffiti", fields, to="/report/uploads")[0].status


def test_invitations_to_post_a_photo_end_in_a_network_and_in_the_city(town: Harness) -> None:
    few(town, "network_uploads_an_hour", "city_uploads_an_hour")
    assert [invite(stranger(town, 1)) for _ in range(7)] == [200] * 6 + [429]
    assert [invite(stranger(town, 2)) for _ in range(3)] == [200] * 2 + [429]


def stored(town: Harness) -> int:
    found = boto3.client("s3", region_name="us-east-1").list_objects_v2(
        Bucket=town.services.settings.files_bucket
    )
    return int(found["KeyCount"])


def test_photos_of_a_form_are_counted_before_they_are_stored(town: Harness) -> None:
    few(town, "network_uploads_an_hour")
    visitor = stranger(town, 1)
    for _ in range(6):
        invite(visitor)
    before = stored(town)
    given = {"description": "Paint R", "address": "Elm 1", "contact": "anonymous", "follow": "none"}
    photo = {"photos:a.png": PNG + b"R"}
    answer, page = visitor.send("/report?service=graffiti", given, files=photo)
    assert answer.status == 400 and "without files" in page.words
    assert stored(town) == before
    assert report(visitor, "Paint R")[0].status == 200, "the words go on without it"
    danger = given | {"description": "Paint and a gas leak"}
    assert visitor.send("/report?service=graffiti", danger, files=photo)[0].status == 200


# -- L7: programs ----------------------------------------------------------------------------------


def test_a_key_is_counted_in_each_network(town: Harness) -> None:
    few(town, "key_reports_an_hour")
    key = town.api_key

    def post(n: int, network: int) -> int:
        form = {"service_code": "graffiti", "address_string": "Elm 1", "description": f"Paint S{n}"}
        form |= {"api_key": key, "phone": f"+1202555{n:04d}"}
        source = f"198.51.100.{network}"
        return town.http("POST", "/open311/v2/requests.json", form=form, source_ip=source).status

    assert [post(n, 1) for n in range(5)] == [200] * FEW["key_reports_an_hour"] + [429] * 2
    assert post(9, 2) == 200, "another telephone with the same app"


def test_words_of_a_program_on_reports_of_others_are_counted_like_a_strangers(
    town: Harness,
) -> None:
    few(town, "network_additions_an_hour", "additions_a_day")
    made = [ticket_by_program(town, n) for n in range(3)]

    def say(ticket_id: str, n: int, network: int, key: str = "") -> int:
        form = {
            "api_key": key or town.api_key,
            "service_request_id": ticket_id,
            "update_id": str(n),
        }
        form |= {"updated_datetime": town.now.isoformat(), "description": f"Still there {n}"}
        form |= {"status": "OPEN"}
        path = "/open311/v2/servicerequestupdates.json"
        return town.http("POST", path, form=form, source_ip=f"198.51.100.{network}").status

    of_one = [say(made[0], n, 40 + n) for n in range(FEW["additions_a_day"] + 1)]
    assert of_one == [200] * FEW["additions_a_day"] + [429]
    many = range(100, 101 + FEW["network_additions_an_hour"])
    of_network = [say(made[1 + n % 2], n, 3) for n in many]
    assert of_network == [200] * FEW["network_additions_an_hour"] + [429]
    agency = town.services.catalog.load().services["graffiti"].agency_code
    wish = KeyWish(name="Works", kind=KeyKind.LIVE, days=30, agency_code=agency)
    works = town.services.key_desk.make(wish, SYSTEM).secret
    assert {say(made[0], n, 3, works) for n in many} == {200}, (
        "the agency's own system is no stranger"
    )


def ticket_by_program(town: Harness, n: int) -> str:
    form = {"service_code": "graffiti", "address_string": "Elm 1", "description": f"Paint U{n}"}
    answer = town.http("POST", "/open311/v2/requests.json", form=form | {"api_key": town.api_key})
    return str(answer.json()[0]["service_request_id"])


# -- what staff see --------------------------------------------------------------------------------


def test_what_is_used_up_stands_where_staff_look(town: Harness) -> None:
    few(town, "network_texts_an_hour")
    for n in range(5):
        report(stranger(town, 1), f"Paint V{n}", **by_text(n))
    sending = town.http("GET", "/console/sending", user="supervisor").text
    assert "/console/allowances" in sending and "used up today" in sending
    page = Page(town.http("GET", "/console/allowances", user="supervisor").text)
    row = page.words.partition("Texts to unproven numbers for one network an hour")[2][:40]
    assert row.split()[:2] == ["3", "2"], "at most three, and two more were wanted"
    city = page.words.partition("Texts to unproven numbers in the whole city an hour")[2]
    assert city.split()[:2] == ["1000", "3"]
    form = Page(town.http("GET", "/console/catalogue/policy/policy", user="administrator").text)
    assert "3 are taken now" in form.words
    unsent = next(t for t in kept(town, "Paint V") if t["description"] == "Paint V4")
    case = town.http("GET", f"/console/tickets/{unsent['ticket_id']}", user="agent").text
    assert "what messages to people whom nobody has confirmed may take was used up" in case


@pytest.fixture
def told() -> Iterator[list[str]]:
    """The lines of metrics that CloudWatch would read."""
    lines: list[str] = []
    listen = lines.append
    metrics.LISTENERS.append(listen)
    yield lines
    metrics.LISTENERS.remove(listen)


def test_whoever_operates_the_city_is_told_when_half_of_a_purse_is_used(
    town: Harness, told: list[str]
) -> None:
    few(town, "city_my_reports_an_hour")
    shares = []
    for n in range(4):
        ask(town, f"three{n}@example.org", n)
        told.clear()
        town.tick(town.now + timedelta(minutes=1))
        shares.append([json.loads(line)["PurseShare"] for line in told if "PurseShare" in line])
    assert shares == [[], [], [60], [80]]


# -- the door of staff -----------------------------------------------------------------------------


def test_guesses_at_the_door_of_staff_end_in_a_network_and_nobody_elsewhere_notices(
    town: Harness,
) -> None:
    set_policy(town, network_sign_ins_an_hour=3)
    guess = {"username": "agent@city.example", "password": "not this one"}

    def enter(network: int) -> int:
        return stranger(town, network).send("/console/sign-in", guess)[0].status

    assert [enter(1) == 429 for _ in range(5)] == [False] * 3 + [True] * 2
    assert enter(2) != 429
    set_policy(town, network_sign_ins_an_hour=300)


def test_requests_for_a_new_staff_password_end_for_a_person_and_in_a_network(town: Harness) -> None:
    set_policy(town, resets_a_day=2, network_resets_an_hour=4)

    def forget(network: int, name: str) -> int:
        fields = {"username": f"{name}@city.example"}
        return stranger(town, network).send("/console/password", fields)[0].status

    assert [forget(n, "nobody") == 429 for n in range(3)] == [False, False, True], "of a person"
    one = [forget(9, f"nobody{n}") == 429 for n in range(5)]
    assert one == [False] * 4 + [True], "of a network"
    set_policy(town, resets_a_day=15, network_resets_an_hour=30)
