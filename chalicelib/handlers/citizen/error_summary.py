"""The summary of wrong fields at the top of a form; knows no request and no store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A wrong field in an error summary."""

    anchor: str
    label: str
    code: str


def problems(wrong: Mapping[str, str], labels: Mapping[str, tuple[str, str]]) -> list[Problem]:
    """The summary of wrong fields; `labels` maps a field to its anchor and label, in page order."""
    known = [Problem(*labels[field], wrong[field]) for field in labels if field in wrong]
    return known + [Problem(field, field, wrong[field]) for field in wrong if field not in labels]
