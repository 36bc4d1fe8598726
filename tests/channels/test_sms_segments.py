"""Counting and shortening texts, against a second way of counting that shares no line with the first."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.channels.sms_segments import Encoding, fit, plain_twins, segments

# GSM 03.38 row by row as the standard prints it; \x1b is the escape to the extension table.
GSM_ROWS = (
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
)
GSM = "".join(GSM_ROWS).replace("\x1b", "")
ESCAPED = "\f^{}\\[~]|€"
LINK = "https://maplewood.example/t/SR-7K3M-9QX2-H/k1.mnbvcxzasdfghjklpoiuytrewq"
gsm_texts = st.text(st.sampled_from(GSM + ESCAPED * 3), max_size=700)
any_texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=400)
emoji_texts = st.text(st.sampled_from("ab🙂👍ی中 "), max_size=300)


def oracle(text: str) -> tuple[str, int, int]:
    """Encoding, units and segments by writing the text out and cutting it up."""
    if all(char in GSM or char in ESCAPED for char in text):
        written = "".join(f"\x1b{char}" if char in ESCAPED else char for char in text)
        return "GSM-7", len(written), cut(written, 160, 153, "\x1b")
    raw = text.encode("utf-16-be")
    units = "".join("\x1b" if 0xD8 <= raw[i] <= 0xDB else "x" for i in range(0, len(raw), 2))
    return "UCS-2", len(units), cut(units, 70, 67, "\x1b")


def cut(units: str, alone: int, joined: int, first_half: str) -> int:
    if len(units) <= alone:
        return int(bool(units))
    count = 0
    while units:
        end = joined - 1 if units[:joined].endswith(first_half) and len(units) > joined else joined
        units, count = units[end:], count + 1
    return count


@settings(deadline=None, max_examples=400)
@given(st.one_of(gsm_texts, any_texts, emoji_texts))
def test_the_count_agrees_with_writing_the_text_out(text: str) -> None:
    counted = segments(text)
    assert (counted.encoding, counted.units, counted.count) == oracle(text)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 164, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("ی" * 70, "UCS-2", 70, 1),
        ("ی" * 71, "UCS-2", 71, 2),
        ("中" * 134, "UCS-2", 134, 2),
        ("ی" * 66 + "🙂" + "ی" * 66, "UCS-2", 134, 3),
        ("ŵ", "UCS-2", 1, 1),
        ("niño é", "GSM-7", 6, 1),
        ("estación", "UCS-2", 8, 1),
    ],
)
def test_known_texts(text: str, encoding: str, units: int, count: int) -> None:
    counted = segments(text)
    assert (counted.encoding, counted.units, counted.count) == (encoding, units, count)


@settings(deadline=None, max_examples=200)
@given(any_texts, st.integers(1, 3))
def test_a_fitted_text_fits_and_keeps_its_link(text: str, limit: int) -> None:
    fitted = fit(f"{text}\n{LINK}", max(limit, 2))
    assert segments(fitted).count <= max(limit, 2)
    assert fitted.endswith(LINK)


def test_a_text_that_fits_is_left_alone() -> None:
    text = "Persian می\u200cآید, ñ, 中"
    assert fit(text) == text


def test_shortening_stops_at_a_word() -> None:
    text = " ".join(f"word{number:03}" for number in range(100)) + f"\n{LINK}"
    head, _, link = fit(text).partition("...\n")
    assert link == LINK
    assert text.startswith(head + " ")
    assert segments(fit(text)).count == 2


def test_chinese_is_shortened_between_characters() -> None:
    fitted = fit("路灯不亮" * 60 + f"\n{LINK}")
    assert fitted.startswith("路灯")
    assert "…\nhttps" in fitted
    assert 120 < segments(fitted).units <= 134


def test_an_open_isolate_is_closed_where_the_text_is_cut() -> None:
    fitted = fit("\u2068" + "سلام دنیا " * 40 + f"\u2069\n\u2068{LINK} \u2069")
    assert fitted.count("\u2068") == fitted.count("\u2069")
    assert LINK + " " in fitted


def test_typographic_marks_become_plain_only_when_that_saves_a_segment() -> None:
    short = "It’s “done”"
    long = "It’s “done” – really… " * 5
    assert plain_twins(short) == short
    assert plain_twins(long) == 'It\'s "done" - really... ' * 5
    assert segments(fit(long)).encoding is Encoding.GSM_7


def test_letters_are_never_lost() -> None:
    text = "ŵŷ ğı şéñ می\u200cرود 路灯 🙂"
    assert fit(text * 2) == text * 2
    assert "?" not in fit(text * 30)
