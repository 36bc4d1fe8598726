"""What every test can ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.harness import Harness


@pytest.fixture
def town() -> Iterator[Harness]:
    """A fresh town with a clock that stands at `tests.harness.START`."""
    from tests.harness import Harness  # moto takes two seconds to load; most tests need none

    with Harness.boot() as booted:
        yield booted
