"""Counting and shortening texts, against a second way of counting that shares no line with the first."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.channels.sms.segments import Encoding, fit, plain_twins, segments

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
DATA = Path(__file__).parents[2] / "data"
EDGES = (
    *(60, 66, 67, 68, 69, 70, 71, 130, 133, 134, 135, 136, 150, 152, 153, 154, 159, 160, 161),
    *(200, 201, 202, 300, 305, 306, 307, 310, 458, 459, 460, 600),
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


@settings(deadline=None, max_examples=3_000)
@given(st.one_of(gsm_texts, any_texts, emoji_texts))
def test_the_count_agrees_with_writing_the_text_out(text: str) -> None:
    counted = segments(text)
    assert (counted.encoding, counted.units, counted.count) == oracle(text)


def recorded_texts() -> list[str]:
    """Four thousand texts round the edges of segments, the same ones on every machine."""
    chance = random.Random(311)
    alphabets = [
        *(GSM, GSM + "^{}\\[~]|€" * 4, "^{}\\[~]|€", GSM + "“”’–…ŵŷáíóúçß"),
        "سلام چراغ خیابان می\u200cشود ۱۲۳ ",
        *("路灯不亮。，北京", "ab 🙂👍🕳𝒜 中ی", "abc 123 ^{}\\[~]|€"),
    ]
    return [_recorded_text(chance, chance.choice(alphabets)) for _ in range(4_000)]


def _recorded_text(chance: random.Random, alphabet: str) -> str:
    is_near_an_edge = chance.random() < 0.7
    edge = chance.choice(EDGES) + chance.choice([0, 0, 0, -1, 1])
    length = edge if is_near_an_edge else chance.randrange(700)
    return "".join(chance.choice(alphabet) for _ in range(length))


def test_the_count_agrees_with_a_published_counter() -> None:
    """`sms_counts.txt` is what split-sms 0.1.7 of npm says about each of the texts."""
    counted = (segments(text) for text in recorded_texts())
    said = [f"{one.encoding[0]}{max(one.count, 1)}" for one in counted]
    assert said == (DATA / "sms_counts.txt").read_text(encoding="utf-8").split()


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


@settings(deadline=None, max_examples=300)
@given(st.one_of(any_texts, gsm_texts, emoji_texts), st.integers(2, 3), st.sampled_from("\n "))
def test_a_fitted_text_fits_and_keeps_its_link(text: str, limit: int, gap: str) -> None:
    fitted = fit(f"{text}{gap}{LINK}", limit)
    counted = segments(fitted)
    assert counted.count <= limit + (counted.encoding is Encoding.UCS_2)
    assert fitted.endswith(LINK)


def test_dots_never_touch_the_link() -> None:
    assert f"…\n{LINK}" in fit("请选择" * 60 + "：" + LINK)


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
    assert 185 < segments(fitted).units <= 201


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
