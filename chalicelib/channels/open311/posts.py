"""A posted request as a message: every problem named at once, nothing trusted; pure."""

from __future__ import annotations

import hashlib
import ipaddress
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from chalicelib.channels import bounds
from chalicelib.channels.contacts import read_email, read_name, read_phone
from chalicelib.channels.files.uploads import SentFile, read_uploads
from chalicelib.channels.open311.problems import Problem, Refused
from chalicelib.channels.questions import Service, read_answers, read_place
from chalicelib.channels.web import clean_text, read_fields
from chalicelib.messages import Channel, InboundMessage, Party

Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostContext:
    """What a post must know of its surroundings. `client` is whose key it carries."""

    now: datetime
    locale: str
    jurisdiction_id: str
    client: str
    idempotency_key: str = ""
    own_addresses: tuple[str, ...] = ()
    region: str = "US"


@dataclass(slots=True)
class _Reading:
    """The fields with the problems found so far."""

    fields: Fields
    problems: list[Problem] = field(default_factory=list)

    def one(self, name: str) -> str:
        values = [value for value in self.fields.get(name, ()) if value.strip()]
        return values[-1] if values else ""

    def fail(self, code: str, subject: str = "", **values: str) -> None:
        self.problems.append(Problem(code, subject, values))


def parse_post(
    fields: Fields, files: Sequence[SentFile], service: Service, context: PostContext
) -> InboundMessage:
    """The message in a posted request. Raises `Refused` with everything that is wrong with it."""
    reading = _Reading(fields)
    lat, long = _position(reading)
    address = _address(reading, has_position=lat is not None)
    description = _description(reading)
    attributes = _attributes(reading, service)
    sender = _sender(reading, context)
    media = _media(reading)
    attachments, wrong_files = read_uploads(files)
    if wrong_files:
        reading.fail("400.media")
    if len(context.idempotency_key) > bounds.KEY:
        reading.fail("400.too_long", "Idempotency-Key", limit=str(bounds.KEY))
    if reading.problems:
        raise Refused(reading.problems)
    return InboundMessage(
        channel=Channel.OPEN311,
        message_id=_message_id(context),
        sender=sender,
        received_at=context.now,
        text=description,
        attachments=attachments,
        content_digest=_digest(fields, context) if context.idempotency_key else "",
        locale=context.locale,
        service_code=service.service_code,
        jurisdiction_id=context.jurisdiction_id,
        address=address,
        lat=lat,
        long=long,
        attributes=attributes,
        media_urls=() if attachments else media,
        source=f"open311:{context.client}",
    )


def _position(reading: _Reading) -> tuple[float | None, float | None]:
    lat, long, wrong = read_place(reading.one("lat"), reading.one("long"))
    for name, code in wrong.items():
        reading.fail("400.location" if code == "half_a_place" else "400.position", name)
    return lat, long


def _address(reading: _Reading, *, has_position: bool) -> str:
    parts = [reading.one("address_string"), reading.one("address_id")]
    address = ", ".join(" ".join(clean_text(part).split()) for part in parts if part)
    if len(address) > bounds.PLACE:
        reading.fail("400.too_long", "address_string", limit=str(bounds.PLACE))
    is_named = any(problem.code.startswith("400.") for problem in reading.problems)
    if not address and not has_position and not is_named:
        reading.fail("400.location")
    return address


def _description(reading: _Reading) -> str:
    text = clean_text(reading.one("description"))
    if len(text) > bounds.STANDARD_WORDS:
        reading.fail("400.too_long", "description", limit=str(bounds.STANDARD_WORDS))
    return text


def _attributes(reading: _Reading, service: Service) -> dict[str, str | list[str]]:
    answered = read_answers(service.attributes, read_fields(reading.fields))
    for code, problem in answered.problems.items():
        kind = "400.attribute_missing" if problem == "required" else "400.attribute"
        reading.fail(kind, code)
    for code in answered.unknown:
        reading.fail("400.attribute_unknown", code)
    return answered.values


def _sender(reading: _Reading, context: PostContext) -> Party:
    joined = " ".join(filter(None, (reading.one("first_name"), reading.one("last_name"))))
    name, wrong_name = read_name(joined)
    email, wrong_email = read_email(reading.one("email"), context.own_addresses)
    phone, wrong_phone = read_phone(reading.one("phone"), context.region)
    for field_name, wrong in (("name", wrong_name), ("email", wrong_email), ("phone", wrong_phone)):
        if wrong:
            reading.fail("400.contact", field_name)
    return Party(name=name, email=email, phone=phone)


def _media(reading: _Reading) -> tuple[str, ...]:
    url = reading.one("media_url").strip()
    if url and not is_public_url(url):
        reading.fail("400.media_url")
    return (url,) if url else ()


def is_public_url(url: str) -> bool:
    """Whether a link may be kept: web, no password, no address of an inner network. Never fetched here."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        is_plain = parts.scheme in ("http", "https") and not parts.username
    except ValueError:
        return False
    if not is_plain or len(url) > bounds.URL or not url.isprintable() or " " in url:
        return False
    return _is_public_host(host)


def _is_public_host(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # No top-level domain begins with a digit: such a host is an address in disguise.
        is_number = host.rpartition(".")[2][:1].isdigit()
        inner = (".local", ".internal", ".localhost", ".arpa")
        return "." in host and not is_number and not host.endswith(inner)
    return address.is_global


def _message_id(context: PostContext) -> str:
    if not context.idempotency_key:
        return uuid.uuid4().hex
    digest = hashlib.sha256(context.idempotency_key.encode()).hexdigest()[:40]
    return f"{context.client}.{digest}"


def _digest(fields: Fields, context: PostContext) -> str:
    """What the body says, so that the same key with other words is noticed."""
    said = sorted((name, tuple(values)) for name, values in fields.items() if name != "api_key")
    return hashlib.sha256(repr((_message_id(context), said)).encode()).hexdigest()
