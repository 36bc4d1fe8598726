"""Who wrote the mail that a mail forwards: a claim for verified staff to act on, never proof."""

from __future__ import annotations

import re

from chalicelib.channels import bounds
from chalicelib.channels.mime.parts.addresses import author, parse_addresses
from chalicelib.channels.mime.parts.structure import Part, inner_mail
from chalicelib.channels.mime.quoting import words
from chalicelib.messages import Party

_FORWARD = re.compile(
    rf"^\W*(?:{'|'.join(map(re.escape, words.FORWARD_SUBJECT.split('|')))})\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)
_FROM = "|".join(map(re.escape, words.FROM.split("|")))
_FROM_LINE = re.compile(
    rf"^[ \t>*_|]{{0,12}}(?:{_FROM})[ \t*_]{{0,12}}[:：][ \t*_]{{0,12}}(.{{3,300}})$",
    re.IGNORECASE | re.MULTILINE,
)
_LINKED = re.compile(r"\[mailto:([^\]\s]+)\]|<mailto:([^>\s]+)>")


def is_forward(subject: str) -> bool:
    """Whether a subject says that the mail forwards another."""
    return bool(_FORWARD.match(subject))


def forwarded_from(subject: str, full_text: str, root: Part) -> Party | None:
    """The author of the mail that was forwarded inline or as a file, or None."""
    if not is_forward(subject):
        return None
    attached = next((part for part in root.walk() if part.content_type == "message/rfc822"), None)
    if attached is not None:
        found = author(inner_mail(attached).headers)
        return found if found.email else None
    lines = full_text[: bounds.FORWARD_SEARCHED + 1].rpartition("\n")[0]
    is_long = len(full_text) > bounds.FORWARD_SEARCHED
    match = _FROM_LINE.search(lines if is_long else full_text)
    if match is None:
        return None
    line = _LINKED.sub(lambda found: f"<{found[1] or found[2]}>", match[1])
    return next(
        iter(parse_addresses(line.replace("*", "").replace("[", "<").replace("]", ">"))), None
    )
