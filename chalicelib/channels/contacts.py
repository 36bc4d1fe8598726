"""Addresses and numbers as people type them, made into those that a message can be sent to; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from chalicelib.channels import bounds
from chalicelib.channels.sms.numbers import is_costly

# Imported where used: both libraries take 40 ms, and most calls check no address.

_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def read_name(text: str) -> tuple[str, str]:
    """A name on one line, and what is wrong with it (empty: nothing)."""
    name = text.strip(" ")
    if _BREAKS.search(name):
        return "", "line_break"
    if len(name) > bounds.NAME:
        return "", f"too_long:{bounds.NAME}"
    return unicodedata.normalize("NFC", name), ""


def read_email(text: str, own_addresses: Iterable[str] = ()) -> tuple[str | None, str]:
    """One mail address in the form that mail servers take, and what is wrong with it.

    `own_addresses` are the city's intake, `@domain` for a whole domain: a city that answers itself
    would never stop, and what others send there would be shown to whoever gave the address.
    """
    if not text.strip(" "):
        return None, ""
    if _BREAKS.search(text):
        return None, "line_break"
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(
            text.strip(" "),
            check_deliverability=False,
            allow_smtputf8=False,
            strict=True,
            test_environment=True,
        )
    except EmailNotValidError:
        return None, "not_an_address"
    address = found.ascii_email or found.normalized
    own = {_mailbox(each) for each in own_addresses}
    if _mailbox(address) in own or f"@{address.lower().rpartition('@')[2]}" in own:
        return None, "our_own_address"
    return address, ""


def _mailbox(address: str) -> str:
    """An address without case and without what a plus sign adds to it."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def read_phone(text: str, region: str) -> tuple[str | None, str]:
    """One telephone number as E.164, and what is wrong with it; `region` is for numbers without +."""
    if not text.strip(" "):
        return None, ""
    if _BREAKS.search(text):
        return None, "line_break"
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None, "not_a_number_to_call"
    if not phonenumbers.is_possible_number(number):
        return None, "not_a_number_to_call"
    written = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return (None, "costly_number") if is_costly(written) else (written, "")
