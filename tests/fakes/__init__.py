"""What stands in for AWS in tests of the rules: real classes with the real behaviour, in memory.

The contract tests of the stores run against these too, which is what makes them trustworthy.
"""

from tests.fakes.edges import (
    FakeCatalogStore,
    FakeFiles,
    FakePost,
    FakeQueue,
    FakeSender,
    FakeTurns,
    FixedClock,
)
from tests.fakes.store import FakeTicketStore

__all__ = [
    "FakeCatalogStore",
    "FakeFiles",
    "FakePost",
    "FakeQueue",
    "FakeSender",
    "FakeTicketStore",
    "FakeTurns",
    "FixedClock",
]
