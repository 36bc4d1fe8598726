"""The code that confirms a number, across a change of the signing key."""

from __future__ import annotations

import pytest

from chalicelib.errors import InvalidRequest
from chalicelib.signing import Signer
from chalicelib.tickets.intake import confirmation
from chalicelib.tickets.intake.confirmation import Confirmations, make_code
from chalicelib.tickets.model.ticket import Ticket
from tests.city import City

OLD, NEW = "only for tests, and long enough", "another one for tests, and long"
BEFORE = Signer({"k1": OLD}, "k1")


@pytest.fixture
def city() -> City:
    return City()


@pytest.fixture
def asked(city: City) -> Ticket:
    """Waits for the code."""
    ticket = city.write()
    ticket.is_confirmed = False
    confirmation.ask(ticket, city.now())
    city.committer.commit(ticket)
    return city.store.get(ticket.ticket_id)


def test_a_code_that_was_sent_before_the_key_changed_confirms(city: City, asked: Ticket) -> None:
    sent = make_code(BEFORE, asked)
    after = Signer({"k1": OLD, "k2": NEW}, "k2")
    assert make_code(after, asked) != sent
    Confirmations(city.committer, lambda: after).confirm_by_code(asked, sent)
    assert city.store.get(asked.ticket_id).is_confirmed


def test_a_code_that_was_sent_before_links_had_keys_of_their_own_confirms(
    city: City, asked: Ticket
) -> None:
    sent = make_code(BEFORE, asked)
    after = Signer.read({"current": "k1", "k1": OLD, "links.l1": NEW, "links.current": "l1"})
    Confirmations(city.committer, lambda: after).confirm_by_code(asked, sent)
    assert city.store.get(asked.ticket_id).is_confirmed


def test_a_code_by_a_key_that_was_given_up_confirms_nothing(city: City, asked: Ticket) -> None:
    sent = make_code(BEFORE, asked)
    without = Signer({"k2": NEW}, "k2")
    with pytest.raises(InvalidRequest):
        Confirmations(city.committer, lambda: without).confirm_by_code(asked, sent)
    assert not city.store.get(asked.ticket_id).is_confirmed
