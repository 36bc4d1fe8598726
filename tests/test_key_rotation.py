"""Signing keys: each ring has its own, is renewed with overlap, and withdrawn without the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import ConfigurationError
from chalicelib.key_ring import AGAIN, LIVE, KeyRing
from chalicelib.rotation import KNOWN_FIRST, TERMS, rotated, withdrawn
from chalicelib.signing import RINGS, Signer
from infra.stacks import DeployError
from infra.withdraw_keys import MEANS, withdraw

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
FIRST = {"current": "k1", "k1": "the installation's first secret"}
DAY = timedelta(days=1)
ONE_OF_EACH = {ring: purposes[0] for ring, purposes in RINGS.items()}
SOURCE = Path(__file__).parents[1] / "chalicelib"


def run(document: dict[str, str], days: int, begin: datetime = NOW) -> dict[str, str]:
    """The secret after the daily function ran for so many days."""
    numbers = count(len(document))
    for day in range(days):
        document = rotated(document, begin + day * DAY, lambda: f"secret number {next(numbers)}")
    return document


def ids(document: dict[str, str], ring: str) -> set[str]:
    return {name.split(".")[1] for name in document if re.fullmatch(rf"{ring}\.[a-z]\d+", name)}


def test_every_purpose_that_is_signed_for_has_a_ring() -> None:
    called = re.compile(r'(?:sign|verify)\((?:[\w.\[\]()]+, )?"([a-z-]+)"')
    named = re.compile(r'^PURPOSE = "([a-z-]+)"', re.MULTILINE)
    texts = [path.read_text() for path in SOURCE.rglob("*.py")]
    found = {name for text in texts for name in (*called.findall(text), *named.findall(text))}
    assert found
    assert found <= {purpose for purposes in RINGS.values() for purpose in purposes}


def test_ids_of_rings_are_told_apart_by_their_letter() -> None:
    letters = {ring[0] for ring in RINGS}
    assert len(letters) == len(RINGS)
    assert "k" not in letters, "that is the letter of the first keys"


@pytest.mark.parametrize("purpose", ["tracking", "reply", "form", "something new"])
def test_a_secret_of_before_signs_and_verifies_as_it_did(purpose: str) -> None:
    signature = Signer({"k1": FIRST["k1"]}, "k1").sign(purpose, "a", "b")
    assert Signer.read(FIRST).sign(purpose, "a", "b") == signature
    assert Signer.read(FIRST).verify(signature, purpose, "a", "b")


def test_a_release_of_before_reads_a_secret_with_rings() -> None:
    """It made a signer of every text beside `current`."""
    document = run(FIRST, 3)
    keys = dict(document)
    former = Signer(keys, keys.pop("current"))
    assert former.sign("tracking", "a") == Signer.read(FIRST).sign("tracking", "a")


@pytest.mark.parametrize("ring", sorted(TERMS))
def test_a_new_key_is_known_for_a_day_before_it_signs(ring: str) -> None:
    purpose, first = ONE_OF_EACH[ring], run(FIRST, 1)
    assert Signer.read(first).sign(purpose, "a").startswith("k1.")
    second = run(first, 1, NOW + KNOWN_FIRST)
    signature = Signer.read(second).sign(purpose, "a")
    assert signature.startswith(f"{ring[0]}1.")
    assert Signer.read(first).verify(signature, purpose, "a"), "by who read before it signed"


def test_what_is_not_due_changes_nothing() -> None:
    document = run(FIRST, 2)
    assert rotated(document, NOW + 2 * DAY) == document


@pytest.mark.parametrize("ring", sorted(TERMS))
def test_what_a_key_signed_verifies_for_its_term_and_no_longer(ring: str) -> None:
    term, purpose = TERMS[ring], ONE_OF_EACH[ring]
    document = run(FIRST, 2)
    old, first = Signer.read(document).sign(purpose, "a"), Signer.read(FIRST).sign(purpose, "a")
    renewed = term.signs + KNOWN_FIRST
    last = NOW + renewed + term.verifies - DAY
    for at in (NOW + term.signs, NOW + renewed, last):
        document = rotated(document, at)
        assert Signer.read(document).verify(old, purpose, "a")
    assert not Signer.read(document).sign(purpose, "a").startswith(f"{ring[0]}1.")
    document = rotated(document, last + 2 * DAY)
    assert not Signer.read(document).verify(old, purpose, "a")
    assert not Signer.read(document).verify(first, purpose, "a")


def test_the_secret_does_not_grow() -> None:
    """Forty years of it, with the limit of Secrets Manager (65,536 bytes) far away."""
    document, most = dict(FIRST), 0
    for week in range(40 * 52):
        document = rotated(document, NOW + 7 * week * DAY)
        most = max(most, len(json.dumps(document)))
    assert most < 6_000


def test_callbacks_keep_their_key_until_somebody_withdraws_it() -> None:
    document = run(FIRST, 1_000)
    assert Signer.read(document).sign("callback", "a") == Signer.read(FIRST).sign("callback", "a")


@pytest.mark.parametrize("ring", sorted(RINGS))
def test_withdrawing_a_ring_ends_all_that_it_signed_and_nothing_else(ring: str) -> None:
    document = run(FIRST, 2)
    before = {
        r: [Signer.read(d).sign(p, "a") for d in (FIRST, document)] for r, p in ONE_OF_EACH.items()
    }
    after = Signer.read(withdrawn(document, ring, NOW + 2 * DAY))
    for other, purpose in ONE_OF_EACH.items():
        verdicts = {after.verify(signature, purpose, "a") for signature in before[other]}
        assert verdicts == {other != ring}
    assert after.verify(after.sign(ONE_OF_EACH[ring], "a"), ONE_OF_EACH[ring], "a")


def test_a_withdrawn_ring_goes_on_being_renewed() -> None:
    document = withdrawn(run(FIRST, 2), "links", NOW + 2 * DAY)
    kept = Signer.read(document).sign("tracking", "a")
    document = run(document, 5, NOW + 3 * DAY)
    assert Signer.read(document).sign("tracking", "a") == kept
    later = run(document, 2, NOW + 3 * DAY + TERMS["links"].signs)
    assert Signer.read(later).sign("tracking", "a").startswith("l3.")
    assert Signer.read(later).verify(kept, "tracking", "a")


class Secret:
    """Secrets Manager with one secret, which may be out of reach."""

    def __init__(self, text: str) -> None:
        self.text, self.asked, self.is_away = text, 0, False

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803
        self.asked += 1
        if self.is_away:
            raise ClientError({"Error": {"Code": "InternalServiceError"}}, "GetSecretValue")
        return {"SecretString": self.text}

    def put_secret_value(self, SecretId: str, SecretString: str) -> None:  # noqa: N803
        self.text = SecretString


@pytest.fixture
def secret() -> Iterator[Secret]:
    return Secret(json.dumps(FIRST))


def test_a_process_reads_the_keys_again_every_quarter_of_an_hour(secret: Secret) -> None:
    now = [0.0]
    ring = KeyRing(secret, "keys", lambda: now[0])
    before = ring.signer().sign("tracking", "a")
    secret.text = json.dumps(withdrawn(FIRST, "links", NOW))
    now[0] = LIVE - 1
    assert ring.signer().verify(before, "tracking", "a")
    assert secret.asked == 1
    now[0] = LIVE
    assert not ring.signer().verify(before, "tracking", "a")


def test_a_process_goes_on_with_what_it_has_while_the_keys_cannot_be_read(secret: Secret) -> None:
    now = [0.0]
    ring = KeyRing(secret, "keys", lambda: now[0])
    before = ring.signer().sign("tracking", "a")
    secret.is_away, now[0] = True, LIVE
    assert ring.signer().verify(before, "tracking", "a")
    asked = secret.asked
    assert ring.signer()
    assert secret.asked == asked, "not with every call"
    secret.is_away, now[0] = False, LIVE + AGAIN
    assert ring.signer()
    assert secret.asked == asked + 1


def test_a_process_that_never_read_any_says_what_is_wrong(secret: Secret) -> None:
    secret.text = json.dumps({"k1": "a key, and nothing says that it signs"})
    with pytest.raises(ConfigurationError, match="current"):
        KeyRing(secret, "keys").signer()


def test_the_daily_run_writes_only_what_is_due(secret: Secret) -> None:
    ring = KeyRing(secret, "keys")
    assert ring.rotate(NOW)
    written = secret.text
    assert ids(json.loads(written), "links") == {"l1"}
    assert not ring.rotate(NOW)
    assert secret.text == written


def test_whoever_runs_at_the_same_time_loses_nothing_that_was_signed(secret: Secret) -> None:
    one = json.loads(secret.text)
    KeyRing(secret, "keys").rotate(NOW)
    assert Signer.read(json.loads(secret.text)).sign("tracking", "a").startswith("k1.")
    secret.text = json.dumps(rotated(one, NOW))  # the other, which read before
    assert Signer.read(json.loads(secret.text)).sign("tracking", "a").startswith("k1.")


def test_the_command_withdraws_one_ring_and_refuses_what_is_none(secret: Secret) -> None:
    before = Signer.read(FIRST)
    with pytest.raises(DeployError, match="links"):
        withdraw(lambda _: secret, "keys", "lynx", NOW)
    assert json.loads(secret.text) == FIRST
    withdraw(lambda _: secret, "keys", "links", NOW)
    after = Signer.read(json.loads(secret.text))
    assert not after.verify(before.sign("tracking", "a"), "tracking", "a")
    assert after.verify(before.sign("reply", "a"), "reply", "a")
    assert MEANS.keys() == RINGS.keys()
