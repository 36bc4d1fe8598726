"""The main flows run on moto and, where it can be had, on Amazon's own DynamoDB Local."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.harness import Harness

ENGINES = ["moto", pytest.param("dynamodb-local", marks=pytest.mark.dynamodb)]
ON_BOTH = {
    "test_flow_doors",
    "test_flow_email",
    "test_flow_escalation",
    "test_flow_nothing_lost",
    "test_flow_promises",
    "test_flow_rights",
    "test_flow_sms",
    "test_flow_staff",
    "test_flow_status_out",
    "test_flow_web",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The flows of a report's life run on both engines, what goes deeper into one of them on moto."""
    if "engine" in metafunc.fixturenames:
        is_on_both = metafunc.module.__name__.rpartition(".")[2] in ON_BOTH
        metafunc.parametrize("engine", ENGINES if is_on_both else ENGINES[:1])


@pytest.fixture(scope="session")
def dynamodb_url() -> Iterator[str]:
    """A DynamoDB Local for this run."""
    from infra.local import dynamodb_local

    if problem := dynamodb_local.why_not():
        if os.environ.get("CI"):
            pytest.fail(problem)
        pytest.skip(problem)
    server = dynamodb_local.start()
    yield server.url
    server.stop()


@pytest.fixture
def town(engine: str, request: Any) -> Iterator[Harness]:
    """A fresh town on each engine."""
    from tests.harness import Harness

    on_moto = engine == "moto"
    endpoint = "" if on_moto else request.getfixturevalue("dynamodb_url")
    with Harness.boot(endpoint=endpoint) as booted:
        yield booted
