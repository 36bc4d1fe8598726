"""A received mail, from the notification of the SES receipt rule to a neutral message."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from chalicelib.channels.email.envelopes import Payload, mapping, moment, texts, unwrap
from chalicelib.channels.files.photos import first_place
from chalicelib.channels.mime import Envelope, Mailbox, parse
from chalicelib.errors import InvalidMessage
from chalicelib.messages import Attachment, InboundMessage, Nature
from chalicelib.signing import Signer

_VERDICTS = ("spam", "virus", "spf", "dkim", "dmarc")


class Files(Protocol):
    """What the door needs of the file store."""

    def put(self, attachment: Attachment) -> Attachment:
        """Keep the content; the attachment without it."""
        ...

    def raw(self, key: str) -> bytes:
        """The bytes of a raw mail."""
        ...


def _no_reference(_text: str) -> str | None:
    return None


class MailDoor:
    """Where mail comes in.

    `signer` is asked for when a mail comes, because its keys may lie behind a call. `own_addresses` are
    those we send from and receive at; `find_reference` finds a ticket's reference in a text.
    """

    def __init__(
        self,
        files: Files,
        signer: Callable[[], Signer],
        *,
        jurisdiction_id: str,
        own_addresses: Iterable[str] = (),
        receiving_domain: str = "",
        find_reference: Callable[[str], str | None] = _no_reference,
    ) -> None:
        self._files = files
        self._signer = signer
        self._jurisdiction_id = jurisdiction_id
        self._own_addresses = frozenset(address.lower() for address in own_addresses)
        self._receiving_domain = receiving_domain
        self._find_reference = find_reference

    def fetch(self, body: str) -> InboundMessage | None:
        """The mail that an SQS message announces, its files stored; None when it announces none.

        Raises `InvalidMessage` for a payload of another shape and `NotFound` when the raw mail is gone.
        """
        payload = unwrap(body)
        if payload is None:
            return None
        if payload.get("notificationType", "Received") != "Received" or "mail" not in payload:
            raise InvalidMessage(
                "This is no notification of a received mail; check the queue's topic."
            )
        envelope = _envelope(payload)
        return self.read(self._raw(payload, envelope), envelope)

    def read(self, raw: bytes, envelope: Envelope) -> InboundMessage:
        """Raw bytes as a message whose files are stored; those of an infected mail are not."""
        message = parse(raw, envelope, self._mailbox())
        if message.nature is Nature.VIRUS:
            return replace(message, attachments=())
        if not self._is_for_us(envelope.recipients):
            message = replace(message, nature=Nature.MISDIRECTED)
        message = replace(message, answers=tuple(map(_our_id, message.answers)))
        found = first_place(a.content for a in message.attachments if a.content)
        kept = tuple(map(self._files.put, message.attachments))
        return replace(message, attachments=kept, photo_place=found)

    def _is_for_us(self, recipients: Iterable[str]) -> bool:
        """Whether the envelope names a domain of this city; another city's mail is not ours to open."""
        domains = {address.rpartition("@")[2].lower() for address in recipients}
        ours = {address.rpartition("@")[2] for address in self._own_addresses}
        return not domains or bool(domains & {*ours, self._receiving_domain.lower()})

    def _mailbox(self) -> Mailbox:
        return Mailbox(
            signer=self._signer(),
            jurisdiction_id=self._jurisdiction_id,
            receiving_domain=self._receiving_domain,
            own_addresses=self._own_addresses,
            find_reference=self._find_reference,
        )

    def _raw(self, payload: Payload, envelope: Envelope) -> bytes:
        content = payload.get("content")
        if envelope.raw_key or not isinstance(content, str):
            return self._files.raw(envelope.raw_key)
        try:
            return base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            return content.encode("utf-8", "surrogateescape")


def _our_id(message_id: str) -> str:
    """The id of a mail as SES gave it to us when it is one of SES's; else as it stands."""
    local, _, domain = message_id.rpartition("@")
    return local if domain.lower().endswith(".amazonses.com") else message_id


def _envelope(payload: Payload) -> Envelope:
    mail, receipt = mapping(payload["mail"]), mapping(payload.get("receipt"))
    action = mapping(receipt.get("action"))
    message_id = str(mail.get("messageId") or "")
    at = moment(mail.get("timestamp") or receipt.get("timestamp"))
    if not message_id or at is None:
        raise InvalidMessage("The notification names no message id or no time; check its topic.")
    return Envelope(
        message_id=message_id,
        received_at=at,
        recipients=texts(receipt.get("recipients")) or texts(mail.get("destination")),
        verdicts={name: _verdict(receipt, name) for name in _VERDICTS},
        return_path=str(mail.get("source") or ""),
        raw_key=str(action.get("objectKey") or ""),
    )


def _verdict(receipt: Payload, name: str) -> str:
    return str(mapping(receipt.get(f"{name}Verdict")).get("status") or "").upper()
