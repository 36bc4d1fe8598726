"""The list of services, and what each asks for."""

from __future__ import annotations

from typing import Any

from conformance.boxes import NotApplicable, box, expect, expect_served
from conformance.endpoint import Endpoint

DATATYPES = {"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}
NOBODY = "no-such-service-7f3a"


def _definitions(endpoint: Endpoint) -> list[dict[str, Any]]:
    asking = [s["service_code"] for s in endpoint.services if s.get("metadata") in (True, "true")]
    if not asking:
        raise NotApplicable("no service asks for more")
    return [endpoint.definition(code) for code in asking[:20]]


def _attributes(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [each for found in _definitions(endpoint) for each in found["attributes"]]


@box("services.fields", "R", "service_code, service_name, metadata and type are there")
def fields(endpoint: Endpoint) -> None:
    expect_served(endpoint.get("services.json"))
    for each in endpoint.services:
        for name in ("service_code", "service_name", "type"):
            expect(each.get(name), f"{name} of every service", each)
        expect("metadata" in each, "metadata of every service", each)


@box("services.unique", "R", "Every service_code is there once")
def unique(endpoint: Endpoint) -> None:
    codes = [each["service_code"] for each in endpoint.services]
    expect(len(codes) == len(set(codes)), "no code twice")


@box("services.type", "R", "type is realtime, batch or blackbox")
def kind(endpoint: Endpoint) -> None:
    found = {each["type"] for each in endpoint.services}
    expect(found <= {"realtime", "batch", "blackbox"}, "realtime, batch or blackbox", found)


@box("services.keywords", "O", "keywords are one text with commas")
def keywords(endpoint: Endpoint) -> None:
    given = [each["keywords"] for each in endpoint.services if each.get("keywords")]
    if not given:
        raise NotApplicable("not offered")
    expect(all(isinstance(each, str) for each in given), "texts", given[:2])


@box("services.order", "D", "The order is the same each time")
def order(endpoint: Endpoint) -> None:
    first = [each["service_code"] for each in endpoint.services]
    expect_served(endpoint.fresh("services.json"))
    expect([each["service_code"] for each in endpoint.services] == first, "the same order")


@box("services.jurisdiction", "R", "An unknown jurisdiction_id is 404, where it is looked at")
def jurisdiction(endpoint: Endpoint) -> None:
    answer = endpoint.get("services.xml", jurisdiction_id="nowhere.invalid")
    if answer.is_ok and not endpoint.jurisdiction_id:
        raise NotApplicable("one jurisdiction, which may ignore the argument")
    expect(answer.status == 404, "status 404", answer)


@box("definition.object", "R", "A definition is an object with the code that was asked for")
def definition_object(endpoint: Endpoint) -> None:
    for each in endpoint.services[:20]:
        if each["metadata"] in (True, "true"):
            found = endpoint.definition(each["service_code"])
            expect(
                found.get("service_code") == each["service_code"], "the same service_code", found
            )


@box("definition.array", "R", "attributes are an array, also when there is one")
def definition_array(endpoint: Endpoint) -> None:
    for found in _definitions(endpoint):
        expect(isinstance(found.get("attributes"), list), "an array", found.get("attributes"))


@box(
    "definition.fields",
    "R",
    "Each attribute has variable, code, datatype, required, order, description",
)
def definition_fields(endpoint: Endpoint) -> None:
    for each in _attributes(endpoint):
        missing = {"variable", "code", "datatype", "required", "order", "description"} - set(each)
        expect(not missing, "every field", missing)


@box("definition.datatype", "R", "Each datatype is one of the six")
def datatype(endpoint: Endpoint) -> None:
    found = {each["datatype"] for each in _attributes(endpoint)}
    expect(found <= DATATYPES, ", ".join(sorted(DATATYPES)), found - DATATYPES)


@box("definition.order", "R", "Orders are positive and unique in a service, as are codes")
def definition_order(endpoint: Endpoint) -> None:
    for found in _definitions(endpoint):
        orders = [int(each["order"]) for each in found["attributes"]]
        codes = [each["code"] for each in found["attributes"]]
        expect(all(each > 0 for each in orders), "positive orders", orders)
        expect(len(set(orders)) == len(orders), "unique orders", orders)
        expect(len(set(codes)) == len(codes), "unique codes", codes)


@box("definition.values", "R", "Lists have values with key and name")
def values(endpoint: Endpoint) -> None:
    lists = [each for each in _attributes(endpoint) if each["datatype"].endswith("list")]
    if not lists:
        raise NotApplicable("no attribute is a list")
    for each in lists:
        expect(each.get("values"), f"values of {each['code']}", each.get("values"))
        keyed = all(value.get("key") and value.get("name") for value in each["values"])
        expect(keyed, "key and name of every value", each["values"][:2])


@box("definition.none", "D", "A service without metadata has a definition without attributes")
def without(endpoint: Endpoint) -> None:
    plain = [s["service_code"] for s in endpoint.services if s["metadata"] in (False, "false")]
    if not plain:
        raise NotApplicable("every service asks for more")
    expect(endpoint.definition(plain[0]).get("attributes") == [], "an empty array")


@box("definition.unknown", "R", "An unknown service_code is 404")
def unknown(endpoint: Endpoint) -> None:
    answer = endpoint.get(f"services/{NOBODY}.xml")
    expect(answer.status == 404, "status 404", answer)
