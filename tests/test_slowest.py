"""What every run of the tests says at its end."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.slowest import SHOWN, SlowestFiles

pytest_plugins = ("pytester",)
CONFTEST = """
import pytest
from tests.slowest import SlowestFiles

def pytest_configure(config):
    config.pluginmanager.register(SlowestFiles())

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    report.duration = item.module.SECONDS[report.when]
    return report
"""
TEST = "import pytest\n\n@pytest.mark.parametrize('n', range({tests}))\ndef test_it(n): ...\n\n"
TOOK = "SECONDS = {{'setup': {setup}, 'call': {call}, 'teardown': 0}}\n"


def file(*, tests: int = 1, setup: int = 0, call: int = 1) -> str:
    """A file of tests that took so many seconds each, by their reports."""
    return (TEST + TOOK).format(tests=tests, setup=setup, call=call)


def lines_of(run: pytest.RunResult) -> dict[str, float]:
    """Seconds by file, in the order they were printed."""
    found = re.findall(r"^ +(\d+\.\d)  (\S+\.py)$", run.stdout.str(), re.MULTILINE)
    return {name: float(seconds) for seconds, name in found}


def test_a_files_tests_count_together_whichever_worker_ran_them(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_a=file(), test_b=file(tests=4, call=3), test_c=file(setup=9))
    run = pytester.runpytest("-n", "2")
    assert list(lines_of(run).items()) == [
        ("test_b.py", 12.0),
        ("test_c.py", 10.0),
        ("test_a.py", 1.0),
    ]
    assert "6 passed in " in run.outlines[-1]


class Paper:
    """Where the list is printed."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def section(self, title: str) -> None:
        self.lines.append(title)

    def line(self, text: str) -> None:
        self.lines.append(text)


def printed(files: int) -> list[str]:
    """The list after a run of so many files, each a second slower than the one before."""
    plugin, paper = SlowestFiles(), Paper()
    for n in range(files):
        report: Any = SimpleNamespace(nodeid=f"test_{n}.py::test_it", duration=float(n))
        plugin.pytest_runtest_logreport(report)
    plugin.pytest_terminal_summary(cast("Any", paper))
    return paper.lines


def test_the_ten_slowest_are_enough_and_one_needs_no_list() -> None:
    title, *rows = printed(SHOWN + 3)
    assert title == "slowest 10 files, in seconds"
    assert rows == [f"{n:8.1f}  test_{n}.py" for n in range(12, 2, -1)]
    assert printed(1) == []
