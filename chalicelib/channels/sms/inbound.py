"""A text message that came in, from AWS's two-way shape to ours; pure, knows no client."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.channels.sms.keywords import Wish, choice, intent, is_robot, may_say_stop
from chalicelib.channels.sms.language import script_locale
from chalicelib.channels.sms.numbers import e164
from chalicelib.messages import Channel, InboundMessage, Nature, Party, Proof


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a queue record holds: the event, and the time and id that only SNS's wrapping knows."""

    event: Mapping[str, Any] | None
    at: datetime
    message_id: str


def open_envelope(body: str, now: datetime) -> Envelope:
    """Peel the SNS envelope, if there is one; `event` is None for what is not a JSON object."""
    outer = _object(body)
    digest = hashlib.sha256(body.encode(errors="surrogatepass")).hexdigest()
    if outer is None or "SubscribeURL" in outer or not isinstance(outer.get("Message"), str):
        return Envelope(outer, now, digest)
    at = _moment(outer.get("Timestamp"), now)
    return Envelope(_object(outer["Message"]), at, str(outer.get("MessageId") or digest))


def read_text(
    envelope: Envelope, body: str, region: str, own_numbers: Collection[str]
) -> InboundMessage:
    """The message; whatever cannot be read becomes one of nature `UNREADABLE` for a person."""
    event = envelope.event or {}
    origin, text = _field(event, "originationNumber"), _field(event, "messageBody")
    said = text if event else body
    text, is_cut = text[: bounds.SMS_LETTERS], len(said) > bounds.SMS_LETTERS
    destination = _field(event, "destinationNumber")
    phone = e164(origin, region)
    message = InboundMessage(
        channel=Channel.SMS,
        message_id=_field(event, "inboundMessageId") or envelope.message_id,
        sender=Party(phone=phone) if phone else Party(name=shortened(origin, bounds.SMS_ORIGIN)),
        received_at=envelope.at,
        text=f"{text.strip()}…" if is_cut else choice(text) or text.strip(),
        full_text=said[: bounds.SMS_LETTERS],
        recipients=(e164(destination, region) or destination,) if destination else (),
        answers=_answers(event),
        proof=Proof.PROVEN if phone else Proof.UNPROVEN,
        locale=script_locale(text),
        cut=("text",) if is_cut else (),
    )
    ours = {e164(number, region) for number in own_numbers} - {""}
    nature, reason = _nature(message, event, origin, ours)
    if nature is not Nature.HUMAN:
        return replace(message, nature=nature, nature_reason=reason)
    return _with_intent(message, text)


def _with_intent(message: InboundMessage, text: str) -> InboundMessage:
    if message.cut:
        return message
    meant = intent(text)
    if not meant.wish and may_say_stop(text):
        return replace(message, nature=Nature.UNCLEAR)
    if not meant.wish:
        return message
    return replace(
        message,
        intent=meant.wish.value,
        text=meant.rest if meant.wish is Wish.NEW else message.text,
        locale=script_locale(meant.rest) or meant.locale or message.locale,
    )


def _nature(
    message: InboundMessage, event: Mapping[str, Any], origin: str, own: Set[str | None]
) -> tuple[Nature, str]:
    if not event:
        return Nature.UNREADABLE, "This is not a JSON object."
    if not origin or _is_blank(message.text):
        lacking = "originationNumber" if not origin else "messageBody"
        return Nature.UNREADABLE, f"The field {lacking} is missing or empty."
    if not message.sender.phone:
        return Nature.AUTOMATIC, "A short code or a sender's name cannot be answered."
    if stray := _strays(message, own):
        return stray
    if is_robot(message.text):
        return Nature.AUTOMATIC, "A telephone wrote this by itself."
    return Nature.HUMAN, ""


def _is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen."""
    return not any(char.isprintable() and not char.isspace() for char in text)


def _strays(message: InboundMessage, own: Set[str | None]) -> tuple[Nature, str] | None:
    """What comes from the city itself, or was meant for somebody else."""
    if message.sender.phone in own:
        return Nature.OWN, "This came from our own number."
    if own and message.recipients and own.isdisjoint(message.recipients):
        return Nature.MISDIRECTED, "This was sent to a number that is not the city's."
    return None


def _answers(event: Mapping[str, Any]) -> tuple[str, ...]:
    previous = _field(event, "previousPublishedMessageId")
    return (previous,) if previous else ()


def _field(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    return value.replace("\x00", "") if isinstance(value, str) else ""


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _moment(value: object, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return otherwise
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
