"""The drill runs on moto and, where it can be had, on Amazon's own DynamoDB Local."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

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
def endpoint(request: Any) -> str:
    """Where DynamoDB answers; empty for moto."""
    return "" if request.param == "moto" else str(request.getfixturevalue("dynamodb_url"))
