"""GeoReport v2 through the town's gateway: what the catalogue, tokens, languages and failures change."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.faults import fault, refusal
from tests.handlers.programs import BASE, PLACE, Program, codes
from tests.harness import Harness

NOISE = {"service_code": "noise", "attribute[times]": "At night"}


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture(scope="module")
def program(town: Harness) -> Program:
    return Program(town)


def edit(town: Harness, code: str, **changes: Any) -> None:
    """An administrator changes a service."""
    path = f"/api/v1/services/{code}"
    stored = town.http("GET", path, user="administrator").json()
    wish = {"body": stored["body"] | changes, "version": stored["version"]}
    answer = town.http("PUT", path, json=wish, user="administrator")
    assert answer.status == 200, answer.text
    town.restart()


def test_a_service_that_is_switched_off_is_not_listed_and_takes_nothing(
    town: Harness, program: Program
) -> None:
    before = len(town.dump()["tickets"])
    edit(town, "graffiti", is_active=False)
    listed = [each["service_code"] for each in program.get("/services.json").json()]
    assert listed
    assert "graffiti" not in listed
    assert codes(program.get("/services/graffiti.json")) == ["404.service"]
    assert codes(program.post(**PLACE)) == ["404.service"]
    assert len(town.dump()["tickets"]) == before
    edit(town, "graffiti", is_active=True)
    assert program.post(**PLACE).status == 200


def test_a_list_of_nothing_is_an_empty_container(program: Program) -> None:
    for path in ("/requests.{}?service_request_id=none", "/requests.{}?bbox=1,1,2,2"):
        as_json, as_xml = program.get(path.format("json")), program.get(path.format("xml"))
        assert (as_json.status, as_json.text) == (200, "[]")
        assert (as_xml.status, as_xml.text.endswith("?>\n<service_requests/>")) == (200, True)


def test_lang_in_the_address_wins_over_the_header(program: Program) -> None:
    answer = program.get("/services.json?lang=fa", Accept_Language="es")
    assert answer.headers["Content-Language"] == "fa"
    assert program.get("/services.json?lang=xx").headers["Content-Language"] == "en"


def test_every_optional_field_of_the_standard_is_taken(program: Program) -> None:
    answer = program.post(
        **PLACE,
        jurisdiction_id=program.town.services.settings.jurisdiction_id,
        email="ana@example.org",
        device_id="device-1",
        account_id="account-1",
        first_name="Ana",
        last_name="Lima",
        phone="+12025550123",
        description="Paint",
        media_url="https://photos.example.org/1.jpg",
        address_string="5 Elm Street, Springfield",
        address_id="545483",
    )
    assert answer.status == 200, answer.text
    [record] = answer.json()
    assert list(record) == ["service_request_id", "service_notice", "account_id"]
    assert record["service_notice"]


def test_one_value_is_enough_for_a_question_that_takes_several(
    town: Harness, program: Program
) -> None:
    services = town.services.catalog.load().services.values()
    code, question = next(
        (s.service_code, a)
        for s in services
        for a in s.attributes
        if s.is_public
        and a.datatype == "multivaluelist"
        and not any(other.is_required for other in s.attributes if other is not a)
    )
    given = {"service_code": code, f"attribute[{question.code}]": question.values[0].key}
    request_id = program.make(**given)
    [ticket] = [t for t in town.dump()["tickets"] if t["ticket_id"] == request_id]
    assert ticket["attributes"][question.code] == [question.values[0].key]


def test_a_token_is_good_for_ninety_days_and_for_its_own_request_alone(
    town: Harness, program: Program
) -> None:
    one, other = (program.post(**PLACE, **NOISE).json()[0]["token"] for _ in range(2))
    swapped = f"{one.partition('-')[0]}-{other.partition('-')[2]}"
    assert codes(program.get(f"/tokens/{swapped}.json")) == ["404.token"]
    assert codes(program.get(f"/tokens/{one.partition('-')[0]}.json")) == ["404.token"]
    town.tick(town.now + timedelta(days=91))
    [record] = program.get(f"/tokens/{one}.json").json()
    assert record["token"] == one
    assert record["service_request_id"]


def test_a_code_is_decoded_once(program: Program) -> None:
    for name in ("a%2Fb", "a%252Fb", "a%20b.c"):
        assert codes(program.get(f"/services/{name}.json")) == ["404.service"]
    assert program.get("/services/%67raffiti.json").json()["service_code"] == "graffiti"
    assert program.get("/services/%2567raffiti.json").status == 404


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_a_failure_of_ours_is_told_in_the_standards_body_too(
    town: Harness, program: Program, kind: str
) -> None:
    with fault("dynamodb.Query", reply=refusal("AccessDeniedException")):
        answer = program.get(f"/requests.{kind}")
    assert answer.status == 500
    assert "500.internal" in answer.text
    assert "AccessDenied" not in answer.text
    if kind == "xml":
        assert ET.fromstring(answer.body).findtext("error/description")


@pytest.mark.parametrize("method", ["TRACE", "BREW"])
def test_a_method_that_nobody_knows_is_400_too(town: Harness, method: str) -> None:
    answer = town.http(method, f"{BASE}/services.json")
    assert (answer.status, codes(answer)) == (400, ["400.method"])


def test_the_same_matter_again_is_taken_and_the_notice_names_the_other(
    town: Harness, program: Program
) -> None:
    spot = {"lat": "41.2", "long": "-88.2", "description": "Paint on the bridge"}
    first = program.post(**spot).json()[0]
    town.tick(town.now + timedelta(minutes=11))
    headers = {"Idempotency-Key": "bridge-1"}
    second = program.post(**spot, headers=headers).json()[0]
    assert first["service_request_id"] not in str(first["service_notice"])
    assert first["service_request_id"] in second["service_notice"]
    assert second["service_request_id"] not in second["service_notice"]
    assert program.post(**spot, headers=headers).json() == [second]
    stored = {t["ticket_id"]: t for t in town.dump()["tickets"]}
    assert stored[second["service_request_id"]]["follows"] == ""  # a person decides
    far = program.post(lat="41.3", long="-88.2").json()[0]
    assert first["service_request_id"] not in str(far["service_notice"])


def test_whoever_says_which_request_it_is_joins_it_and_loses_nothing(
    town: Harness, program: Program
) -> None:
    main = program.make(lat="41.5", long="-88.5")
    answer = program.post(**PLACE, follow=main, description="The same paint").json()[0]
    assert main in answer["service_notice"]
    stored = {t["ticket_id"]: t for t in town.dump()["tickets"]}
    report = stored[answer["service_request_id"]]
    assert (report["follows"], report["description"]) == (main, "The same paint")
    assert stored[main]["me_too"] == 1
    private = program.get(f"/tokens/{program.post(**PLACE, **NOISE).json()[0]['token']}.json")
    hidden = private.json()[0]["service_request_id"]
    refused = program.post(**PLACE, follow=hidden)
    assert hidden not in refused.text
