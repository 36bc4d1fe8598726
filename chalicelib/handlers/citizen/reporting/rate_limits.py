"""Rate limits of the form: many reports from one network cost the browser work, or a minute's wait."""

from __future__ import annotations

import hashlib

from chalice.app import Response

from chalicelib.handlers.citizen.reporting.uploads import carried_fields
from chalicelib.handlers.http import Call, form_token, page

BITS = 15  # some thirty thousand digests: a second or two
WAIT_SECONDS = 60  # what a browser without scripts does instead
VALID_SECONDS = 3_600
WORK_FIELDS = ("work_token", "work_answer")


def has_worked(call: Call) -> bool:
    """Whether the form carries our token for this very submission, and the work or the wait is done."""
    token, now = call.form.get("work_token"), int(call.services.clock.now().timestamp())
    issued, _, signature = token.partition(".")
    if not (issued.isascii() and issued.isdigit() and len(issued) < 12):
        return False
    submission = call.form.get("submission")
    if not call.services.signer.verify(signature, "work", submission, issued):
        return False
    age = now - int(issued)
    is_done = age >= WAIT_SECONDS or is_solved(token, call.form.get("work_answer"))
    return is_done and 0 <= age <= VALID_SECONDS


def is_solved(token: str, answer: str) -> bool:
    """Whether the digest of token and answer begins with enough zero bits."""
    digest = hashlib.sha256(f"{token}:{answer}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - BITS) == 0


def ask_for_work(call: Call, service_code: str, locale: str) -> Response:
    """The page that says why, and sends the same report when the work or the wait is done."""
    token, headers = form_token(call)
    issued = str(int(call.services.clock.now().timestamp()))
    work = f"{issued}.{call.services.signer.sign('work', call.form.get('submission'), issued)}"
    context = {
        "service_code": service_code,
        "fields": carried_fields(call, without=WORK_FIELDS),
        "form_token": token,
        "work_token": work,
        "bits": BITS,
        "seconds": WAIT_SECONDS,
        "mail_address": call.services.settings.intake_addresses[0],
    }
    headers["Retry-After"] = str(WAIT_SECONDS)
    return page(call, "citizen/working", context, locale=locale, status=429, headers=headers)
