"""The flows run on moto and, where it can be had, on Amazon's own DynamoDB Local."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.harness import Harness

ENGINES = ["moto", pytest.param("dynamodb-local", marks=pytest.mark.dynamodb)]


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


@pytest.fixture(params=ENGINES)
def town(request: Any) -> Iterator[Harness]:
    """A fresh town on each engine."""
    from tests.harness import Harness

    on_moto = request.param == "moto"
    endpoint = "" if on_moto else request.getfixturevalue("dynamodb_url")
    with Harness.boot(endpoint=endpoint) as booted:
        yield booted
