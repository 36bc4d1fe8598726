"""What the user pool's word about somebody means here; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.identity.accounts import ChallengeKind, Staff, make_staff
from chalicelib.identity.federation.city_groups import ATTRIBUTE, FEDERATED, GroupMap, granted


def staff_of(
    found: Mapping[str, Any], groups_of: Callable[[str], Sequence[str]], city_groups: GroupMap
) -> Staff:
    """The person that `AdminGetUser` found; `groups_of` asks for the pool's groups of a name.

    Of who signs in elsewhere only what the city's own groups are mapped to gives rights.
    """
    said = {a["Name"]: a["Value"] for a in found.get("UserAttributes", [])}
    name = found["Username"]  # whom we may have asked for by their address
    is_elsewhere = found.get("UserStatus") == FEDERATED
    mapped = granted(said.get(ATTRIBUTE, ""), city_groups) if is_elsewhere else ()
    groups = mapped if is_elsewhere else groups_of(name)
    staff = make_staff(groups=groups, pool_name=name, **_labels(said))
    # Who signs in elsewhere is asked for a second factor there.
    codes = ChallengeKind.CODE.value in found.get("UserMFASettingList", ())
    return replace(staff, has_codes=is_elsewhere or codes)


def _labels(said: Mapping[str, str]) -> dict[str, str]:
    """Who it is and what they are called; an address that nobody has verified is not said."""
    email = said.get("email", "") if said.get("email_verified") == "true" else ""
    return {"sub": said.get("sub", ""), "name": said.get("name", ""), "email": email}
