"""A town's gateway behind a real port, so that a real browser can visit it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.local.gateway import Gateway, Request
from tests.harness import Harness


@contextmanager
def serve(town: Harness, port: int = 0) -> Iterator[str]:
    """The address at which the town's app answers while the context lasts, on a free port or this one."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(town._town.gateway))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            sent = list(self.headers.items())
            answer = gateway.serve(Request(self.command, self.path, sent, body))
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing: a test says what it must."""

    return Handler
