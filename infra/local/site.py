"""The town's web server: the city's app as API Gateway would serve it, and the town's own pages."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from waitress.server import create_server

from infra.local import uploads
from infra.local.gateway import Gateway, Request, status_line
from infra.local.pages import TownPages

THREADS = 16
OWN = "/_town"
STORE = f"{OWN}/store"  # stands for the bucket, which no port of the town does
Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Site:
    """The WSGI application."""

    def __init__(self, gateway: Gateway, pages: TownPages, bucket: str = "") -> None:
        self._gateway = gateway
        self._pages = pages
        self._bucket = bucket

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        path = environ.get("PATH_INFO", "/")
        if path == STORE:
            stored = uploads.take(environ, self._bucket)
            start(status_line(stored.status), list(stored.headers))
            return [stored.body]
        if path == OWN or path.startswith(f"{OWN}/"):
            answered: Iterable[bytes] = self._pages(environ, start)
            return answered
        answer = self._gateway.serve(_request(environ))
        body = answer.body
        if path.endswith("/report/uploads"):
            body = body.replace(uploads.address_of(self._bucket).encode(), STORE.encode())
        length = ("Content-Length", str(len(body)))
        headers = [(n, v) for n, v in answer.headers if n.lower() != "content-length"]
        start(status_line(answer.status), [*headers, length])
        return [body]


def _request(environ: Environ) -> Request:
    headers = [
        (name[5:].replace("_", "-").title(), str(value))
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    if environ.get("CONTENT_TYPE"):
        headers.append(("Content-Type", environ["CONTENT_TYPE"]))
    return Request(
        method=environ["REQUEST_METHOD"],
        target=environ.get("REQUEST_URI") or _target(environ),
        headers=headers,
        body=environ["wsgi.input"].read(),
        source_ip=environ.get("REMOTE_ADDR", "127.0.0.1"),
    )


def _target(environ: Environ) -> str:
    from urllib.parse import quote

    path = quote(environ.get("PATH_INFO", "/").encode("latin-1"), safe="/~:@!$&'()*+,;=")
    query = environ.get("QUERY_STRING")
    return f"{path}?{query}" if query else path


class Server:
    """A listening server in threads of its own."""

    def __init__(self, site: Site, host: str, port: int) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._server = create_server(
            site,
            host=host,
            port=port,
            threads=THREADS,
            ident=None,
            max_request_body_size=64 * 1024 * 1024,
        )
        self._is_closing = False
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def _serve(self) -> None:
        try:
            self._server.run()
        except OSError:
            if not self._is_closing:  # closing takes the socket away from under the loop
                raise

    def open(self) -> None:
        """Serve."""
        self._thread.start()

    def close(self) -> None:
        """Serve no more."""
        self._is_closing = True
        self._server.close()
