"""The city's own form and tracking page, into messages; pure, knows no request and no ticket."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.channels import bounds
from chalicelib.channels.contacts import read_email, read_name, read_phone
from chalicelib.channels.files.photos import first_place
from chalicelib.channels.files.uploads import SentFile, read_uploads
from chalicelib.channels.questions import Service, read_answers, read_place
from chalicelib.channels.sms.numbers import is_allowed
from chalicelib.errors import InvalidRequest
from chalicelib.messages import (
    Attachment,
    Audience,
    Channel,
    InboundMessage,
    Party,
    Proof,
    ReplyToken,
)

_KEY = re.compile(rf"[A-Za-z0-9_-]{{1,{bounds.SUBMISSION}}}")
_ANSWER = re.compile(r"attribute\[([^\]]{1,64})\](?:\[\])?")

# What our own pages put into a form; it is no part of what somebody says.
_NOT_SAID = frozenset({"form_token", "submission", "no_emergency", "work_token", "work_answer"})

Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a form must know of the city that it goes to."""

    now: datetime
    locale: str
    jurisdiction_id: str
    own_addresses: tuple[str, ...] = ()
    region: str = "US"
    countries: tuple[str, ...] = ()  # where texts go; anywhere when empty


def parse_report(
    fields: Fields, files: Sequence[SentFile], service: Service, desk: Desk
) -> InboundMessage:
    """The message in a filled-in report form.

    Raises `InvalidRequest` whose `fields` name every wrong field with the code of its problem; the
    fields of a service's own questions are called `attribute[CODE]`.
    """
    problems: dict[str, str] = {}
    description = _words(fields, problems)
    lat, long, wrong_place = read_place(_one(fields, "lat"), _one(fields, "long"))
    problems |= wrong_place
    attachments, wrong_files = read_uploads(files)
    found = first_place(a.content for a in attachments if a.content)
    if found and lat is None and _one(fields, "photo_place"):
        lat, long = found
    address = _address(fields, service, problems, has_position=lat is not None)
    answered = read_answers(service.attributes, read_fields(fields))
    problems |= {f"attribute[{code}]": wrong for code, wrong in answered.problems.items()}
    sender, wish = _contact(fields, desk, problems)
    problems |= {"photos": wrong_files} if wrong_files else {}
    if problems:
        raise InvalidRequest("Some answers need your attention.", problems)
    key, digest = _identity(fields, attachments, desk.now)
    return InboundMessage(
        channel=Channel.WEB,
        message_id=key,
        content_digest=digest,
        sender=sender,
        received_at=desk.now,
        text=description,
        attachments=attachments,
        locale=desk.locale,
        service_code=service.service_code,
        jurisdiction_id=desk.jurisdiction_id,
        address=address,
        lat=lat,
        long=long,
        photo_place=found,
        attributes=answered.values,
        preferred_channel=wish,
        source="web form",
    )


def parse_addition(
    fields: Fields,
    files: Sequence[SentFile],
    token: ReplyToken,
    desk: Desk,
    *,
    default_words: str = "",
) -> InboundMessage:
    """The message that the holder of a tracking link adds; `default_words` stand for a bare button."""
    text = clean_text(_one(fields, "text")) or default_words
    attachments, wrong = read_uploads(files)
    problems = {"photos": wrong} if wrong else {}
    if not text and not attachments and not problems:
        problems["text"] = "required"
    if len(text) > bounds.WORDS:
        problems["text"] = f"too_long:{bounds.WORDS}"
    if problems:
        raise InvalidRequest("Some answers need your attention.", problems)
    key, digest = _identity(fields, attachments, desk.now)
    return InboundMessage(
        channel=Channel.WEB,
        message_id=key,
        content_digest=digest,
        sender=party_of(token.party_key),
        received_at=desk.now,
        text=text,
        attachments=attachments,
        token=token,
        proof=Proof.PROVEN,
        locale=desk.locale,
        jurisdiction_id=desk.jurisdiction_id,
        source="tracking page",
    )


def parse_contact(fields: Fields, desk: Desk) -> tuple[Party, Channel | None]:
    """An address or number that somebody gives afterwards. Raises `InvalidRequest` naming the field."""
    problems: dict[str, str] = {}
    party, channel = _contact(fields, desk, problems)
    if not party.key and not problems:
        problems["contact"] = "choose_contact"
    if problems:
        raise InvalidRequest("We cannot write there.", problems)
    return party, channel


def parse_address(typed: str, desk: Desk) -> Party:
    """A mail address or a telephone number in one field. Raises `InvalidRequest` naming `address`."""
    if "@" in typed:
        email, wrong = read_email(typed, desk.own_addresses)
        party = Party(email=email)
    else:
        phone, wrong = read_phone(typed, desk.region)
        party = Party(phone=phone)
    if wrong or not party.key:
        raise InvalidRequest("We cannot write there.", {"address": wrong or "required"})
    return party


def holder_token(ticket_id: str, party_key: str) -> ReplyToken:
    """What a valid tracking link proves."""
    return ReplyToken(ticket_id=ticket_id, audience=Audience.REQUESTER, party_key=party_key)


def party_of(key: str) -> Party:
    """The party that a key names."""
    kind, _, address = key.partition(":")
    if kind == "email":
        return Party(email=address)
    return Party(phone=address) if kind == "tel" else Party()


def read_fields(fields: Fields) -> dict[str, list[str]]:
    """The answers among form fields: `attribute[CODE]` and `attribute[CODE][]`."""
    found: dict[str, list[str]] = {}
    for name, values in fields.items():
        if match := _ANSWER.fullmatch(name):
            found.setdefault(match[1], []).extend(values)
    return found


def clean_text(text: str) -> str:
    """Words as they are kept: one kind of line break, no control characters, no blank ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", lines).strip()


def _one(fields: Fields, name: str) -> str:
    values = fields.get(name)
    return values[-1] if values else ""


def _words(fields: Fields, problems: dict[str, str]) -> str:
    text = clean_text(_one(fields, "description"))
    if not text:
        problems["description"] = "required"
    elif len(text) > bounds.WORDS:
        problems["description"] = f"too_long:{bounds.WORDS}"
    return text


def _address(
    fields: Fields, service: Service, problems: dict[str, str], *, has_position: bool
) -> str:
    address = " ".join(clean_text(_one(fields, "address")).split())
    if len(address) > bounds.PLACE:
        problems["address"] = f"too_long:{bounds.PLACE}"
    if service.needs_location and not address and not has_position:
        problems["address"] = "place_required"
    return address


def _contact(fields: Fields, desk: Desk, problems: dict[str, str]) -> tuple[Party, Channel | None]:
    """Who reports and how they want to be told; an anonymous report keeps nothing of either."""
    wish = _one(fields, "contact")
    name, wrong_name = read_name(_one(fields, "name"))
    email, wrong_email = read_email(_one(fields, "email"), desk.own_addresses)
    phone, wrong_phone = read_phone(_one(fields, "phone"), desk.region)
    if wish == "anonymous":
        problems |= {"name": wrong_name} if wrong_name else {}
        return Party(), None
    wrong = {"name": wrong_name, "email": wrong_email, "phone": wrong_phone}
    problems |= {field: code for field, code in wrong.items() if code}
    if wish == "email" and not email and not wrong_email:
        problems["email"] = "required"
    if wish == "sms" and not phone and not wrong_phone:
        problems["phone"] = "required"
    if wish == "sms" and phone and desk.countries and not is_allowed(phone, desk.countries):
        problems["phone"] = "not_texted_there"
    if not wish and not (email or phone or wrong_email or wrong_phone):
        problems["contact"] = "choose_contact"
    channel = {"email": Channel.EMAIL, "sms": Channel.SMS}.get(wish)
    return Party(name=name, email=email, phone=phone), channel


def _identity(fields: Fields, attachments: Sequence[Attachment], now: datetime) -> tuple[str, str]:
    """The key of this submission, and beside it a digest of what it says.

    A second press of the button repeats both; the same key with other words is a conflict. A post
    without a key is taken for a new one.
    """
    key, digest = _one(fields, "submission"), hashlib.sha256()
    if not _KEY.fullmatch(key):
        key = hashlib.sha256(f"{key or now.timestamp()}".encode()).hexdigest()
    digest.update(key.encode())
    for name in sorted(set(fields) - _NOT_SAID):
        digest.update(repr((name, list(fields[name]))).encode())
    for attachment in attachments:
        digest.update(attachment.digest.encode())
    return key, digest.hexdigest()
