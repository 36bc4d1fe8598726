"""A reply address proves exactly one ticket and party, whatever relays do to it, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.channels.reply_address import make_reply_address, read_reply_address
from chalicelib.messages import Audience, ReplyToken
from chalicelib.signing import Signer, party_mark

SIGNER = Signer({"k1": "0123456789abcdef"}, "k1")
CITY = "city.example"
TICKET = "SR-7K2M-9Q4X-A"
PARTY = "email:ana@example.org"
ADDRESS = make_reply_address(SIGNER, CITY, TICKET, Audience.REQUESTER, PARTY, "reply.city.example")
TOKEN = ReplyToken(ticket_id=TICKET, audience=Audience.REQUESTER, party_key=PARTY)


def test_an_address_fits_into_a_local_part_and_needs_no_quoting() -> None:
    local_part = ADDRESS.partition("@")[0]
    assert len(local_part) <= 64
    assert set(local_part) <= set("abcdefghijklmnopqrstuvwxyz0123456789.+")


@pytest.mark.parametrize("audience", list(Audience))
def test_every_audience_comes_back(audience: Audience) -> None:
    address = make_reply_address(SIGNER, CITY, TICKET, audience, PARTY, "reply.city.example")
    token = read_reply_address(SIGNER, CITY, address, [PARTY])
    assert token == replace(TOKEN, audience=audience)


@pytest.mark.parametrize(
    "altered",
    [
        ADDRESS.upper(),
        ADDRESS.title(),
        ADDRESS.replace("+", "="),
        ADDRESS.replace("+", "=2B"),
        ADDRESS.replace("+", "%2b"),
        ADDRESS.replace("+", " "),
        f"<{ADDRESS}>",
        f"prvs=12345678ab={ADDRESS}",
        ADDRESS.replace("@", "=") + "@relay.example",
    ],
)
def test_what_relays_write_is_understood(altered: str) -> None:
    assert read_reply_address(SIGNER, CITY, altered, [PARTY]) == TOKEN


def test_the_party_is_a_bare_mark_when_somebody_else_writes() -> None:
    token = read_reply_address(SIGNER, CITY, ADDRESS, ["email:mallory@evil.example"])
    assert token == replace(TOKEN, party_key=party_mark(PARTY))


def test_another_city_or_key_makes_it_worthless() -> None:
    assert read_reply_address(SIGNER, "other.example", ADDRESS) is None
    other = Signer({"k1": "fedcba9876543210"}, "k1")
    assert read_reply_address(other, CITY, ADDRESS) is None
    assert read_reply_address(Signer({"k2": "0123456789abcdef"}, "k2"), CITY, ADDRESS) is None


def test_an_old_key_still_reads_after_rotation() -> None:
    rotated = Signer({"k1": "0123456789abcdef", "k2": "fedcba9876543210"}, "k2")
    assert read_reply_address(rotated, CITY, ADDRESS, [PARTY]) == TOKEN


def test_a_long_key_id_is_refused_with_its_remedy() -> None:
    signer = Signer({"abcdefgh": "0123456789abcdef"}, "abcdefgh")
    with pytest.raises(ValueError, match="5 characters"):
        make_reply_address(signer, CITY, TICKET, Audience.REQUESTER, PARTY, "reply.city.example")


@given(st.integers(6, ADDRESS.index("@") - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_no_single_changed_character_is_accepted(place: int, letter: str) -> None:
    altered = ADDRESS[:place] + letter + ADDRESS[place + 1 :]
    token = read_reply_address(SIGNER, CITY, altered, [PARTY])
    assert token == (TOKEN if altered == ADDRESS else None)


@given(st.integers(0, ADDRESS.index("@") - 1))
def test_no_shortened_address_is_accepted(length: int) -> None:
    assert read_reply_address(SIGNER, CITY, ADDRESS[:length] + "@reply.city.example") is None


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert read_reply_address(SIGNER, CITY, text) is None
