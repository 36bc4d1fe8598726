"""Messages that other systems ask for: keys, limits, exactly once, and callbacks that are signed."""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.channels import bounds
from chalicelib.errors import PermanentSendError, TransientSendError
from chalicelib.notifications.broadcasts.rows import read_rows
from tests.fakes import FakePost
from tests.harness import Harness, Response

TEMPLATE = {
    "subject": "Due: {{ title }}",
    "body": "Your book {{ title }} is due.",
    "sms": "{{ title }} is due.",
    "placeholders": {"title": "Emma"},
}
ORDER = {
    "template": "library_due",
    "recipient": "reader@example.org",
    "personalisation": {"title": "Emma"},
}


@pytest.fixture
def posts() -> Iterator[FakePost]:
    found = FakePost()
    bootstrap.set_post(found)
    yield found
    bootstrap.set_post(None)


@pytest.fixture
def city(posts: FakePost) -> Iterator[Harness]:
    with Harness.boot() as town:
        body = {"body": {"notice_id": "library_due.en", **TEMPLATE}, "version": 0}
        path = "/api/v1/notices/library_due.en"
        assert town.http("PUT", path, json=body, user="administrator").status == 200
        yield town


def key(town: Harness, **given: Any) -> dict[str, Any]:
    wish = {"name": "library", "kind": "live", **given}
    answer = town.http("POST", "/api/v1/api-keys", json=wish, user="administrator")
    assert answer.status == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def order(town: Harness, secret: str, **given: Any) -> Response:
    headers = {"Authorization": f"Bearer {secret}"}
    return town.http("POST", "/api/v1/notifications", json={**ORDER, **given}, headers=headers)


@pytest.mark.parametrize("beyond", [-1, 0, 1])
@pytest.mark.parametrize("place", ["header", "body"])
def test_two_long_keys_that_begin_alike_are_never_one(
    city: Harness, place: str, beyond: int
) -> None:
    long = "k" * (bounds.ORDER_KEY + beyond)
    headers = {"Authorization": f"Bearer {key(city)['secret']}"}
    headers |= {"Idempotency-Key": long} if place == "header" else {}
    wish = ORDER | ({"idempotency_key": long} if place == "body" else {})
    answer = city.http("POST", "/api/v1/notifications", json=wish, headers=headers)
    assert answer.status == (422 if beyond > 0 else 201)


def test_an_order_is_sent_once_however_often_it_is_repeated(city: Harness) -> None:
    secret = key(city)["secret"]
    answers = [order(city, secret, idempotency_key="loan-7", reference="r1") for _ in range(3)]
    city.drain()
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert [sent.to for sent in city.outbox] == ["reader@example.org"]
    assert "Your book Emma is due." in city.outbox[0].text
    other = order(city, secret, idempotency_key="loan-7", recipient="else@example.org")
    assert other.status == 409
    headers = {"Authorization": f"Bearer {secret}"}
    one = city.http("GET", f"/api/v1/notifications/{answers[0].json()['id']}", headers=headers)
    assert one.json()["status"] == "accepted"
    listed = city.http("GET", "/api/v1/notifications?reference=r1", headers=headers)
    assert [each["id"] for each in listed.json()["notifications"]] == [one.json()["id"]]


def test_wrong_withdrawn_and_foreign_keys_open_nothing(city: Harness) -> None:
    made, other = key(city), key(city, name="other")
    assert order(city, made["secret"][:-1] + "~").status == 403
    assert order(city, made["secret"].replace("live", "test")).status == 403
    assert order(city, "").status == 401
    sent = order(city, made["secret"]).json()["id"]
    headers = {"Authorization": f"Bearer {other['secret']}"}
    assert city.http("GET", f"/api/v1/notifications/{sent}", headers=headers).status == 404
    revoke = f"/api/v1/api-keys/{made['key_id']}/revoke"
    assert city.http("POST", revoke, user="administrator").status == 200
    assert order(city, made["secret"]).status == 403
    city.tick(city.now + timedelta(days=366))
    assert order(city, other["secret"]).status == 403


def test_a_renewed_key_and_the_old_one_work_side_by_side_for_a_while(city: Harness) -> None:
    made = key(city)
    path = f"/api/v1/api-keys/{made['key_id']}/rotate"
    wish = {"overlap_hours": 2}
    fresh = city.http("POST", path, json=wish, user="administrator").json()
    assert fresh["key_id"] == made["key_id"]
    assert fresh["secret"] != made["secret"]
    assert [order(city, each["secret"]).status for each in (made, fresh)] == [201, 201]
    city.tick(city.now + timedelta(hours=2))
    assert [order(city, each["secret"]).status for each in (made, fresh)] == [403, 201]


def test_a_withdrawn_key_cannot_be_renewed_and_nothing_of_it_works(city: Harness) -> None:
    made = key(city)
    base = f"/api/v1/api-keys/{made['key_id']}"
    fresh = city.http("POST", f"{base}/rotate", json={}, user="administrator").json()
    city.http("POST", f"{base}/revoke", user="administrator")
    assert [order(city, each["secret"]).status for each in (made, fresh)] == [403, 403]
    assert city.http("POST", f"{base}/rotate", json={}, user="administrator").status == 422


def test_what_happens_to_a_key_is_in_the_audit_trail(city: Harness) -> None:
    made = key(city)
    base = f"/api/v1/api-keys/{made['key_id']}"
    city.http("POST", f"{base}/rotate", json={}, user="administrator")
    city.http("POST", f"{base}/revoke", user="administrator")
    city.http("POST", f"{base}/revoke", user="administrator")
    about = [a for a in city.dump()["audit"] if a["subject"] == f"api_key:{made['key_id']}"]
    assert sorted(a["action"] for a in about) == [
        "api_key_made",
        "api_key_renewed",
        "api_key_withdrawn",
    ]


def test_a_scope_that_names_what_there_is_not_is_refused_at_its_field(city: Harness) -> None:
    wish = {
        "name": "app",
        "kind": "live",
        "services": ["grafiti"],
        "templates": ["nothing"],
        "jurisdictions": ["other.example"],
    }
    answer = city.http("POST", "/api/v1/api-keys", json=wish, user="administrator")
    assert answer.status == 422
    assert set(answer.json()["error"]["fields"]) == {"services", "templates", "jurisdictions"}


def test_only_the_digest_of_a_key_is_kept(city: Harness) -> None:
    secret = key(city)["secret"].split("_", 3)[3]
    assert secret not in repr(city.dump())
    assert all(secret not in repr(row) for row in city._town.rows())
    listed = city.http("GET", "/api/v1/api-keys", user="administrator")
    assert secret not in listed.text


def test_a_key_keeps_to_its_channels_and_templates(city: Harness) -> None:
    secret = key(city, channels=["email"], templates=["library_due"])["secret"]
    assert order(city, secret).status == 201
    assert order(city, secret, recipient="+12025550123").status == 403
    assert order(city, secret, template="else").status == 403


def test_a_gap_or_a_strange_name_is_refused_at_once(city: Harness) -> None:
    secret = key(city)["secret"]
    lacking = order(city, secret, personalisation={})
    assert (lacking.status, list(lacking.json()["error"]["fields"])) == (422, ["title"])
    strange = order(city, secret, personalisation={"title": "x", "city_nam": "y"})
    assert (strange.status, list(strange.json()["error"]["fields"])) == (422, ["city_nam"])
    assert order(city, secret, locale="fa").status == 422
    city.drain()
    assert city.outbox == []


def test_values_have_room_for_so_much_together(city: Harness) -> None:
    secret = key(city)["secret"]
    fields = {f"f{number}": "x" * 1_250 for number in range(4)}
    fits = order(city, secret, personalisation=fields)
    assert "characters together" not in fits.text
    more = order(city, secret, personalisation=fields | {"title": "x"})
    assert more.status == 422
    assert "has more than 5000 characters together" in more.text


@pytest.mark.parametrize(("letters", "is_good"), [(1_248, True), (1_249, False)])
def test_a_row_has_room_for_so_much_together(letters: int, is_good: bool) -> None:
    names = ["a", "b", "c", "d"]
    lines = [f"email,{','.join(names)}", f"a@x.org,{','.join(['x' * letters] * 4)}"]
    [row] = read_rows(lines, names)
    assert (row.problem == "") == is_good


def test_over_the_limit_is_429_and_says_when_to_come_back(city: Harness) -> None:
    secret = key(city, rate_per_minute=2, daily_limit=3)["secret"]
    statuses = [order(city, secret) for _ in range(3)]
    assert [answer.status for answer in statuses] == [201, 201, 429]
    assert 1 <= int(statuses[2].headers["Retry-After"]) <= 60
    city.tick(city.now + timedelta(minutes=1))
    assert order(city, secret).status == 201
    city.tick(city.now + timedelta(minutes=1))
    spent = order(city, secret)
    assert spent.status == 429
    assert int(spent.headers["Retry-After"]) > 3600


def test_a_team_key_reaches_staff_and_guests_only(city: Harness) -> None:
    secret = key(city, kind="team")["secret"]
    assert order(city, secret).status == 403
    (staff,) = city.http("GET", "/api/v1/people", user="agent").json()["people"][:1]
    assert order(city, secret, recipient=staff["username"]).status == 201


def test_a_test_key_goes_the_whole_way_and_sends_nothing(city: Harness, posts: FakePost) -> None:
    made = key(city, kind="test", callback_url="https://books.example/hook")
    sent = order(city, made["secret"]).json()["id"]
    lost = order(city, made["secret"], recipient="bounce@example.org").json()["id"]
    city.drain()
    assert city.outbox == []
    headers = {"Authorization": f"Bearer {made['secret']}"}
    for name, status in ((sent, "delivered"), (lost, "bounced")):
        one = city.http("GET", f"/api/v1/notifications/{name}", headers=headers).json()
        assert (one["status"], one["is_simulated"]) == (status, True)


def test_callbacks_are_signed_and_tried_five_times_with_one_event_id(
    city: Harness, posts: FakePost
) -> None:
    made = key(city, kind="test", callback_url="https://books.example/hook")
    posts.fails = [TransientSendError("500")] * 20
    sent = order(city, made["secret"]).json()["id"]
    city.drain()
    for _ in range(40):
        city.tick(city.now + timedelta(minutes=1))
    told = [p for p in posts.sent if p[2]["Civicline-Event-Id"] == f"{sent}-delivered"]
    assert len(told) == 5
    stamps = [int(each[2]["Civicline-Timestamp"]) for each in told]
    assert [later - earlier for earlier, later in itertools.pairwise(stamps)] == [300] * 4
    url, body, headers = told[0]
    text = headers["Civicline-Timestamp"].encode() + b"." + body
    signature = hmac.new(made["callback_secret"].encode(), text, "sha256").hexdigest()
    assert headers["Civicline-Signature"] == f"v1={signature}"
    assert url == "https://books.example/hook"


def test_a_refused_callback_is_not_repeated(city: Harness, posts: FakePost) -> None:
    made = key(city, kind="test", callback_url="https://books.example/hook")
    posts.fails = [PermanentSendError("404")] * 20
    order(city, made["secret"])
    city.drain()
    for _ in range(3):
        city.tick(city.now + timedelta(minutes=5))
    assert len(posts.sent) == 2, "accepted and delivered, once each"
