"""Files on their way out: only scanned ones, only as downloads; knows no route."""

from __future__ import annotations

import secrets
from typing import NoReturn
from urllib.parse import quote

from chalice.app import Response

from chalicelib.channels.files.storage import Scan
from chalicelib.channels.files.uploads import sniff
from chalicelib.errors import FileHeld, FileInfected, NotFound
from chalicelib.handlers.http import Services
from chalicelib.handlers.http.answers import FILE_POLICY, answer
from chalicelib.tickets.model.records import AuditRecord, Change
from chalicelib.tickets.model.ticket import Actor

# A function answers with 6 MB at most, and base 64 takes a quarter of it.
MOST_BYTES = 4_400_000


def deliver_file(
    services: Services, digest: str, filename: str, ticket_id: str, actor: Actor
) -> Response:
    """A ticket's file as a download, whoever asks, once the scanner calls it clean.

    Raises `FileHeld` before that, and `FileInfected`, with a line in the audit trail, when it never
    will be.
    """
    check_scanned(services, digest, ticket_id, actor)
    content = services.files.get(digest)
    if len(content) > MOST_BYTES:
        return see_other(services.files.link(digest, disposition(filename)))
    return download(content, filename)


def deliver_raw(services: Services, raw_key: str, filename: str) -> Response:
    """A raw mail as a download. Raises `NotFound`."""
    content = services.files.raw(raw_key)
    if len(content) > MOST_BYTES:
        return see_other(services.files.raw_link(raw_key, disposition(filename)))
    return download(content, filename)


def see_other(url: str) -> Response:
    """On to where S3 hands it out: what was compared just now is more than a function can answer."""
    return answer(b"", "application/octet-stream", 303, headers={"Location": url})


def check_scanned(services: Services, digest: str, ticket_id: str, actor: Actor) -> None:
    """Raises `FileHeld` or `FileInfected` unless the file is clean."""
    verdict = services.scanner.verdict(digest)
    if verdict is Scan.INFECTED:
        refuse_infected(services, actor, ticket_id, digest=digest)
    if verdict is not Scan.CLEAN:
        raise FileHeld("This file is still being checked for viruses. Try again in a few minutes.")


def refuse_infected(services: Services, actor: Actor, subject: str, **data: str) -> NoReturn:
    """Raises `FileInfected`, with a line in the audit trail."""
    note_access(services, actor, "infected_file_blocked", subject, **data)
    raise FileInfected("The scanner found something harmful in this file. Nobody can fetch it.")


def note_access(services: Services, actor: Actor, action: str, subject: str, **data: str) -> None:
    """Put into the audit trail that somebody reached, or tried to reach, something kept apart."""
    record = AuditRecord(
        audit_id=secrets.token_hex(8),
        at=services.clock.now(),
        actor=actor,
        action=action,
        subject=subject,
        data=data,
    )
    services.committer.write(Change(audit=[record]))


def deliver_thumbnail(services: Services, digest: str, ticket_id: str, actor: Actor) -> Response:
    """The small picture of a scanned photo, as a picture and nothing else. Raises `NotFound`."""
    check_scanned(services, digest, ticket_id, actor)
    content = services.files.thumbnail(digest)
    if not content.startswith(b"\xff\xd8\xff"):
        raise NotFound("This file has no small picture.")
    return answer(content, "image/jpeg", headers={"Content-Security-Policy": FILE_POLICY})


def show_picture(services: Services, digest: str) -> Response:
    """A photo for everybody, as a picture and nothing else. Raises as `check_scanned`, and `NotFound`."""
    check_scanned(services, digest, "", Actor("stranger", ""))
    content = services.files.get(digest)
    kind = sniff(content)
    if not kind.startswith("image/"):
        raise NotFound("There is no such photo.")
    headers = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": "public, max-age=300"}
    return answer(content, kind, headers=headers)


def download(content: bytes, filename: str) -> Response:
    """Bytes that a browser keeps and never opens."""
    headers: dict[str, str | list[str]] = {
        "Content-Disposition": disposition(filename),
        "Content-Security-Policy": FILE_POLICY,
    }
    return answer(content, "application/octet-stream", headers=headers)


def disposition(filename: str) -> str:
    """A Content-Disposition that no file name can break out of (RFC 6266, RFC 8187)."""
    plain_name = "".join(
        c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in filename
    )
    return f"attachment; filename=\"{plain_name or 'file'}\"; filename*=UTF-8''{quote(filename, safe='')}"
