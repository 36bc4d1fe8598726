"""Two empty cities on moto, to move between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.bootstrap import Services
from tests.moving.cities import make_city


@pytest.fixture(scope="module")
def clients() -> Iterator[Callable[[str], Any]]:
    from moto import mock_aws

    from infra.local import engine
    from tests.moving.cities import make_clients

    engine.install()
    with mock_aws():
        yield make_clients()
    engine.uninstall()


@pytest.fixture
def here(clients: Callable[[str], Any]) -> Services:
    """A city with a catalogue and nothing else."""
    return make_city(clients)


@pytest.fixture
def there(clients: Callable[[str], Any]) -> Services:
    """Another one, as freshly deployed."""
    return make_city(clients)
