"""The files bucket behind a real TLS port, for a browser that is told to find S3 there."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.local import uploads


@dataclass
class Bucket:
    """Where it listens, what it answered, and whether it can be reached."""

    port: int
    answered: list[int] = field(default_factory=list)
    is_down: bool = False


@contextmanager
def serve(name: str, folder: Path) -> Iterator[Bucket]:
    """The bucket `name`, for as long as the context lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    bucket = Bucket(server.server_address[1])
    server.RequestHandlerClass = _handler(name, bucket)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(name: str, bucket: Bucket) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            environ = {
                "REQUEST_METHOD": "POST",
                "CONTENT_TYPE": self.headers["Content-Type"],
                "CONTENT_LENGTH": self.headers["Content-Length"],
                "HTTP_ORIGIN": self.headers.get("Origin", ""),
                "wsgi.input": self.rfile,
            }
            stored = uploads.take(environ, name)
            status = 503 if bucket.is_down else stored.status
            bucket.answered.append(status)
            self.send_response(status)
            for header, value in stored.headers:
                self.send_header(header, value)
            self.send_header("Content-Length", str(len(stored.body)))
            self.end_headers()
            self.wfile.write(stored.body)

        def log_message(self, *_: object) -> None:
            """Nothing: a test says what it must."""

    return Handler


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "s3.invalid")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "bucket.pem"
    public = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    path.write_bytes(private + public)
    return path
