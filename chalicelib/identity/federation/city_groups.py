"""What the groups of the city's own directory mean here; what is not mapped means nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote_plus

PROVIDER = "City"  # what `infra/template.yaml` calls the provider in the user pool
ATTRIBUTE = "custom:groups"
FEDERATED = "EXTERNAL_PROVIDER"  # the status of an account that signs in elsewhere
GroupMap = Mapping[str, tuple[str, ...]]


def granted(told: str, known: GroupMap) -> tuple[str, ...]:
    """What somebody may do whose account says `told`, by the groups that are mapped."""
    return tuple(sorted({right for name in groups_in(told) for right in known.get(name, ())}))


def groups_in(told: str) -> Iterator[str]:
    """The groups that an attribute names.

    Cognito makes one text of several values, in square brackets with commas between them and each
    form-encoded ("Mapping IdP attributes to profiles and tokens"); of one value it keeps the text.
    """
    text = told.strip()
    is_list = text.startswith("[") and text.endswith("]")
    for part in text[1:-1].split(",") if is_list else text.split(","):
        if name := unquote_plus(part.strip().strip('"')):
            yield name
