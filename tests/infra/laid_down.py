"""A client of AWS whose answers are laid down by the name of the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError


def refused(code: str) -> ClientError:
    """What a call raises that AWS refuses."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Read")


class Client:
    """Answers each call, in pages or not; an answer may be a function of what was asked or an error.

    What is not laid down is refused.
    """

    meta = SimpleNamespace(region_name="eu-west-1")

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda **wanted: self._answer(name, wanted)

    def get_paginator(self, name: str) -> SimpleNamespace:
        """Everything on one page."""
        return SimpleNamespace(paginate=lambda **wanted: [self._answer(name, wanted)])

    def _answer(self, name: str, wanted: dict[str, Any]) -> Any:
        answer = self._answers.get(name, refused("AccessDenied"))
        if isinstance(answer, Exception):
            raise answer
        return answer(**wanted) if callable(answer) else answer
