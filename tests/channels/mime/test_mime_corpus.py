"""Every mail of our own corpus is read as the person who wrote it meant it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chalicelib.channels.mime.parts.charsets import decode
from chalicelib.messages import InboundMessage
from tests.channels.mails import CASES, expected, raw_mail, read


def _plain(text: str) -> str:
    return " ".join(text.split())


def _seen(message: InboundMessage, key: str) -> Any:
    if key == "sender":
        return message.sender.email
    if key == "name":
        return message.sender.name
    if key == "forwarded_from":
        return message.forwarded_from.email if message.forwarded_from else None
    if key == "answers":
        return list(message.answers)
    if key == "attachments":
        return [
            [a.filename, a.content_type, *(["inline"] * a.is_inline)] for a in message.attachments
        ]
    return getattr(message, key)


@pytest.mark.parametrize("name", CASES)
def test_the_mail_is_read_as_it_was_meant(name: str) -> None:
    message, wanted = read(raw_mail(name)), expected(name)
    for words in wanted.pop("full_has", []):
        assert words in message.full_text
    if "text" in wanted:
        assert _plain(message.text) == _plain(wanted.pop("text"))
    for key, value in wanted.items():
        assert _seen(message, key) == value, key


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize("name", CASES)
def test_the_full_text_keeps_all_that_was_cut(name: str) -> None:
    message = read(raw_mail(name))
    words = set(re.findall(r"\w+", message.text))
    if message.full_text and not message.forwarded_from:
        assert words <= set(re.findall(r"\w+", message.full_text))


@pytest.mark.parametrize(
    ("label", "codec", "words"),
    [
        ("x-cp1252", "cp1252", "“lamp”"),
        ("cn-big5", "big5hkscs", "路燈壞了"),
        ("windows-949", "cp949", "똠방각하"),
        ("csShiftJIS", "cp932", "①番地"),
        ("chinese", "gb18030", "镕路€"),
        ("unicode-1-1-utf-7", "utf-7", "lamp é"),
        ("hz-gb-2312", "hz", "路灯"),
    ],
)
def test_a_charset_goes_by_any_name_that_programs_give_it(
    label: str, codec: str, words: str
) -> None:
    assert decode(words.encode(codec), label) == words
