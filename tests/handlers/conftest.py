"""One town for the modules in which each test makes its own reports and asks about nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness import Harness


@pytest.fixture(scope="session")
def shared_town() -> Iterator[Harness]:
    """A town that goes on from test to test: its clock moves forward, its outbox is emptied."""
    with Harness.boot() as booted:
        yield booted
