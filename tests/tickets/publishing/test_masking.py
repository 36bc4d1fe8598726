"""What of a person's words may be published, and that the rest never is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.masking import cases
from chalicelib.tickets.publishing.masking import HIDDEN, mask, mask_place

MAILS = st.from_regex(r"[a-z]{2,10}(\.[a-z]{2,8})?@[a-z]{3,10}\.(com|org|es|ir|cn)", fullmatch=True)
PHONES = st.from_regex(r"\+?[0-9]{2,4}([ .-][0-9]{3}){2}", fullmatch=True)
DIGITS = ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９")
AROUND = st.sampled_from(
    ["hole in the road", "bache en la calle", "چاله در خیابان", "路上有坑", ""]
)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case['locale']}:{case['text'][:30]}")
def test_what_is_private_is_hidden_and_what_matters_stays(case: dict[str, Any]) -> None:
    shown = mask(case["text"], names=case.get("names", ()), place=case.get("place", ""))
    assert [part for part in case.get("hidden", []) if part in shown] == []
    assert [part for part in case.get("kept", []) if part not in shown] == []


@settings(max_examples=60, deadline=None)
@given(before=AROUND, after=AROUND, mail=MAILS)
def test_no_mail_address_is_left(before: str, after: str, mail: str) -> None:
    shown = mask(f"{before} {mail} {after}")
    assert mail not in shown
    assert "@" not in shown


@settings(max_examples=60, deadline=None)
@given(before=AROUND, after=AROUND, phone=PHONES, digits=st.sampled_from(DIGITS))
def test_no_number_to_call_is_left_in_whatever_digits(
    before: str, after: str, phone: str, digits: str
) -> None:
    written = phone.translate(str.maketrans(DIGITS[0], digits))
    assert written not in mask(f"{before} {written} {after}")


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=120), place=st.text(max_size=20), name=st.text(max_size=12))
def test_any_text_is_taken_and_nothing_is_put_in_but_the_mark(
    text: str, place: str, name: str
) -> None:
    shown = mask(text, names=[name], place=place)
    rest = iter(text)
    for part in shown.split(HIDDEN) if HIDDEN not in text else []:
        assert all(letter in rest for letter in part)
    assert mask_place(text, [name]).count(HIDDEN) <= len(text)


def test_masking_again_hides_no_more() -> None:
    for case in cases():
        given_ = {"names": case.get("names", ()), "place": case.get("place", "")}
        once = mask(case["text"], **given_)
        assert mask(once, **given_) == once


def test_the_place_of_the_matter_stays_but_not_which_flat() -> None:
    assert mask_place("12 Mill Lane, Apt 4, ask for Ana Torres", ["Ana Torres"]) == (
        f"12 Mill Lane, {HIDDEN}, ask for {HIDDEN}"
    )
    assert mask_place("خیابان آزادی، پلاک ۴۵، واحد ۳").startswith("خیابان آزادی، پلاک ۴۵")
    assert "واحد" not in mask_place("خیابان آزادی، پلاک ۴۵، واحد ۳")
    assert "555" not in mask_place("12 Mill Lane, tel. 555-0134")
