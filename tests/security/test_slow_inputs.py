"""Words made to be slow: what reads them takes about twice as long for twice as much, or is cut before.

Compared is the CPU of one run for n and for 4n, so a slow machine makes no difference. A step that looks
back over what it has read would cost sixteen times as much; a run that is too short to be measured passes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import pytest

from chalicelib.channels import bounds
from chalicelib.channels.contacts import read_email, read_name, read_phone
from chalicelib.channels.mime.reading import Envelope, Mailbox, parse
from chalicelib.channels.sms.keywords import intent
from chalicelib.tickets.model.references import find_ticket_id
from chalicelib.tickets.publishing.masking import mask, mask_place
from tests.channels.mails import SIGNER

TOO_SHORT = 0.5  # seconds that hold nobody up, and in which a machine's own noise is seen
MOST = 10  # of four times as much; a square would be sixteen
SIZE = 20_000
# What is cut before it is read: a quarter of the bound.
SIZES = {"keyword": bounds.SMS_LETTERS // 4, "masked place": bounds.PLACE // 4}

WORDS: Mapping[str, Callable[[int], str]] = {
    "one letter": lambda n: "a" * n,
    "spaces": lambda n: " " * n + "x",
    "line ends": lambda n: "\n" * n,
    "quotes": lambda n: "> " * n,
    "deep quotes": lambda n: ">" * n + "\n" + ">" * n,
    "at signs": lambda n: "a@" * (n // 2),
    "dots": lambda n: "a." * (n // 2) + "@",
    "brackets": lambda n: "<" * n,
    "open tags": lambda n: "<div>" * (n // 5),
    "open comments": lambda n: "<!--" * (n // 4),
    "attributes": lambda n: "<a " + "b=" * (n // 2),
    "entities": lambda n: "&amp" * (n // 4),
    "digits": lambda n: "5550102" * (n // 7),
    "half references": lambda n: "SR-AAAA-" * (n // 8),
    "wrote:": lambda n: "On Mon, " * (n // 8) + "wrote",
    "dashes": lambda n: "-" * n + "x",
    "underscores": lambda n: "_ " * (n // 2),
    "brackets and dots": lambda n: "[.(" * (n // 3),
    "zero width": lambda n: "\u200b" * n,
    "turned around": lambda n: "\u202e" * n,
    "combining": lambda n: "a" + "\u0301" * n,
}


BOX = Mailbox(signer=SIGNER, jurisdiction_id="city.example")
ENVELOPE = Envelope(message_id="m", received_at=datetime(2026, 3, 2, 15, 0, tzinfo=UTC))


def as_mail(kind: str, text: str) -> object:
    """The words as the body of a mail."""
    head = f"From: ana@example.org\r\nTo: help@city.example\r\nContent-Type: text/{kind}; charset=utf-8"
    return parse(f"{head}\r\n\r\n{text}".encode(), ENVELOPE, BOX)


def as_heads(text: str) -> object:
    """The words as what stands above a mail, a line each."""
    head = f"From: {text}\r\nSubject: {text}\r\nIn-Reply-To: {text}\r\nContent-Type: {text}"
    return parse(f"{head}\r\n\r\nx".encode(), ENVELOPE, BOX)


READERS: Mapping[str, Callable[[str], object]] = {
    "plain mail": partial(as_mail, "plain"),
    "formatted mail": partial(as_mail, "html"),
    "heads of a mail": as_heads,
    "reference": find_ticket_id,
    "keyword": intent,
    "name": read_name,
    "address": read_email,
    "number": partial(read_phone, region="US"),
    "masked": mask,
    "masked place": mask_place,
}


def seconds(read: Callable[[str], object], words: str) -> float:
    """The CPU of one run; a refusal is an answer, too."""
    begun = time.process_time()
    with suppress(Exception):
        read(words)
    return time.process_time() - begun


@pytest.mark.parametrize("reader", READERS)
def test_four_times_the_words_cost_about_four_times_as_much(reader: str) -> None:
    read, slow, size = READERS[reader], {}, SIZES.get(reader, SIZE)
    for kind, made in WORDS.items():
        once, more = seconds(read, made(size)), seconds(read, made(4 * size))
        if more > TOO_SHORT and more > MOST * once:
            slow[kind] = (once, more)
    assert slow == {}
