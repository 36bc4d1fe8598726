"""No bytes stop the reading of mail, take it long, or make it believe what a header says."""

from __future__ import annotations

import os
import random
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.channels.mime import parse
from chalicelib.channels.mime.dsn import sign_notification
from chalicelib.channels.mime.html_text import html_lines
from chalicelib.channels.reply_address import make_reply_address
from chalicelib.messages import Audience, Nature, Proof, ReceiptKind
from tests.channels.mails import (
    CASES,
    DOMAIN,
    MAILBOX,
    PASSED,
    SIGNER,
    envelope,
    raw_mail,
    read,
    simple,
)

TICKET = "SR-7K2M-9Q4X-3"
ANNA = "email:anna.reed@mail.example"
ADDRESS = make_reply_address(SIGNER, "city.example", TICKET, Audience.REQUESTER, ANNA, DOMAIN)


@pytest.mark.parametrize(
    ("verdict", "proof"),
    [
        ("PASS", Proof.PROVEN),
        ("FAIL", Proof.FORGED),
        ("GRAY", Proof.UNPROVEN),
        ("PROCESSING_FAILED", Proof.UNPROVEN),
        ("DISABLED", Proof.UNPROVEN),
        ("", Proof.UNPROVEN),
    ],
)
def test_only_a_passed_dmarc_verdict_proves_the_sender(verdict: str, proof: Proof) -> None:
    assert read(simple(), verdicts={**PASSED, "dmarc": verdict}).proof is proof


def test_headers_that_claim_authentication_prove_nothing() -> None:
    raw = simple("Authentication-Results: amazonses.com; dmarc=pass\nX-SES-DMARC-Verdict: PASS")
    assert read(raw, verdicts={}).proof is Proof.UNPROVEN


def test_two_senders_are_no_sender_even_when_dmarc_passed() -> None:
    message = read(b"From: a@x.example, b@y.example\r\nSubject: x\r\n\r\nlamp\r\n")
    assert (message.sender.key, message.proof) == ("", Proof.UNPROVEN)


@pytest.mark.parametrize(("name", "nature"), [("spam", Nature.SPAM), ("virus", Nature.VIRUS)])
def test_a_failed_scan_decides_the_nature(name: str, nature: Nature) -> None:
    assert read(simple(), verdicts={**PASSED, name: "FAIL"}).nature is nature


def test_a_token_is_read_from_the_envelope_and_from_the_headers() -> None:
    by_envelope = read(simple(), recipients=(ADDRESS.upper(),))
    by_header = read(simple(f"To: City <{ADDRESS}>"))
    assert by_envelope.token == by_header.token
    assert by_envelope.token is not None
    assert (by_envelope.token.ticket_id, by_envelope.token.party_key) == (TICKET, ANNA)


def test_a_token_inside_an_attached_mail_is_worth_nothing() -> None:
    inner = f"From: victim@x.example\r\nTo: {ADDRESS}\r\nSubject: x\r\n\r\nwords"
    raw = simple("MIME-Version: 1.0\nContent-Type: message/rfc822", inner)
    message = read(raw)
    assert message.token is None
    assert message.sender.email == "anna.reed@mail.example"


def test_a_token_in_the_body_is_worth_nothing() -> None:
    assert read(simple(body=f"On Monday <{ADDRESS}> wrote:\r\n> hello")).token is None


def test_a_reference_in_the_subject_is_only_a_claim() -> None:
    from chalicelib.tickets.model.references import new_ticket_id

    reference = new_ticket_id()
    message = read(simple().replace(b"Subject: lamp", f"Subject: Re: {reference}".encode()))
    assert (message.claimed_ticket_id, message.token) == (reference, None)


def test_the_same_mail_to_two_addresses_has_one_content() -> None:
    raw = simple("Message-ID: <1@mail.example>")
    first = read(b"Received: from a\r\n" + raw, recipients=("desk@city.example",))
    second = read(b"Received: from b\r\n" + raw, recipients=("water@city.example",), message_id="2")
    assert first.content_digest == second.content_digest


def test_different_mails_without_an_id_have_different_contents() -> None:
    assert read(simple()).content_digest != read(simple(body="The bench broke.")).content_digest


def test_a_forged_copy_cannot_hide_the_proven_original() -> None:
    forged = read(simple(), verdicts={**PASSED, "dmarc": "FAIL"})
    assert forged.content_digest != read(simple()).content_digest


def test_the_date_header_decides_nothing() -> None:
    raw = simple("Date: Fri, 31 Dec 9999 23:59:59 +9999")
    assert read(raw).received_at == envelope().received_at


def _bounce(original: str, action: str = "failed", status: str = "5.1.1") -> bytes:
    return (
        "From: mailer-daemon@mx.example\r\nSubject: Undelivered\r\nReturn-Path: <>\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\n\r\nsorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; anna.reed@mail.example\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{original}\r\n--b--\r\n"
    ).encode()


def test_a_delivery_report_names_the_notification_it_proves() -> None:
    ours = sign_notification(SIGNER, "city.example", TICKET, "n-1")
    report = read(_bounce(f"X-Civicline-Notification: {ours}\r\nSubject: x")).report
    assert report is not None
    assert (report.kind, report.is_permanent) == (ReceiptKind.BOUNCED, True)
    assert (report.ticket_id, report.notification_id) == (TICKET, "n-1")
    assert report.recipient == "anna.reed@mail.example"


def test_a_delivery_report_is_proven_by_the_reply_address_too() -> None:
    ours = "Message-ID: <0100019b9304-aaaa-bbbb@email.amazonses.com>"
    report = read(_bounce(f"Reply-To: City <{ADDRESS}>\r\n{ours}")).report
    assert report is not None
    assert (report.ticket_id, report.notification_id) == (TICKET, "")
    assert report.provider_message_id == "0100019b9304-aaaa-bbbb"


def test_a_delivery_report_that_names_no_message_settles_nothing() -> None:
    assert read(_bounce(f"Reply-To: City <{ADDRESS}>\r\nSubject: x")).report is None


def test_a_delayed_report_is_no_bounce() -> None:
    ours = sign_notification(SIGNER, "city.example", TICKET, "n-1")
    raw = _bounce(f"X-Civicline-Notification: {ours}", action="delayed", status="4.4.1")
    report = read(raw).report
    assert report is not None
    assert (report.kind, report.is_permanent) == (ReceiptKind.DELAYED, False)


def test_a_delivery_report_without_proof_settles_nothing() -> None:
    forged = f"X-Civicline-Notification: {TICKET} n-1 k1.{'a' * 26}\r\nSubject: x"
    message = read(_bounce(forged))
    assert message.nature is Nature.BOUNCE
    assert message.report is None


def test_an_unreadable_mail_keeps_its_envelope() -> None:
    message = read(os.urandom(64))
    assert message.nature is Nature.UNREADABLE
    assert message.raw_key == "mail/ses-1"
    assert message.nature_reason


SIZE = 100_000
HOSTILE = {
    "quote marks": b">" * SIZE,
    "quoted lines": b"> \n" * (SIZE // 3),
    "colon lines": b"a:\n" * (SIZE // 3),
    "star lines": (b"*" * 119 + b"\n") * (SIZE // 120),
    "address lines": b"a@b.cc:\n" * (SIZE // 8),
    "spaces": b"x" + b" " * SIZE + b"x",
    "header blocks": b"From: a\nDate: b\nx\n\n" * (SIZE // 20),
    "escapes": b"\x1b$B" * (SIZE // 3),
}
MARKUP = {
    "tags": b"<div>" * (SIZE // 5),
    "less-than signs": b"<" * SIZE,
    "open tags": b"<a " * (SIZE // 3),
    "comments": b"<!--" * (SIZE // 4),
    "quotes": b'<div class="' * (SIZE // 12),
    "quoted ends": b'<div class="a>">' * (SIZE // 16),
    "scripts": b"<script>" * (SIZE // 8),
    "paragraphs": b"<p>x" * (SIZE // 4),
    "blockquotes": b"<blockquote>x" * (SIZE // 13),
    "crossed": b"<b><i>" * (SIZE // 12) + b"</b>" * (SIZE // 8),
}
HEADERS = {
    "quotes": b'From: "' + b'\\"' * SIZE,
    "parentheses": b"From: " + b"(" * SIZE,
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * (SIZE // 14),
    "question marks": b"Subject: " + b"=?" * SIZE,
    "references": b"References: " + b"<a@b>" * (SIZE // 5),
    "parameters": b"Content-Type: text/plain" + b"; a*0*=b" * (SIZE // 8),
    "boundaries": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n" * (SIZE // 5),
    "punycode": b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a" * SIZE,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_read(name: str) -> None:
    assert read(simple(body="") + HOSTILE[name]).message_id == "ses-1"


@pytest.mark.parametrize("name", MARKUP)
def test_hostile_markup_is_read(name: str) -> None:
    assert read(simple("Content-Type: text/html", "") + MARKUP[name]).message_id == "ses-1"


@pytest.mark.parametrize("name", HEADERS)
def test_hostile_headers_are_read(name: str) -> None:
    assert read(HEADERS[name]).message_id == "ses-1"


@given(st.binary(max_size=2_000))
def test_any_bytes_end_as_a_message(raw: bytes) -> None:
    assert read(raw).message_id == "ses-1"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CASES), st.integers(0, 2**32))
def test_any_damaged_mail_ends_as_a_message(name: str, seed: int) -> None:
    message = parse(_damaged(raw_mail(name), random.Random(seed)), envelope(), MAILBOX)
    assert message.message_id == "ses-1"
    assert "\r" not in message.subject and "\n" not in message.subject
    assert not message.nature_reason.startswith("reading it failed")


def _damaged(raw: bytes, chance: random.Random) -> bytes:
    data = bytearray(raw[:60_000])
    for _ in range(chance.randint(1, 30)):
        place = chance.randrange(len(data))
        kind = chance.randrange(4)
        if kind == 0:
            data[place] = chance.randrange(256)
        elif kind == 1:
            del data[place : place + chance.randint(1, 200)]
        elif kind == 2:
            data[place:place] = data[chance.randrange(len(data)) :][: chance.randint(1, 300)]
        else:
            data[place:place] = chance.choice([b"\r\n", b"\n\n", b"\x00", b"=?", b'"', b"<", b"--"])
        if not data:
            break
    return bytes(data)


def test_a_huge_file_is_read_once_and_whole() -> None:
    content = b"\xff\xd8\xff" + b"x" * 3_000_000
    import base64

    body = base64.encodebytes(content).decode().replace("\n", "\r\n")
    raw = simple("Content-Type: image/jpeg; name=a.jpg\nContent-Transfer-Encoding: base64", body)
    (file,) = read(raw).attachments
    assert (file.size, file.content_type, file.filename) == (len(content), "image/jpeg", "a.jpg")


def test_a_tag_of_many_attributes_takes_little_more_room_than_it_has_letters() -> None:
    page = f"<p>lamp<div {'a=1 ' * 100_000}>bench</div>"
    tracemalloc.start()
    lines = html_lines(page)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [line.text for line in lines if line.text] == ["lamp", "bench"]
    assert most < 4 * len(page)


def test_a_mail_of_ours_is_never_answered() -> None:
    own = replace(MAILBOX, own_addresses=frozenset({"anna.reed@mail.example"}))
    assert parse(simple(), envelope(), own).nature is Nature.OWN
