"""A plugin for pytest: which test files took the longest, all workers of xdist together."""

from __future__ import annotations

from collections import defaultdict

import pytest

SHOWN = 10


class SlowestFiles:
    """Sums what set-up, call and tear-down of each test took, and prints it after the last."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test; where several workers run, all of theirs come to the one who prints."""
        self._seconds[report.nodeid.partition("::")[0]] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The list, unless there was only one file."""
        slowest = sorted(self._seconds.items(), key=lambda file: -file[1])[:SHOWN]
        if len(slowest) > 1:
            terminalreporter.section(f"slowest {len(slowest)} files, in seconds")
            for name, seconds in slowest:
                terminalreporter.line(f"{seconds:8.1f}  {name}")
