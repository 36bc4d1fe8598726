"""Routes and the common frame of the town's pages; each page has a module of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader
from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from infra.local.town import Town

TEMPLATES = Path(__file__).parent / "templates"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
View = Callable[..., Response]


class TownPages:
    """A WSGI application for everything under `/_town`."""

    def __init__(self, town: Town, facts: dict[str, str]) -> None:
        from infra.local.pages import clock, mail, notices, outbox, phone

        self.town = town
        self._facts = facts
        self._zone = ZoneInfo(town.environment.get("TIMEZONE", "UTC"))
        self._views: dict[str, View] = {"index": index, "style": style}
        rules = [Rule("/_town/", endpoint="index"), Rule("/_town/style.css", endpoint="style")]
        for module in (outbox, phone, mail, clock, notices):
            for path, view in module.VIEWS.items():
                rules.append(Rule(f"/_town/{path}", endpoint=f"{module.__name__}.{path}"))
                self._views[f"{module.__name__}.{path}"] = view
        self._map = Map(rules)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Serve one request."""
        request = Request(environ)
        try:
            _refuse_strangers(request)
            endpoint, values = self._map.bind_to_environ(environ).match()
            response: Any = self._views[endpoint](self, request, **values)
        except HTTPException as error:
            response = error
        return response(environ, start)  # type: ignore[no-any-return]

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


def index(pages: TownPages, _request: Request) -> Response:
    """Where everything is."""
    return pages.show("index.html")


def style(_pages: TownPages, _request: Request) -> Response:
    """The one style sheet."""
    return Response((TEMPLATES / "style.css").read_text(), mimetype="text/css")


def _refuse_strangers(request: Request) -> None:
    """The town obeys its own pages, not other sites that a developer visits meanwhile."""
    came_from = request.headers.get("Sec-Fetch-Site", "none")
    if request.method == "POST" and came_from not in ("same-origin", "none"):
        raise Forbidden("Only the town's own pages may do that.")


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
