"""Somebody else's program: speaks Open311 with a key of its own."""

from __future__ import annotations

from typing import Any

from tests.harness import Harness, Response

BASE = "/open311/v2"
PLACE = {"lat": "44.05", "long": "-123.02"}


class Program:
    """Somebody else's program with a key."""

    def __init__(self, town: Harness, key: str = "") -> None:
        self.town = town
        self.key = key or town.api_key

    def get(self, path: str, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.town.http("GET", f"{BASE}{path}", headers=named)

    def post(self, kind: str = "json", headers: Any = None, **fields: Any) -> Response:
        form = {"api_key": self.key, "service_code": "graffiti", **fields}
        form = {name: value for name, value in form.items() if value is not None}
        return self.town.http("POST", f"{BASE}/requests.{kind}", form=form, headers=headers)

    def make(self, **fields: Any) -> str:
        answer = self.post(**{**PLACE, "description": "Paint", **fields})
        assert answer.status == 200, answer.text
        return answer.json()[0]["service_request_id"]


def codes(answer: Response) -> list[str]:
    return [error["code"] for error in answer.json()]
