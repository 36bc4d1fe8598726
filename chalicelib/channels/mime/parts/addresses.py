"""Address headers to parties; an ambiguous one gives several, a broken one none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.channels.mime.parts.headers import Headers, clean, decode_words
from chalicelib.messages import Party

_TOKEN = re.compile(r'"(?:[^"\\]|\\.?)*(?:"|\Z)|\([^()]*\)|<[^<>]*>|[,;]|[^",;<(]+|.', re.DOTALL)
_FROM = frozenset({"from"})
_GROUP = re.compile(r'^\s*[^"<@:]{0,80}:')
_ADDRESS = re.compile(
    r"(?!\.)[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}(?<!\.)@"
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]"
)


def author(headers: Headers) -> Party:
    """The one whom From names; nobody when it was cut, stands there twice or names several."""
    values = headers.all("from")
    if headers.is_cut(_FROM) or len(values) != 1:
        return Party()
    found = parse_addresses(values[0])
    return found[0] if len(found) == 1 else Party()


def parse_addresses(value: str) -> list[Party]:
    """The mailboxes of an address header, in order, each with a usable address."""
    parties = (_party(item) for item in _items(_GROUP.sub("", value)))
    return [party for party in parties if party]


def bare_address(text: str) -> str:
    """The address of `<a@b>` or `a@b` with its domain in lower case and ASCII, or nothing."""
    text = text.strip().strip("<>").strip()
    if len(text) > 254 or not _ADDRESS.fullmatch(text):
        return ""
    local, _, domain = text.rpartition("@")
    domain = _as_servers_know_it(domain.lower())
    return f"{local}@{domain}" if domain else ""


def _as_servers_know_it(domain: str) -> str:
    """A domain in ASCII (RFC 5891), as forms give it and SES takes it; nothing for what is none."""
    if domain.isascii():
        return domain
    # Imported where used: its tables are large, and few domains need them.
    import idna

    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return ""


def _items(value: str) -> Iterator[list[str]]:
    tokens: list[str] = []
    for match in _TOKEN.finditer(value):
        if match[0] in ",;":
            yield tokens
            tokens = []
        else:
            tokens.append(match[0])
    yield tokens


def _party(tokens: list[str]) -> Party | None:
    angles = [token for token in tokens if token.startswith("<")]
    words = [token for token in tokens if not token.startswith(("<", "("))]
    address = bare_address(angles[-1] if angles else "".join(words))
    if not address:
        return None
    name = " ".join(map(_unquoted, words)) if angles else _comment(tokens)
    return Party(name=shortened(clean(decode_words(name)), bounds.SENDER_NAME), email=address)


def _unquoted(word: str) -> str:
    word = word.strip()
    if len(word) >= 2 and word[0] == word[-1] == '"':
        return re.sub(r"\\(.)", r"\1", word[1:-1])
    return word


def _comment(tokens: list[str]) -> str:
    return next((token[1:-1] for token in tokens if token.startswith("(")), "")
