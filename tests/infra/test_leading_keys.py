"""Functions write what is their business: their roles refuse the rest, and refuse nothing that they need.

A small evaluator of the policies ("Using IAM policy conditions for fine-grained access control" of the
DynamoDB guide): an explicit denial wins, and `ForAnyValue:StringLike` holds when one of the partition
keys of a request is like one of the patterns. moto evaluates no policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from bench.counting import THINGS
from infra.settings import ROOT
from tests.harness import Harness
from tests.infra.resources import as_list

POLICIES = ROOT / ".chalice"
WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
CITY = "city.example"
WRITERS = (
    "on_inbound_email",
    "on_inbound_sms",
    "on_delivery",
    "on_receipt",
    "on_change",
    "run_escalations",
    "find_lost_mail",
)
Write = tuple[str, str]  # an action and a partition key


def statements(function: str) -> list[dict[str, Any]]:
    path = Path(POLICIES / f"policy-{function.replace('_', '-')}.json")
    found: list[dict[str, Any]] = json.loads(path.read_text())["Statement"]
    return found


def is_refused(function: str, write: Write, city: str = CITY) -> bool:
    """Whether a denial of the function's role holds for one write."""
    denials = [s for s in statements(function) if s["Effect"] == "Deny" and "Condition" in s]
    return any(_holds(each, write, city) for each in denials)


def _holds(denial: Mapping[str, Any], write: Write, city: str) -> bool:
    action, key = write
    ((operator, condition),) = denial["Condition"].items()
    assert operator == "ForAnyValue:StringLike"
    patterns = [each["Fn::Sub"] for each in condition["dynamodb:LeadingKeys"]]
    is_like = any(fnmatchcase(key, each.replace("${JurisdictionId}", city)) for each in patterns)
    return f"dynamodb:{action}" in as_list(denial["Action"]) and is_like


def is_allowed(function: str, write: Write) -> bool:
    actions = [
        a for s in statements(function) if s["Effect"] == "Allow" for a in as_list(s["Action"])
    ]
    return f"dynamodb:{write[0]}" in actions


def writes_of(operation: str, request: Mapping[str, Any]) -> Iterator[Write]:
    """What one request of the low level client writes."""
    if operation == "TransactWriteItems":
        for item in request["TransactItems"]:
            for kind, parameters in item.items():
                if kind in WRITES:
                    yield WRITES[kind], _key(parameters)
    elif operation in WRITES.values():
        yield operation, _key(request)


def _key(parameters: Mapping[str, Any]) -> str:
    where = parameters.get("Key") or parameters["Item"]
    return str(where["pk"]["S"])


def test_no_function_is_refused_what_it_writes() -> None:
    """A day in which mail, texts, receipts and every schedule come."""
    seen: dict[str, set[Write]] = {}
    with Harness.boot(has_receipts=True) as town:
        _watch(town, seen)
        _live(town)
        city = town.services.settings.jurisdiction_id
    assert set(WRITERS) <= seen.keys()
    for function, writes in seen.items():
        assert [w for w in writes if is_refused(function, w, city)] == []
        assert [w for w in writes if not is_allowed(function, w)] == []


def _watch(town: Harness, seen: dict[str, set[Write]]) -> None:
    running: list[str] = []
    spent = town._town.pump.spent
    measure = spent.measure

    def told(function: Any, event: Any) -> Any:
        running.append(function.name)
        try:
            return measure(function, event)
        finally:
            running.pop()

    def note(params: Any, model: Any, **_: Any) -> None:
        if running:
            seen.setdefault(running[-1], set()).update(writes_of(model.name, params))

    spent.measure = told  # type: ignore[method-assign] - the one place where functions are called
    events = town.services.client("dynamodb").meta.events
    events.register("provide-client-params.dynamodb.*", note)


def _live(town: Harness) -> None:
    """Everything that the bill counts, and an opt-out."""
    for thing in THINGS.values():
        thing(town, 0)
        town.drain()
    town.text("STOP", sender="+12125550123")
    town.drain()
    town.tick(town.now + timedelta(days=2))
    town.drain()


@pytest.mark.parametrize("function", WRITERS)
@pytest.mark.parametrize(
    "key", ["CATALOG", "CATALOG#rule#r1", "API_KEYS", "SESSION#abc", "SESSIONS#x"]
)
@pytest.mark.parametrize("action", ["PutItem", "UpdateItem"])
def test_what_hears_strangers_can_touch_no_catalogue_no_key_and_no_sign_in(
    function: str, key: str, action: str
) -> None:
    is_marked = function == "run_escalations" and "CATALOG" in key  # what it has worked out anew
    assert is_refused(function, (action, f"{CITY}#{key}")) != is_marked


@pytest.mark.parametrize("function", [*WRITERS, "api_handler"])
@pytest.mark.parametrize("key", ["AUDIT", "AUDIT#3"])
def test_the_trail_is_only_added_to(function: str, key: str) -> None:
    assert is_refused(function, ("UpdateItem", f"{CITY}#{key}"))
    assert is_refused(function, ("DeleteItem", f"{CITY}#{key}"))
    assert not is_refused(function, ("PutItem", f"{CITY}#{key}"))
    assert not any(is_allowed(name, ("DeleteItem", "")) for name in WRITERS)


@pytest.mark.parametrize(
    "key",
    [
        "MESSAGE#email#<a#CATALOG#b@example.org>",
        "PARTY#email:x#api_keys@example.org",
        "PARTY#email:city.example#CATALOG@example.org",
    ],
)
@pytest.mark.parametrize("function", WRITERS)
def test_what_a_stranger_calls_himself_never_refuses_his_own_report(
    function: str, key: str
) -> None:
    assert not is_refused(function, ("PutItem", f"{CITY}#{key}"))
