"""What every test can ask for."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

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


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Call each test from a roomy frame; see `_roomy`."""
    test, pyfuncitem.obj = pyfuncitem.obj, functools.partial(_roomy, pyfuncitem.obj)
    try:
        return (yield)
    finally:
        pyfuncitem.obj = test


def _roomy(test: Callable[..., None], **fixtures: Any) -> None:
    """CPython keeps frames in pieces of 16 KB and maps and unmaps one at every call that steps over
    the end of the last; one frame that asks for much more gives all calls of a test room in one piece."""
    __tracebackhide__ = True
    test(**fixtures)


_roomy.__code__ = _roomy.__code__.replace(co_stacksize=24_000)


@pytest.fixture
def town() -> Iterator[Harness]:
    """A fresh town with a clock that stands at `tests.harness.START`."""
    from tests.harness import Harness  # moto takes two seconds to load; most tests need none

    with Harness.boot() as booted:
        yield booted
