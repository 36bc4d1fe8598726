"""Who works here and sees no ticket, because no agency was given to them: each with what to do about it."""

from __future__ import annotations

from chalicelib.identity.accounts import Act, Staff
from chalicelib.identity.directory import Directory

REMEDY = "run make administrator STAGE=… EMAIL=… ROLE=… AGENCY=<code> for each; * is the whole city"


def without(directory: Directory) -> list[str]:
    """Those who sign in for tickets and have no agency, as the table knows them."""
    here = (member.staff for member in directory.members().values() if member.is_active)
    return sorted(staff.username for staff in here if _sees_nothing(staff))


def lines(directory: Directory, stage: str) -> list[str]:
    """What a deployment says of them, a command for each."""
    return [
        f"{name} sees no ticket any more: make administrator STAGE={stage} EMAIL={name}"
        " ROLE=<theirs> AGENCY=<code>, or AGENCY='*' for the whole city"
        for name in without(directory)
    ]


def _sees_nothing(staff: Staff) -> bool:
    return staff.has_role_for(Act.READ_TICKETS) and not staff.may(Act.READ_TICKETS)
