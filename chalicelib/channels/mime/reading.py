"""A mail as a neutral message: the one place where all that is read of a mail comes together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.channels.mime.bodies import Bodies, find_units, read_bodies
from chalicelib.channels.mime.dsn import prove_report, read_report
from chalicelib.channels.mime.files.attachments import read_attachments
from chalicelib.channels.mime.forwarding import forwarded_from, is_forward
from chalicelib.channels.mime.language import guess_language
from chalicelib.channels.mime.nature import READ, Marks, decide
from chalicelib.channels.mime.parts.addresses import author, parse_addresses
from chalicelib.channels.mime.parts.headers import is_disguised
from chalicelib.channels.mime.parts.structure import Part, inner_mail, parse_structure
from chalicelib.channels.reply_address import read_reply_address
from chalicelib.messages import (
    Attachment,
    Channel,
    DeliveryReceipt,
    InboundMessage,
    Nature,
    Party,
    Proof,
    ReplyToken,
)
from chalicelib.signing import Signer

_PROOFS = {"PASS": Proof.PROVEN, "FAIL": Proof.FORGED}


def _no_reference(text: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Whose mail this is: what is needed to recognise our own addresses, tokens and references.

    `own_addresses` are those we send from and receive at, in lower case; reply addresses at
    `receiving_domain` are ours too. `find_reference` finds a ticket's reference in a text.
    """

    signer: Signer
    jurisdiction_id: str
    receiving_domain: str = ""
    own_addresses: frozenset[str] = frozenset()
    find_reference: Callable[[str], str | None] = _no_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the provider says about a mail it received; nothing of it comes from the mail.

    `verdicts` maps spam, virus, spf, dkim and dmarc to PASS, FAIL, GRAY or PROCESSING_FAILED.
    `return_path` is the SMTP sender, `<>` for mail that must not be answered, empty when unknown.
    """

    message_id: str
    received_at: datetime
    recipients: tuple[str, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    return_path: str = ""
    raw_key: str = ""


def parse(raw: bytes, envelope: Envelope, mailbox: Mailbox) -> InboundMessage:
    """Any bytes as a message; what cannot be read as a mail has the nature `UNREADABLE`."""
    try:
        return _read(parse_structure(raw), raw, envelope, mailbox)
    except (
        ValueError,
        LookupError,
        TypeError,
        RecursionError,
        OverflowError,
        ArithmeticError,
    ) as error:
        return _unreadable(raw, envelope, f"reading it failed: {type(error).__name__}")


def _read(root: Part, raw: bytes, envelope: Envelope, mailbox: Mailbox) -> InboundMessage:
    sender = _author(root)
    subject = shortened(root.headers.text("subject"), bounds.SUBJECT)
    units, used = find_units(root)
    bodies = read_bodies(units)
    attachments, left_out = read_attachments(root, used, bodies.html)
    recipients = _recipients(root, envelope)
    answers = root.headers.ids("in-reply-to", "references")
    text, is_whole = _text(bodies, subject, root)
    proof = _proof(envelope, sender)
    nature, reason = _nature(root, subject, sender, envelope, mailbox)
    if nature is Nature.HUMAN and not _has_anything(raw, root, bodies, attachments):
        nature, reason = Nature.UNREADABLE, "there is nothing in it that can be read"
    return InboundMessage(
        channel=Channel.EMAIL,
        message_id=envelope.message_id,
        sender=sender,
        received_at=envelope.received_at,
        text=text,
        subject=subject,
        full_text=bodies.full_text,
        html=bodies.html,
        attachments=attachments,
        recipients=recipients[: bounds.RECIPIENTS],
        answers=answers[-bounds.MESSAGE_IDS :],
        claimed_ticket_id=mailbox.find_reference(subject),
        token=_token(recipients[: bounds.RECIPIENTS], sender, mailbox),
        proof=proof,
        nature=nature,
        nature_reason=reason,
        locale=guess_language(bodies.text or subject),
        raw_key=envelope.raw_key,
        content_digest=_digest(root, raw, proof),
        forwarded_from=forwarded_from(subject, bodies.full_text, root),
        jurisdiction_id=mailbox.jurisdiction_id,
        report=_report(root, envelope, mailbox) if nature is Nature.BOUNCE else None,
        cut=_cut(
            root,
            text=not is_whole,
            recipients=len(recipients) > bounds.RECIPIENTS,
            thread=len(answers) > bounds.MESSAGE_IDS,
        ),
        left_out=left_out,
        is_disguised=any(is_disguised(root.headers.raw(name)) for name in ("subject", "from")),
    )


def _author(root: Part) -> Party:
    """Who wrote; nobody where a header that decides whether a person did was cut."""
    return Party() if root.headers.is_cut(READ) else author(root.headers)


def _cut(root: Part, **found: bool) -> tuple[str, ...]:
    """What bounds took off a mail, by the names that staff read."""
    found |= {
        "sender": root.headers.is_cut(READ | {"from"}),
        "headers": bool(root.headers.cut),
        "parts": not root.is_whole,
    }
    return tuple(name for name, is_cut in found.items() if is_cut)


def _text(bodies: Bodies, subject: str, root: Part) -> tuple[str, bool]:
    """The new words; of a forward without any, what was forwarded. And whether all was read."""
    if bodies.text:
        return bodies.text, not bodies.is_cut
    if bodies.forwarded and (is_forward(subject) or not root.headers.raw("in-reply-to")):
        return bodies.forwarded, not bodies.is_cut
    attached = next((part for part in root.walk() if part.content_type == "message/rfc822"), None)
    if attached is None or bodies.full_text:
        return "", not bodies.is_cut
    inner = inner_mail(attached)
    found = read_bodies(find_units(inner)[0])
    return found.text, inner.is_whole and not found.is_cut


def _has_anything(
    raw: bytes, root: Part, bodies: Bodies, attachments: tuple[Attachment, ...]
) -> bool:
    if not root.headers.raw("from") and not root.headers.raw("subject"):
        return False
    return bool(bodies.full_text or attachments or root.headers.raw("subject") or not raw.strip())


def _recipients(root: Part, envelope: Envelope) -> tuple[str, ...]:
    """The envelope's recipients first, then those the headers name."""
    named = [
        party.email or ""
        for name in ("to", "cc", "delivered-to", "x-original-to")
        for value in root.headers.all(name)
        for party in parse_addresses(value)
    ]
    return tuple(dict.fromkeys(address.lower() for address in (*envelope.recipients, *named)))


def _proof(envelope: Envelope, sender: Party) -> Proof:
    """DMARC as SES judged it; the verdict is about one From address, so several prove nothing."""
    if not sender.email:
        return Proof.UNPROVEN
    return _PROOFS.get(envelope.verdicts.get("dmarc", "").upper(), Proof.UNPROVEN)


def _token(recipients: tuple[str, ...], sender: Party, mailbox: Mailbox) -> ReplyToken | None:
    found = (
        read_reply_address(mailbox.signer, mailbox.jurisdiction_id, address, (sender.key,))
        for address in recipients
    )
    return next((token for token in found if token), None)


def _nature(
    root: Part, subject: str, sender: Party, envelope: Envelope, mailbox: Mailbox
) -> tuple[Nature, str]:
    if not root.is_whole:
        return Nature.UNREADABLE, "it has too many parts, or they are nested too deeply"
    has_no_path = "<>" in (envelope.return_path, *map(str.strip, root.headers.all("return-path")))
    return decide(
        Marks(
            headers=root.headers,
            content_type=root.content_type,
            report_type=root.params.get("report-type", "").lower(),
            sender=sender.email or "",
            subject=subject,
            has_no_path=has_no_path,
            is_spam=envelope.verdicts.get("spam", "").upper() == "FAIL",
            is_virus=envelope.verdicts.get("virus", "").upper() == "FAIL",
            own_addresses=mailbox.own_addresses,
            own_domain=mailbox.receiving_domain.lower(),
        )
    )


def _report(root: Part, envelope: Envelope, mailbox: Mailbox) -> DeliveryReceipt | None:
    report = read_report(root)
    if report is None:
        return None
    return prove_report(report, mailbox.signer, mailbox.jurisdiction_id, envelope.received_at)


def _digest(root: Part, raw: bytes, proof: Proof) -> str:
    """What makes two deliveries the same mail: what the sender wrote, without what relays add.

    Where headers were cut, whatever may tell two mails apart counts too.

    The proof is part of it, so that a forged copy that comes first cannot hide the proven original.
    """
    digest = hashlib.sha256(proof.encode())
    for name in ("from", "to", "cc", "subject", "date", "message-id"):
        digest.update(f"\n{name}:{'|'.join(root.headers.all(name))}".encode("utf-8", "replace"))
    is_cut = root.headers.cut or not root.headers.is_whole
    digest.update(memoryview(raw)[0 if is_cut else root.body_start :])
    return digest.hexdigest()


def _unreadable(raw: bytes, envelope: Envelope, reason: str) -> InboundMessage:
    return InboundMessage(
        channel=Channel.EMAIL,
        message_id=envelope.message_id,
        sender=Party(),
        received_at=envelope.received_at,
        recipients=tuple(address.lower() for address in envelope.recipients[: bounds.RECIPIENTS]),
        nature=Nature.UNREADABLE,
        nature_reason=reason,
        raw_key=envelope.raw_key,
        content_digest=hashlib.sha256(raw).hexdigest(),
    )
