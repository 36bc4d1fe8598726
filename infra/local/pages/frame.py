"""The common frame of the town's pages; knows no page."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader
from werkzeug.wrappers import Response

from infra.local.town import Town

TEMPLATES = Path(__file__).parent / "templates"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
View = Callable[..., Response]


class Frame:
    """What every page is shown in, and what it knows of the town."""

    def __init__(self, town: Town, facts: dict[str, str]) -> None:
        self.town = town
        self._facts = facts
        self._zone = ZoneInfo(town.environment.get("TIMEZONE", "UTC"))

    def show(self, template: str, **context: Any) -> Response:
        """A page in the town's frame."""
        shown = (
            _environment()
            .get_template(template)
            .render(
                town=self.town,
                facts=self._facts,
                local=self.local,
                now=self.town.now(),
                page=template.removesuffix(".html"),
                **context,
            )
        )
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        return Response(shown, mimetype="text/html", headers=headers)

    @property
    def city(self) -> str:
        """What the city is called."""
        return self._facts["city"]

    def local(self, moment: datetime, pattern: str = "%A, %d %B %Y, %H:%M") -> str:
        """A moment as the city's clocks show it."""
        return moment.astimezone(self._zone).strftime(pattern)

    def from_local(self, text: str) -> datetime:
        """The moment that `2026-03-02T15:00` means on the city's clocks. Raises `ValueError`."""
        return datetime.fromisoformat(text).replace(tzinfo=self._zone)


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
