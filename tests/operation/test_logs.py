"""No line of the log repeats a citizen, whatever went wrong; every line says what it belongs to."""

from __future__ import annotations

import ast
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import chalicelib
from chalicelib import logs
from chalicelib.errors import ConfigurationError
from infra.local.pump import Function
from infra.local.stack import TEXT_LOG
from infra.local.text_logs import batch
from tests.faults import fault
from tests.handlers.visitor import Visitor
from tests.harness import Harness
from tests.infra.sample_events import DELIVERED
from tests.operation.errors import CANARY, WORDS, all_errors, of_a_refused_item

PACKAGE = Path(chalicelib.__file__).parent
GROUND = {PACKAGE / "logs.py", PACKAGE / "metrics.py"}
MAIL = (
    b"From: ana@example.org\r\nTo: help@report.city.example\r\nSubject: Pothole\r\n"
    b"Message-ID: <%d@example.org>\r\n\r\nA pothole in Elm Street 5.\r\n"
)
Lines = Callable[[], str]


class Broken:
    """A part of the services that answers every touch with an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        raise self._error


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as town:
        yield town


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    """All that was logged by anybody, as Lambda would write it."""
    caplog.set_level(logging.INFO)  # as much as Lambda keeps
    runtime = pytest.importorskip("awslambdaric.lambda_runtime_log_utils")
    formatter = runtime.JsonFormatter()
    return lambda: "".join(formatter.format(record) for record in caplog.records)


def outcome(act: Callable[[], object]) -> str:
    """What the runtime would write of an act itself: its error, if it ends with one."""
    try:
        act()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def acts(town: Harness) -> dict[str, tuple[str, Callable[[], object]]]:
    """Each function of ours with the part of the services that it touches first."""
    queued = {
        "mail": town.mail(MAIL % 1),
        "text": town.text("A pothole in Oak Street 1", sender="+12025550100"),
        "receipt": town.receipt(DELIVERED),
    }
    town.drain()
    return {
        "on_inbound_email": ("mail", lambda: town.deliver(queued["mail"])),
        "on_inbound_sms": ("texts", lambda: town.deliver(queued["text"])),
        "on_receipt": ("notifier", lambda: town.deliver(queued["receipt"])),
        "on_change": ("projections", lambda: change(town)),
        "on_text_log": ("reports", text_log),
        "on_delivery": ("notifier", lambda: town.deliver(delivery(town))),
        "run_escalations": ("escalations", lambda: town.tick(town.now)),
        "sweep_deliveries": ("notifier", lambda: town.tick(town.now)),
        "find_lost_mail": ("mail_search", lambda: town.tick(town.now)),
        "rotate_keys": ("key_ring", lambda: town.tick(town.now)),
        "a page": ("catalog", lambda: town.http("GET", "/")),
        "the API": ("store", lambda: town.http("GET", "/api/v1/tickets", user="agent")),
    }


def change(town: Harness) -> None:
    """A ticket was written."""
    keys = {
        "pk": {"S": f"{town.services.settings.jurisdiction_id}#TICKET#SR-1"},
        "sk": {"S": "TICKET"},
    }
    follower = Function("on_change", "chalicelib.handlers.events.on_change")
    follower.invoke({"Records": [{"dynamodb": {"Keys": keys}}]})


def text_log() -> None:
    """SNS tells of a text, and CloudWatch Logs of that."""
    record = {"notification": {"messageId": "m-1"}, "delivery": {}, "status": "SUCCESS"}
    reader = Function("on_text_log", "chalicelib.handlers.events.on_text_log")
    reader.invoke(batch([record], TEXT_LOG))


def delivery(town: Harness) -> dict[str, Any]:
    event = town.text("unused", sender="+12025550100")
    (record,) = event["Records"]
    arn = record["eventSourceARN"].replace("inbound-sms", "delivery")
    body = '{"ticket_id": "SR-0000-0000-0", "notification_id": "n"}'
    return {"Records": [record | {"eventSourceARN": arn, "body": body}]}


NAMES = (
    "on_inbound_email",
    "on_inbound_sms",
    "on_receipt",
    "on_change",
    "on_text_log",
    "on_delivery",
    "run_escalations",
    "sweep_deliveries",
    "find_lost_mail",
    "rotate_keys",
    "a page",
    "the API",
)


@pytest.mark.parametrize("name", NAMES)
def test_no_error_of_any_class_brings_words_into_the_log(
    town: Harness, lines: Lines, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    part, act = acts(town)[name]
    services, told = vars(town.services), []
    kept = services.get(part)
    try:
        for error in all_errors():
            caplog.clear()
            services[part] = Broken(error)
            told.append(outcome(act) + lines())
    finally:
        services.pop(part)
        services.update({part: kept} if kept else {})
    assert [line for line in told if CANARY in line] == []
    assert sum("where" in line for line in told) > len(told) / 2, "they were told at all"


@pytest.mark.parametrize("kind", ["mail", "text", "on_delivery", "form"])
def test_what_aws_quotes_of_a_refused_item_stays_out_of_the_log(
    town: Harness, lines: Lines, kind: str
) -> None:
    for nth in range(1, 9):
        for number, error in enumerate(of_a_refused_item()):
            act = deep_act(town, kind, nth * 100 + number)
            with fault("", nth=nth, times=99, reply=raising(error)):
                said = outcome(act)
            assert CANARY not in said
    assert CANARY not in lines()


def deep_act(town: Harness, kind: str, number: int) -> Callable[[], object]:
    if kind == "form":
        return lambda: Visitor(town).send("/report?service=graffiti", {"description": WORDS})
    if kind == "text":
        event = town.text(f"A pothole in Oak Street {number}", sender="+12025550100")
    else:
        event = delivery(town) if kind == "on_delivery" else town.mail(MAIL % number)
    return lambda: town.deliver(event)


def raising(error: Exception) -> Callable[[Any], Any]:
    def reply(_request: Any) -> Any:
        raise error

    return reply


def test_the_framework_quotes_nobody(town: Harness, lines: Lines) -> None:
    from app import app  # it reads the names of its queues when it is imported

    try:
        raise ValueError(WORDS)
    except ValueError:
        app.log.error("Caught exception for path %s", WORDS, exc_info=True)
    assert "Caught exception" in lines()
    assert "ValueError" in lines()
    assert CANARY not in lines()


def test_an_error_is_told_by_kind_code_cause_and_place(lines: Lines) -> None:
    from botocore.exceptions import ClientError

    refused = ClientError({"Error": {"Code": "ValidationException", "Message": WORDS}}, "PutItem")
    try:
        raise RuntimeError(WORDS) from refused
    except RuntimeError as error:
        logs.Log("chalicelib.x").failure("it failed", refused, ticket_id="SR-1")
        logs.Log("chalicelib.x").failure("it failed", error)
    first, second = map(json.loads, lines().splitlines())
    assert (first["error"], first["code"]) == ("ClientError", "ValidationException")
    assert first["ticket_id"] == "SR-1"
    assert second["caused_by"] == "ClientError"
    assert second["where"][-1].startswith("operation/test_logs.py:")
    assert "stackTrace" not in second


def test_a_wrong_setting_is_told_in_full() -> None:
    assert logs.told(ConfigurationError("Set TABLE_NAME."))["setting"] == "Set TABLE_NAME."


def trees() -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted({*PACKAGE.rglob("*.py")} - GROUND):
        yield path, ast.walk(ast.parse(path.read_text("utf-8")))  # type: ignore[misc]


def test_there_is_one_way_to_log() -> None:
    """What would print or log an error's words is nowhere but in the helper."""
    banned, found = {"logging", "traceback", "warnings", "pprint"}, []
    for path, nodes in trees():
        for node in nodes:  # type: ignore[attr-defined]
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [node.arg] if isinstance(node, ast.keyword) and node.arg == "exc_info" else []
            is_print = isinstance(node, ast.Name) and node.id == "print"
            if is_print or "exc_info" in names or banned & set(names):
                found.append(f"{path}:{node.lineno}")
    assert found == []


def test_what_is_logged_is_said_in_fixed_words() -> None:
    loose = []
    for path, nodes in trees():
        for node in nodes:  # type: ignore[attr-defined]
            function = node.func if isinstance(node, ast.Call) else None
            if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
                continue
            if function.value.id == "log" and not isinstance(node.args[0], ast.Constant):
                loose.append(f"{path}:{node.lineno}")
    assert loose == []


def test_one_id_leads_from_a_mail_to_what_became_of_its_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Harness.boot(has_receipts=True) as town:
        (record,) = town.mail(MAIL % 7)["Records"]
        town.drain()
    ids = told_of(caplog)
    assert ids["accepted"] == ids["receipt"] == record["messageId"]


def test_one_id_leads_from_a_request_to_what_became_of_its_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Harness.boot(has_receipts=True) as town:
        Visitor(town).report()
        town.drain()
    ids = told_of(caplog)
    assert ids["accepted"] == ids["receipt"]
    sent = next(r for r in caplog.records if r.message == "accepted")
    assert sent.correlation_id != sent.message_id  # type: ignore[attr-defined]
    assert sent.ticket_id and sent.notification_id  # type: ignore[attr-defined]


def told_of(caplog: pytest.LogCaptureFixture) -> dict[str, str]:
    return {r.message: r.correlation_id for r in caplog.records if hasattr(r, "correlation_id")}
