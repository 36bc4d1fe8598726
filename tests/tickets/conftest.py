"""The stores that every contract test runs against."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from chalicelib.signing import Signer
from chalicelib.tickets.dynamodb import DynamoCatalogStore, DynamoStore
from infra.local import dynamodb_local
from tests.fakes import FakeCatalogStore, FakeTicketStore
from tests.tables import make_client, make_table, moto_client

TABLE = "civicline-tests"
SIGNER = Signer({"k1": "only for tests, and long enough"}, "k1")
CITIES = (f"city{number}.example" for number in count(1))

ENGINES = ["moto", pytest.param("local", marks=pytest.mark.dynamodb)]


class Pauses(list[float]):
    """Waits without waiting, and remembers how long it would have been."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture(scope="session")
def local_endpoint() -> Iterator[str]:
    """DynamoDB Local; skipped where it cannot run, except where CI demands it."""
    problem = dynamodb_local.why_not()
    if problem and not os.environ.get("CI"):
        pytest.skip(problem)
    server = dynamodb_local.start()
    yield server.url
    server.stop()


@contextlib.contextmanager
def opened(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of the engine that a test is run for, with the table of the template; None for fakes."""
    if request.param == "fake":
        yield None
    elif request.param == "local":
        yield _furnished(make_client(request.getfixturevalue("local_endpoint")))
    else:
        with moto_client() as client:
            yield _furnished(client)


def _furnished(client: Any) -> Any:
    if TABLE not in client.list_tables()["TableNames"]:
        make_table(client, TABLE)
    return client


@pytest.fixture(scope="module", params=ENGINES)
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of moto or DynamoDB Local."""
    with opened(request) as client:
        yield client


@pytest.fixture(scope="module", params=["fake", *ENGINES])
def engine(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The same, or None for the fakes."""
    with opened(request) as client:
        yield client


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def city() -> str:
    """A jurisdiction that no other test has written to."""
    return next(CITIES)


@pytest.fixture
def store(engine: Any, city: str) -> DynamoStore | FakeTicketStore:
    """A store of tickets and notifications, fake or real, in a city of its own."""
    return dynamo_store(engine, city) if engine else FakeTicketStore()


@pytest.fixture
def catalogue(engine: Any, city: str) -> DynamoCatalogStore | FakeCatalogStore:
    """The catalogue of the same city, fake or real."""
    if engine:
        return DynamoCatalogStore(engine, table_name=TABLE, jurisdiction_id=city)
    return FakeCatalogStore()


@pytest.fixture
def real_store(client: Any, city: str, pauses: Pauses) -> DynamoStore:
    """The real store; `pauses` has what it waited."""
    return dynamo_store(client, city, pauses)


@pytest.fixture
def real_catalogue(client: Any, city: str, pauses: Pauses) -> DynamoCatalogStore:
    """The real catalogue of the same city."""
    return DynamoCatalogStore(client, table_name=TABLE, jurisdiction_id=city, pause=pauses)


def dynamo_store(client: Any, city: str, pause: Pauses | None = None) -> DynamoStore:
    """A real store in `city`."""
    return DynamoStore(
        client,
        table_name=TABLE,
        jurisdiction_id=city,
        signer=lambda: SIGNER,
        shards=4,
        pause=pause if pause is not None else Pauses(),
    )
