"""Which new passwords are refused, and what the list that ships holds."""

from __future__ import annotations

import pytest

from chalicelib.identity.passwords import LEAST, problem_of
from infra.passwords import packed


@pytest.mark.parametrize(
    "password",
    [
        "123qweasdzxc",
        "QWERTY123456",
        "Password1234",
        "passwordpassword",
        "Password2026!!",
        "..dragon..2026..",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "12345678901234567890",
        "Springfield-2026",
        "springfield springfield".replace(" ", ""),
    ],
)
def test_what_everybody_tries_is_refused(password: str) -> None:
    """L9, ASVS 6.2.4 and 6.2.11: common ones, however they are dressed, and the city's own name."""
    assert problem_of(password, ["Springfield"]) == "common"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "gelber regen im mai",
        "گل سرخ در باران بهاری",
        "tr7xkqbzulomv",
    ],
)
def test_length_is_enough_whatever_the_letters(password: str) -> None:
    """L9, ASVS 6.2.5: no rules about capitals, digits or signs."""
    assert problem_of(password, ["Springfield"]) == ""


def test_a_password_has_twelve_letters_at_least() -> None:
    assert problem_of("kqzvw-7-plom"[: LEAST - 1]) == "short"


def test_the_list_holds_the_three_thousand_most_common_that_are_long_enough() -> None:
    words = [f"{number:012}" for number in range(3_000)]
    assert len(packed(words)) == 4 * 3_000
    assert len(packed(["short", "abc"])) == 4, "short ones only as what is built around"
