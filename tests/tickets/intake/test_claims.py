"""The code of an anonymous report, as people read it aloud and type it."""

from __future__ import annotations

import pytest

from chalicelib.errors import TicketNotFound
from chalicelib.signing import Signer
from chalicelib.tickets.intake.claims import Claims, claim_code
from tests.city import City

SECRET = "only for tests, and long enough"


@pytest.fixture
def city() -> City:
    return City()


def opens(city: City, key_id: str, typed_id: str) -> bool:
    """Whether a code by the key `key_id` opens its report when that id is typed as `typed_id`."""
    signer, ticket = Signer({key_id: SECRET}, key_id), city.write("Paint on the wall")
    code = claim_code(signer, ticket)
    assert code.startswith(f"{key_id.upper()}-")
    typed = typed_id + code.removeprefix(key_id.upper())
    try:
        return Claims(city.committer, lambda: signer).open(ticket.ticket_id, typed) is not None
    except TicketNotFound:
        return False


@pytest.mark.parametrize(
    ("key_id", "typed_id"),
    [("k1", "KI"), ("k1", "kl"), ("l1", "L1"), ("l1", "11"), ("l1", "II"), ("l10", "llO")],
)
def test_a_code_whose_key_is_misread_opens_its_report(
    city: City, key_id: str, typed_id: str
) -> None:
    assert opens(city, key_id, typed_id)


@pytest.mark.parametrize(("key_id", "typed_id"), [("k1", "k2"), ("k1", ""), ("kil", "k11")])
def test_a_code_by_a_key_of_another_name_opens_nothing(
    city: City, key_id: str, typed_id: str
) -> None:
    assert not opens(city, key_id, typed_id)


def test_a_key_that_is_no_letter_and_number_is_read_as_typed(city: City) -> None:
    assert opens(city, "oil", "OIL")
