"""The routes of the town's pages; each page has a module of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from infra.local.pages import clock, mail, notices, outbox, phone
from infra.local.pages.frame import TEMPLATES, Frame, View
from infra.local.town import Town


class TownPages(Frame):
    """A WSGI application for everything under `/_town`."""

    def __init__(self, town: Town, facts: dict[str, str]) -> None:
        super().__init__(town, facts)
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


def index(pages: Frame, _request: Request) -> Response:
    """Where everything is."""
    return pages.show("index.html")


def style(_pages: Frame, _request: Request) -> Response:
    """The one style sheet."""
    return Response((TEMPLATES / "style.css").read_text(), mimetype="text/css")


def _refuse_strangers(request: Request) -> None:
    """The town obeys its own pages, not other sites that a developer visits meanwhile."""
    came_from = request.headers.get("Sec-Fetch-Site", "none")
    if request.method == "POST" and came_from not in ("same-origin", "none"):
        raise Forbidden("Only the town's own pages may do that.")
