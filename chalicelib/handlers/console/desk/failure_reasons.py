"""Reasons of failed deliveries, in plain words beside what the provider said; decides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.handlers.console.door.visit import say
from chalicelib.tickets.catalog.allowances import ROWS

# Codes of ours.
CODES = frozenset(
    {
        "opted_out",
        "bounced",
        "complained",
        "preference",
        "broadcast_cancelled",
        "erased",
        "no_receipt",
        "perhaps_sent",
        "domain_share",
        "too_old",
        "moot",
        "unforeseen",
    }
)
# What providers, and we, write into a reason; the first that fits is said.
SAID: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "joined": r"^joined:",
        "opted_out": r"opted out",
        "sent_on": r"accepted by.{0,20}carrier|^text_successful$",
        "nobody_knows": r"^unknown error|status (is )?unknown|^text_unknown$",
        "suppression_list": r"suppression ?list|^suppressed$",
        "no_address": r"5\.1\.[0-9]+|user (is )?unknown|unknown user|no such (user|mailbox|address)"
        r"|(address|user|mailbox).{0,30}(not exist|not found|invalid)|^noemail",
        "full": r"[45]\.2\.2|(mailbox|inbox).{0,20}full|over ?quota|quota exceeded|^mailboxfull",
        "too_large": r"[45]\.3\.4|too (large|big)|^messagetoolarge",
        "unwanted": r"[45]\.7\.[0-9]+|spam|blocked|content ?reject|policy|blacklist|^abuse",
        "no_number": r"(number|destination).{0,30}(invalid|not exist|unknown|unassigned|not valid)"
        r"|invalid.{0,20}(number|phone)|unknown subscriber|absent number",
        "phone_off": r"unreachable|unavailable|switched off|absent subscriber|no coverage",
        "no_report": r"no (delivery )?report|never (came|reported)",
        "budget": r"used up|spend|monthly.*(limit|quota)|budget|\bcap\b|max price|quota left",
        "busy": r"could not be reached|did not answer|throttl|rate exceeded|too many|busy"
        r"|timed? ?out|temporar|\b4\.[0-9]\.[0-9]",
        "call": r"call or write",
    }.items()
}


class Why(NamedTuple):
    """Plain words, and what was written down, when that says more."""

    words: str
    original: str = ""


def why(reason: str) -> Why:
    """What a stored reason means; what nobody has words for is shown as it is."""
    if not reason:
        return Why("")
    if reason in ROWS:
        return Why(say("why.used_up"))
    if reason in CODES:
        return Why(say(f"why.{reason}"))
    found = next((name for name, pattern in SAID.items() if pattern.search(reason)), "")
    if not found:
        return Why(reason)
    return Why(say(f"why.{found}"), "" if found in ("joined", "call") else reason)
