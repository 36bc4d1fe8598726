"""Fields of forms, programs, texts, files and providers: on both sides of each of their bounds."""

from __future__ import annotations

import base64
import io
import json
import struct
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.channels import bounds
from chalicelib.channels.email.inbox import Inbox
from chalicelib.channels.email.receipts import parse_receipt
from chalicelib.channels.files.photos import Tiff, place_of, without_metadata
from chalicelib.channels.files.uploads import read_uploads
from chalicelib.channels.mime.files.file_types import safe_name
from chalicelib.channels.mime.files.tnef import SIGNATURE, unpack_tnef
from chalicelib.channels.mime.html_text import html_lines
from chalicelib.channels.mime.language import guess_language
from chalicelib.channels.mime.safe_html import safe_html
from chalicelib.channels.open311 import Refused, parse_post
from chalicelib.channels.open311.posts import PostContext, is_public_url
from chalicelib.channels.open311.updates import parse_update
from chalicelib.channels.reply_address import make_reply_address, read_reply_address
from chalicelib.channels.web import holder_token, parse_addition, parse_report
from chalicelib.errors import InvalidRequest
from chalicelib.messages import Audience, Nature
from tests.channels.mails import DOMAIN, SIGNER, read, simple
from tests.channels.sms.test_sms import EVENT, parsed, wrapped
from tests.channels.test_web import DESK, GOOD, File, question, service
from tests.citizens import PNG
from tests.photographs import jpeg

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
around = pytest.mark.parametrize("beyond", [-1, 0, 1])


def _problems(**given: str) -> dict[str, str]:
    fields = {**GOOD, **{name: [value] for name, value in given.items()}}
    questions = question("line", "string"), question("text", "text")
    try:
        parse_report(fields, (), service(*questions), DESK)
    except InvalidRequest as error:
        return dict(error.fields)
    return {}


FIELDS = {
    "description": bounds.WORDS,
    "address": bounds.PLACE,
    "name": bounds.NAME,
    "attribute[line]": bounds.ANSWER_LINE,
    "attribute[text]": bounds.ANSWER_TEXT,
}


@around
@pytest.mark.parametrize(("name", "most"), FIELDS.items())
def test_a_field_of_the_form_is_never_cut_but_refused(name: str, most: int, beyond: int) -> None:
    wanted = {name: f"too_long:{most}"} if beyond > 0 else {}
    assert _problems(**{name: "a" * (most + beyond)}) == wanted


@around
def test_more_words_than_a_form_takes_are_refused_on_the_tracking_page_too(beyond: int) -> None:
    fields = {"text": ["a" * (bounds.WORDS + beyond)]}
    token = holder_token("SR-7K2M-9Q4X-3", "email:ana@example.org")
    if beyond <= 0:
        assert len(parse_addition(fields, (), token, DESK).text) == bounds.WORDS + beyond
        return
    with pytest.raises(InvalidRequest):
        parse_addition(fields, (), token, DESK)


@around
def test_more_photos_than_a_form_takes_are_refused(beyond: int) -> None:
    files = [File(f"{n}.png", PNG + bytes([n])) for n in range(bounds.PHOTOS + beyond)]
    kept, wrong = read_uploads(files)
    assert (len(kept), wrong) == (
        (0, f"too_many_files:{bounds.PHOTOS}") if beyond > 0 else (len(files), "")
    )


def _refused(fields: dict[str, str], key: str = "") -> list[tuple[str, str]]:
    context = PostContext(
        now=NOW, locale="en", jurisdiction_id="x", client="app", idempotency_key=key
    )
    posted = {name: [value] for name, value in ({"address_string": "Elm 5"} | fields).items()}
    try:
        parse_post(posted, (), service(), context)
    except Refused as error:
        return [(problem.code, problem.subject) for problem in error.problems]
    return []


@around
@pytest.mark.parametrize(
    ("name", "most"), [("description", bounds.STANDARD_WORDS), ("address_string", bounds.PLACE)]
)
def test_a_field_of_open311_is_never_cut_but_refused(name: str, most: int, beyond: int) -> None:
    wanted = [("400.too_long", name)] if beyond > 0 else []
    assert _refused({name: "a" * (most + beyond)}) == wanted


@around
def test_two_long_keys_that_begin_alike_are_never_one(beyond: int) -> None:
    wanted = [("400.too_long", "Idempotency-Key")] if beyond > 0 else []
    assert _refused({}, key="k" * (bounds.KEY + beyond)) == wanted


@around
def test_a_link_longer_than_is_kept_is_refused(beyond: int) -> None:
    start = "https://photos.example/"
    url = start.ljust(bounds.URL + beyond, "a")
    assert is_public_url(url) is (beyond <= 0)


@around
def test_an_update_id_longer_than_is_read_is_refused(beyond: int) -> None:
    fields = {
        "service_request_id": "SR-7K2M-9Q4X-3",
        "update_id": "u" * (bounds.UPDATE_ID + beyond),
        "updated_datetime": NOW.isoformat(),
        "status": "FIXED",
        "description": "Filled.",
    }
    posted = {name: [value] for name, value in fields.items()}
    if beyond <= 0:
        assert parse_update(posted, NOW, "works").text == "Filled."
        return
    with pytest.raises(Refused):
        parse_update(posted, NOW, "works")


@around
@pytest.mark.parametrize("word", ["STOP", "STATUS", "1"])
def test_no_keyword_of_a_text_that_was_cut_is_believed(word: str, beyond: int) -> None:
    body = word + " " * (bounds.SMS_LETTERS + beyond - len(word) - 3) + "bin"
    cut = word + " " * (bounds.SMS_LETTERS - len(word)) + "x" * beyond
    message = parsed(wrapped(EVENT | {"messageBody": cut if beyond > 0 else body}))
    assert message.cut == (("text",) if beyond > 0 else ())
    assert message.intent == "" or beyond <= 0
    assert message.text == f"{word}…" or beyond <= 0
    assert message.nature is Nature.HUMAN


@around
def test_an_origin_that_was_cut_shows_it(beyond: int) -> None:
    origin = "N" * (bounds.SMS_ORIGIN + beyond)
    name = parsed(wrapped(EVENT | {"originationNumber": origin})).sender.name
    assert (name == origin, name.endswith("…")) == (beyond <= 0, beyond > 0)


@around
def test_a_reply_address_behind_the_bound_proves_nothing(beyond: int) -> None:
    party = "email:ana@example.org"
    ours = make_reply_address(
        SIGNER, "city.example", "SR-7K2M-9Q4X-3", Audience.REQUESTER, party, DOMAIN
    )
    local = ours.partition("@")[0]
    padded = " " * (bounds.REPLY_ADDRESS + beyond - len(local)) + ours
    found = read_reply_address(SIGNER, "city.example", padded, (party,))
    assert (found is None) is (beyond > 0)


@around
def test_the_author_of_a_forward_is_read_from_whole_lines_only(beyond: int) -> None:
    line = "From: bo@mail.example"
    words = "a\n" * ((bounds.FORWARD_SEARCHED - len(line)) // 2)
    body = (
        words + "." * (bounds.FORWARD_SEARCHED + beyond - len(words) - len(line) - 1) + "\n" + line
    )
    raw = simple(body="").replace(b"Subject: lamp", b"Subject: Fwd: lamp").rstrip()
    found = read(raw + b"\r\n\r\n" + body.encode() + b"x.example").forwarded_from
    assert found is None
    found = read(raw + b"\r\n\r\n" + body.encode()).forwarded_from
    assert (found is None) is (beyond > 0)


@around
def test_a_layout_larger_than_is_shown_is_not_shown(beyond: int) -> None:
    letters = "a" * (bounds.LAYOUT_LETTERS + beyond)
    tags = "<p>" * (bounds.LAYOUT_TAGS + beyond)
    assert [bool(safe_html(html)) for html in (letters, tags)] == [beyond <= 0] * 2


@around
def test_the_language_is_guessed_from_the_beginning(beyond: int) -> None:
    words = "la luz de la calle no está y no hay "
    text = ". " * ((bounds.LANGUAGE_SAMPLE + beyond) // 2) + words
    assert guess_language(words) == "es"
    assert guess_language(text) == guess_language(text[: bounds.LANGUAGE_SAMPLE])


@around
def test_a_mark_of_history_behind_long_attributes_quotes_nothing(beyond: int) -> None:
    mark = 'class="yahoo_quoted"'
    padding = " " * (bounds.TAG_LETTERS + beyond - len(mark) - 3)
    lines = html_lines(f"<div x{padding} {mark}>lamp</div>")
    assert [line.depth for line in lines] == [0 if beyond > 0 else 1]


@around
def test_a_name_of_a_file_that_was_cut_keeps_its_kind(beyond: int) -> None:
    name = "a" * (bounds.FILE_NAME + beyond - 4) + ".pdf"
    found = safe_name(name, "application/pdf", 1)
    assert (found == name) is (beyond <= 0)
    assert found.endswith(".pdf") and len(found) <= bounds.FILE_NAME


@around
def test_an_id_of_a_file_longer_than_is_read_is_none(beyond: int) -> None:
    content_id = "i" * (bounds.CONTENT_ID + beyond)
    head = f"Content-Type: image/png\nContent-ID: <{content_id}>\nContent-Transfer-Encoding: base64"
    [file] = read(simple(head, base64.b64encode(PNG).decode())).attachments
    assert file.content_id == ("" if beyond > 0 else content_id)


@around
def test_a_reason_that_was_cut_shows_it(beyond: int) -> None:
    said = "r" * (bounds.REASON + beyond)
    event = {
        "eventType": "Bounce",
        "mail": {"messageId": "1", "timestamp": NOW.isoformat()},
        "bounce": {"bouncedRecipients": [{"emailAddress": "a@b.example", "diagnosticCode": said}]},
    }
    [receipt] = parse_receipt(json.dumps(event))
    assert (receipt.reason == said, receipt.reason.endswith("…")) == (beyond <= 0, beyond > 0)


class _Bucket:
    """Gives what of a mail is asked for."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def get_object(self, **asked: Any) -> dict[str, Any]:
        first, _, last = asked["Range"].removeprefix("bytes=").partition("-")
        return {"Body": io.BytesIO(self._content[int(first) : int(last) + 1])}


def _verdict(head: str) -> str:
    news = Inbox(_Bucket(head.encode()), "mail").news("inbound/1", NOW)
    return str(news["receipt"]["dmarcVerdict"]["status"])


@around
def test_verdicts_that_were_cut_prove_nothing(beyond: int) -> None:
    results, receipt = "Authentication-Results: amazonses.com; dmarc=pass", "X-SES-RECEIPT:"
    filling = bounds.SES_HEAD_BYTES + beyond - len(f"\n{results}\n{receipt}") - len("Received: ")
    head = f"Received: {'a' * filling}\n{results}\n{receipt} x\n\nwords"
    assert _verdict(head) == ("GRAY" if beyond > 0 else "PASS")


def test_a_verdict_inside_an_address_is_none() -> None:
    sender = "envelope-from=dmarc=pass@evil.example"
    results = f"Authentication-Results: amazonses.com; spf=pass {sender}; dmarc=none"
    assert _verdict(f"{results}\nX-SES-RECEIPT: x\n\nwords") == "GRAY"


def _segments(many: int) -> bytes:
    return b"\xff\xe0\x00\x03." * many


@around
def test_a_photo_of_many_pieces_still_tells_nobody_where(beyond: int) -> None:
    photo = jpeg()
    xmp = b"http://ns.adobe.com/xap/1.0/\x00<x GPSLatitude/>"
    behind = b"\xff\xe1" + (len(xmp) + 2).to_bytes(2, "big") + xmp
    many = photo[:2] + _segments(bounds.PHOTO_PIECES + beyond - 1) + behind + photo[2:]
    bare = without_metadata(many)
    assert place_of(bare) is None
    assert b"http://ns.adobe.com/" not in bare


@around
def test_a_block_of_more_tags_than_are_read_tells_nothing(beyond: int) -> None:
    many = bounds.PHOTO_TAGS + beyond
    tags = b"".join(struct.pack(">HHII", number, 3, 1, 0) for number in range(many))
    block = b"MM\x00*" + struct.pack(">IH", 8, many) + tags + bytes(4)
    if beyond <= 0:
        assert len(Tiff(block).first()[0]) == many
        return
    with pytest.raises(ValueError, match="no such directory"):
        Tiff(block).first()


@around
def test_a_long_name_behind_many_properties_is_not_found(beyond: int) -> None:
    def packed(name: int, value: bytes) -> bytes:
        return b"\x02" + struct.pack("<HHI", name, 0, len(value)) + value + b"\0\0"

    name = "lamp.pdf".encode("utf-16-le")
    others = struct.pack("<HHI", 0x3, 1, 0) * (bounds.TNEF_PROPERTIES + beyond - 1)
    last = struct.pack("<HHII", 0x1F, 0x3707, 1, len(name)) + name
    block = struct.pack("<I", bounds.TNEF_PROPERTIES + beyond) + others + last
    data = (
        SIGNATURE
        + b"\0\0"
        + packed(0x9002, b"x")
        + packed(0x800F, b"%PDF-")
        + packed(0x9005, block)
    )
    files, _ = unpack_tnef(data)
    assert [file.name for file in files] == ["" if beyond > 0 else "lamp.pdf"]
