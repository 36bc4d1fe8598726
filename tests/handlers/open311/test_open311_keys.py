"""Keys of other people's programs at the Open311 door: their scope, their rate, their end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.tickets.administration.keys import Issued, KeyWish
from chalicelib.tickets.model.ticket import SYSTEM
from chalicelib.tickets.partners.keys import KeyKind
from tests.handlers.programs import BASE, PLACE, Program, codes
from tests.harness import Harness


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def issued(town: Harness, **given: Any) -> Issued:
    facts: dict[str, Any] = {"name": "An app", "kind": KeyKind.LIVE, "days": 30}
    return town.services.key_desk.make(KeyWish(**facts | given), SYSTEM)


def program(town: Harness, **given: Any) -> Program:
    return Program(town, issued(town, **given).secret)


def stored(town: Harness) -> int:
    return len(town.dump()["tickets"])


def test_a_key_is_good_only_for_its_services(town: Harness) -> None:
    app, before = program(town, services=("graffiti",)), stored(town)
    assert app.post(**PLACE).status == 200
    refused = app.post(**PLACE, service_code="noise")
    assert (refused.status, codes(refused)) == (403, ["403.scope.service_code"])
    assert app.post(**PLACE, service_code="nope").status == 404
    assert stored(town) == before + 1


def test_a_key_of_another_jurisdiction_opens_nothing_here(town: Harness) -> None:
    made, clients = issued(town), town.services.clients
    key = clients.key(made.key.key_id)
    assert key
    elsewhere = replace(key, jurisdictions=("elsewhere.example",))
    clients.put_key(elsewhere, audit(town))
    answer = Program(town, made.secret).post(**PLACE)
    assert (answer.status, codes(answer)) == (403, ["403.scope.service_code"])


def audit(town: Harness) -> Any:
    from tests.examples import an_audit_record

    return an_audit_record(at=town.now, audit_id="moved-elsewhere")


def test_a_withdrawn_key_is_refused_at_once(town: Harness) -> None:
    made = issued(town)
    app = Program(town, made.secret)
    assert app.post(**PLACE).status == 200
    town.services.key_desk.revoke(made.key.key_id, SYSTEM)
    assert codes(app.post(**PLACE)) == ["403.api_key"]


def test_a_renewed_key_lets_the_old_secret_go_on_for_the_overlap_only(town: Harness) -> None:
    made = issued(town)
    desk = town.services.key_desk
    fresh = desk.rotate(made.key.key_id, SYSTEM, days=30, overlap_hours=2)
    old, new = Program(town, made.secret), Program(town, fresh.secret)
    assert (old.post(**PLACE).status, new.post(**PLACE).status) == (200, 200)
    town.tick(town.now + timedelta(hours=3))
    assert (old.post(**PLACE).status, new.post(**PLACE).status) == (403, 200)


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_a_key_used_too_often_is_told_when_to_come_back(town: Harness, kind: str) -> None:  # A17
    app, before = program(town, rate_per_minute=2), stored(town)
    assert [app.post(kind, **PLACE).status for _ in range(3)] == [200, 200, 429]
    refused = app.post(kind, **PLACE)
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert "429.too_many" in refused.text
    assert stored(town) == before + 2
    town.tick(town.now + timedelta(minutes=1))
    assert app.post(kind, **PLACE).status == 200


def test_the_days_uses_of_a_key_end_and_begin_again(town: Harness) -> None:
    app = program(town, daily_limit=1)
    assert app.post(**PLACE).status == 200
    refused = app.post(**PLACE)
    assert refused.status == 429
    town.tick(town.now + timedelta(seconds=int(refused.headers["Retry-After"])))
    assert app.post(**PLACE).status == 200


def test_bad_posts_count_too_and_reading_never_does(town: Harness) -> None:
    app = program(town, rate_per_minute=1)
    assert app.post(service_code="nope").status == 404
    assert app.post(**PLACE).status == 429
    assert app.get("/services.json").status == 200


def test_a_test_key_is_checked_and_answered_and_stores_nothing(town: Harness) -> None:
    app, before = program(town, kind=KeyKind.TEST), stored(town)
    [record] = app.post(**PLACE).json()
    assert "service_request_id" not in record
    assert record["service_notice"]
    assert app.post(lat="44").status == 400
    assert stored(town) == before


@pytest.mark.parametrize("path", ["requests.json", "servicerequestupdates.json"])
def test_a_key_in_the_address_is_refused_wherever_else_it_stands(town: Harness, path: str) -> None:
    made, before = issued(town), stored(town)
    form = {"service_code": "graffiti", **PLACE}
    for more, headers in (({}, {}), ({"api_key": made.secret}, {"X-Api-Key": made.secret})):
        answer = town.http(
            "POST",
            f"{BASE}/{path}?api_key={made.secret}",
            form={**form, **more},
            headers=headers,
        )
        assert (answer.status, codes(answer)) == (403, ["403.key_in_address"])
        assert made.secret not in answer.text
        assert "X-Api-Key" in answer.text
    assert stored(town) == before
    by_header = town.http(
        "POST", f"{BASE}/requests.json", form=form, headers={"X-Api-Key": made.secret}
    )
    assert by_header.status == 200


def test_a_key_stands_in_no_line_of_the_log(
    town: Harness, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    made = issued(town)
    with caplog.at_level("DEBUG", "chalicelib"):
        Program(town, made.secret).post(**PLACE)
        town.http("POST", f"{BASE}/requests.json?api_key={made.secret}", form={})
        Program(town, made.secret + "x").post(**PLACE)
    written = caplog.text + "".join(capfd.readouterr()) + str([vars(r) for r in caplog.records])
    assert caplog.records
    assert made.secret.split("_", 3)[3] not in written


def test_a_secret_is_kept_as_a_digest_only(town: Harness) -> None:
    made = issued(town)
    secret = made.secret.split("_", 3)[3]
    rows = str(list(town._town.rows()))
    assert made.key.key_id in rows
    assert secret not in rows
