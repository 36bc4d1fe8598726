"""The house keeps its shape: rooms stay small enough to be seen whole, functions short, reasons said."""

from __future__ import annotations

import ast
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import chalicelib

PACKAGE = Path(chalicelib.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
MOST_ENTRIES_OF_TICKETS = 20
MOST_FILES = 15
MOST_LINES = 300
MEDIAN_LINES = 6
LONG_LINES = 20  # the 95th of a hundred functions
REASON = "# Imported where used:"


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_no_folder_has_more_files_than_one_can_read_at_a_glance() -> None:
    full = Counter(path.parent for path in FILES if path.name != "__init__.py")
    assert {str(folder): n for folder, n in full.items() if n > MOST_FILES} == {}
    entries = [path for path in (PACKAGE / "tickets").iterdir() if path.name != "__pycache__"]
    assert len(entries) <= MOST_ENTRIES_OF_TICKETS


def test_no_file_is_longer_than_it_should_be() -> None:
    lines = {path: path.read_text("utf-8").count("\n") for path in FILES}
    assert {str(path): n for path, n in lines.items() if n > MOST_LINES} == {}


def test_functions_stay_short() -> None:
    trees = [ast.parse(path.read_text("utf-8")) for path in FILES]
    lengths = sorted((n.end_lineno or 0) - n.lineno + 1 for t in trees for n in functions(t))
    assert statistics.median(lengths) <= MEDIAN_LINES
    assert lengths[int(len(lengths) * 0.95) - 1] <= LONG_LINES


def test_a_module_that_imports_late_says_once_why() -> None:
    """An import within a function is there for a measured cold start, or it belongs to the top."""
    silent = []
    for path in FILES:
        text = path.read_text("utf-8")
        inner = [
            node
            for function in functions(ast.parse(text))
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        if bool(inner) != (text.count(REASON) == 1):
            silent.append(str(path.relative_to(PACKAGE)))
    assert silent == []
