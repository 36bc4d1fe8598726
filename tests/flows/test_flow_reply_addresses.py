"""Reply addresses end when staff say so, and outlive a change of keys (catalogue E07, K11)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.stack import client
from tests.citizens import (
    ANA,
    a_mail,
    act,
    answer_to,
    form_token,
    kinds,
    reported_by_mail,
    ticket_of,
    timeline_of,
    to,
)
from tests.harness import Harness

pytestmark = pytest.mark.parametrize("town", ["moto"], indirect=True)
WHY = "Her mailbox was broken into."


def _resolved(town: Harness) -> str:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    act(town, ticket_id, "status", status="resolved", reason="Filled.")
    town.drain()
    return ticket_id


def _revoke(town: Harness, ticket_id: str, **given: Any) -> Any:
    body = {"party": f"email:{ANA}", "reason": WHY, **given}
    return act(town, ticket_id, "reply-address/revoke", **body)


def test_a_revoked_address_proves_nothing_and_loses_nothing(town: Harness) -> None:
    ticket_id = _resolved(town)
    old = to(town, ANA)[-1]
    assert _revoke(town, ticket_id).status == 200
    town.mail(answer_to(old, "Open it again, please."))
    town.drain()
    entry = timeline_of(town, ticket_id)[-1]
    assert (entry["text"], entry["is_verified"]) == ("Open it again, please.", False)
    assert entry["visibility"] == "staff"
    assert ticket_of(town, ticket_id)["status"] == "resolved"
    revoked = next(e for e in timeline_of(town, ticket_id) if e["kind"] == "reply_address_revoked")
    assert (revoked["text"], revoked["visibility"]) == (WHY, "staff")
    audit = [a for a in town.dump()["audit"] if a["action"] == "reply_address_revoked"]
    assert [a["subject"] for a in audit] == [ticket_id]
    assert ANA not in str(audit)


def test_the_next_mail_brings_an_address_that_is_worth_something(town: Harness) -> None:
    ticket_id = _resolved(town)
    old = to(town, ANA)[-1]
    _revoke(town, ticket_id)
    act(town, ticket_id, "reply", text="Is it really filled?")
    town.drain()
    fresh = to(town, ANA)[-1]
    assert fresh.reply_to != old.reply_to
    town.mail(answer_to(fresh, "No, it broke open."))
    town.drain()
    assert timeline_of(town, ticket_id)[-1]["kind"] == "reopened"
    assert ticket_of(town, ticket_id)["status"] == "in_progress"


def test_a_colleagues_address_can_end_too(town: Harness) -> None:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    clerk = str(town.services.accounts.staff(town.token("agent")).username)
    act(town, ticket_id, "assign", user="supervisor", assignee=clerk)
    town.drain()
    notice = to(town, clerk)[-1]
    assert _revoke(town, ticket_id, party=f"email:{clerk}").status == 200
    before = ticket_of(town, ticket_id).get("last_staff_action_at")
    town.mail(answer_to(notice, "Done."))
    town.mail(answer_to(to(town, ANA)[0], "It grows."))
    town.drain()
    said = {e["text"]: e["is_verified"] for e in timeline_of(town, ticket_id) if e["text"]}
    assert (said["Done."], said["It grows."]) == (False, True)
    assert ticket_of(town, ticket_id).get("last_staff_action_at") == before


@pytest.mark.parametrize(
    ("given", "status"),
    [({"party": "email:bo@example.org"}, 404), ({"party": "x"}, 422), ({"reason": " "}, 422)],
)
def test_what_cannot_be_revoked_says_so(town: Harness, given: dict[str, str], status: int) -> None:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    assert _revoke(town, ticket_id, **given).status == status
    assert kinds(town, ticket_id) == ["opened"]


def test_a_revocation_is_based_on_what_was_seen(town: Harness) -> None:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    assert _revoke(town, ticket_id, version=99).status == 409


def test_the_console_ends_an_address_by_form(town: Harness) -> None:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    path = f"/console/tickets/{ticket_id}"
    page = town.http("GET", path, user="agent")
    assert f'<option value="email:{ANA}"' in page.text
    form = {"form_token": form_token(page), "version": ticket_of(town, ticket_id)["version"]}
    form |= {"seen": "1", "party": f"email:{ANA}", "reason": WHY}
    answer = town.http("POST", f"{path}/revoke-reply-address", user="agent", form=form)
    assert answer.status == 303
    assert WHY in town.http("GET", path, user="agent").text
    assert kinds(town, ticket_id)[-1] == "reply_address_revoked"


def _sign_with(town: Harness, keys: dict[str, str]) -> None:
    """What an operator does to the secret, seen by new processes."""
    secret = town.services.settings.signing_keys_secret
    client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps(keys))
    town.restart()


def test_k11_old_addresses_outlive_a_change_of_keys_until_the_old_key_goes(town: Harness) -> None:
    secret = town.services.settings.signing_keys_secret
    stored = client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    keys = {**json.loads(stored), "n2": "another secret of this city", "current": "n2"}
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    old = to(town, ANA)[0]
    _sign_with(town, keys)
    town.mail(answer_to(old, "Under the old key."))
    act(town, ticket_id, "reply", text="We are on it.")
    town.drain()
    assert timeline_of(town, ticket_id)[1]["is_verified"]
    fresh = to(town, ANA)[-1]
    assert ".n2." in fresh.reply_to and ".n2." not in old.reply_to
    _sign_with(town, {"n2": keys["n2"], "current": "n2"})
    town.mail(answer_to(fresh, "Under the new key."))
    mallory = "Mallory <mallory@evil.example>"
    town.mail(a_mail("Under the key that is gone.", sender=mallory, to=old.reply_to))
    town.drain()
    assert timeline_of(town, ticket_id)[-1]["text"] == "Under the new key."
    [other] = [t for t in town.dump()["tickets"] if t["ticket_id"] != ticket_id]
    assert other["description"] == "Under the key that is gone."
