"""What every test can ask for."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.slowest import SlowestFiles

if TYPE_CHECKING:
    from tests.harness import Harness


# A busy machine makes no test fail: what is measured in seconds is measured in `bench/`.
settings.register_profile("truths", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("truths")


def pytest_configure(config: pytest.Config) -> None:
    """Every run ends with its slowest files."""
    config.pluginmanager.register(SlowestFiles())


def pytest_collection_finish() -> None:
    """A fifth of a town's CPU went to looking for garbage among what stays anyway."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture
def town() -> Iterator[Harness]:
    """A fresh town with a clock that stands at `tests.harness.START`."""
    from tests.harness import Harness  # moto takes two seconds to load; most tests need none

    with Harness.boot() as booted:
        yield booted
