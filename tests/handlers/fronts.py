"""The addresses under which API Gateway shows one app: a stage, a domain, a path of a domain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from infra.local.gateway import Answer, Gateway, Request

MISSING = b'{"message": "Missing Authentication Token"}'


@dataclass(frozen=True)
class Front:
    """Where visitors come in. Under a stage a function's `path` lacks the prefix; under a mapping it
    has it; `requestContext.path` has it under both."""

    host: str
    prefix: str = ""
    is_stage: bool = False

    @property
    def url(self) -> str:
        """What the city sets as its public address."""
        return f"https://{self.host}{self.prefix}"


STAGE = Front("ab12cd34ef.execute-api.us-east-1.amazonaws.com", "/prod", is_stage=True)
DOMAIN = Front("reports.city.example")
MAPPED = Front("city.example", "/311")


class FrontedGateway(Gateway):
    """A town's gateway as it is met at a front; what lies beside the prefix is not ours."""

    def __init__(self, app: Any, front: Front) -> None:
        super().__init__(app)
        self.front = front

    def serve(self, request: Request) -> Answer:
        """The answer at the front's own address."""
        prefix = self.front.prefix
        rest = request.target.removeprefix(prefix)
        if not request.target.startswith(prefix) or (rest and rest[0] not in "/?"):
            return Answer(403, [("Content-Type", "application/json")], MISSING)
        given = {"Host": self.front.host, "X-Forwarded-Proto": "https"}
        headers = [(n, v) for n, v in request.headers if n.lower() != "host"]
        target = rest if rest.startswith("/") else f"/{rest}"
        return super().serve(replace(request, target=target, headers=[*headers, *given.items()]))

    def allows(self, method: str, path: str) -> bool:
        """Whether there is a route for an address as a page gives it."""
        if not path.startswith(f"{self.front.prefix}/") and path != self.front.prefix:
            return False
        return method in self._app.routes.get(self.route_of(path), {})

    def route_of(self, path: str) -> str:
        """The route of an address."""
        found = self._app.table.match(path.removeprefix(self.front.prefix))
        return found[0] if found else ""

    def _event(self, request: Request) -> Any:
        event = super()._event(request)
        seen = f"{self.front.prefix}{event['path']}"
        event["requestContext"] |= {
            "path": seen,
            "stage": "prod" if self.front.is_stage else "live",
            "domainName": self.front.host,
            "domainPrefix": self.front.host.partition(".")[0],
        }
        return event if self.front.is_stage else {**event, "path": seen}
