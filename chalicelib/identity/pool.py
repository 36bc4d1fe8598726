"""What administrators do with the accounts of a user pool at Amazon Cognito; knows no rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.errors import InvalidRequest, NotFound, StoreBusy
from chalicelib.identity.federation.city_groups import FEDERATED
from chalicelib.tickets.model.ticket import Role

INVITED = "FORCE_CHANGE_PASSWORD"  # has a first password and has not used it
_BUSY = ("TooManyRequestsException", "InternalErrorException")
# What Cognito answers (API reference of the admin calls, "Errors"), at which field, and what to do.
_REFUSALS: Mapping[str, tuple[str, str]] = {
    "UsernameExistsException": ("email", "Somebody has this address; look for them in the list."),
    "AliasExistsException": ("email", "Somebody has this address; look for them in the list."),
    "CodeDeliveryFailureException": ("email", "No mail could be sent there; check the address."),
    "InvalidParameterException": ("email", "The user pool does not take this address."),
    "LimitExceededException": ("email", "The user pool's limit is reached; try again in an hour."),
    "UnsupportedUserStateException": ("email", "The account is in use; send a new password."),
    "NotAuthorizedException": ("email", "The account's state does not allow this."),
    "UserLambdaValidationException": ("email", "A rule of the user pool does not take this."),
}


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody as the user pool knows them this moment."""

    pool_name: str
    email: str
    name: str
    groups: tuple[str, ...]
    is_enabled: bool
    has_codes: bool
    status: str

    @property
    def is_invited(self) -> bool:
        """Whether they were invited and never came."""
        return self.status == INVITED

    @property
    def is_elsewhere(self) -> bool:
        """Whether they sign in by the city's own identity provider, which says what they may do."""
        return self.status == FEDERATED


class Pool:
    """One user pool. Each call raises `NotFound`, `InvalidRequest` or `StoreBusy` when it is refused."""

    def __init__(self, client: Any, pool_id: str) -> None:
        self._client = client
        self._pool_id = pool_id

    def account(self, name: str) -> Account:
        """Somebody by the pool's name for them, or by address."""
        user = self._ask("admin_get_user", Username=name)
        attributes = {a["Name"]: a["Value"] for a in user["UserAttributes"]}
        return Account(
            pool_name=user["Username"],
            email=attributes.get("email", "").lower(),
            name=attributes.get("name", ""),
            groups=tuple(sorted(self._groups(user["Username"]))),
            is_enabled=user.get("Enabled", False),
            has_codes="SOFTWARE_TOKEN_MFA" in user.get("UserMFASettingList", ()),
            status=user.get("UserStatus", ""),
        )

    def is_there(self, email: str) -> bool:
        """Whether somebody has this address, also somebody who was switched off."""
        try:
            return bool(self.account(email).pool_name)
        except NotFound:
            return False

    def create(self, email: str, name: str) -> str:
        """An account whose owner is mailed a first password; the pool's name for it."""
        attributes = {"email": email, "email_verified": "true", "name": name}
        made = self._ask(
            "admin_create_user",
            Username=email,
            UserAttributes=_pairs(attributes),
            DesiredDeliveryMediums=["EMAIL"],
        )
        return str(made["User"]["Username"])

    def invite_again(self, email: str) -> None:
        """Mail another first password to somebody who never came."""
        self._ask(
            "admin_create_user",
            Username=email,
            MessageAction="RESEND",
            DesiredDeliveryMediums=["EMAIL"],
        )

    def reset_password(self, name: str) -> None:
        """End the password; its owner is mailed a code for choosing a new one."""
        self._ask("admin_reset_user_password", Username=name)

    def rename(self, pool_name: str, name: str) -> None:
        """What the person is called."""
        pairs = _pairs({"name": name})
        self._ask("admin_update_user_attributes", Username=pool_name, UserAttributes=pairs)

    def join(self, name: str, group: str) -> None:
        """Put somebody into a group, which is made when it is missing."""
        with suppress(GroupIsThere):
            self._ask("create_group", GroupName=group)
        self._ask("admin_add_user_to_group", Username=name, GroupName=group)

    def leave(self, name: str, group: str) -> None:
        """Take somebody out of a group."""
        self._ask("admin_remove_user_from_group", Username=name, GroupName=group)

    def enable(self, name: str) -> None:
        """Let somebody sign in again."""
        self._ask("admin_enable_user", Username=name)

    def disable(self, name: str) -> None:
        """Let somebody sign in no more, and end the sign-ins that there are."""
        self._ask("admin_disable_user", Username=name)
        self._ask("admin_user_global_sign_out", Username=name)

    def forget_codes(self, name: str) -> None:
        """Ask for no code any more, until its owner sets codes up anew."""
        off = {"Enabled": False, "PreferredMfa": False}
        self._ask("admin_set_user_mfa_preference", Username=name, SoftwareTokenMfaSettings=off)

    def administrators(self) -> frozenset[str]:
        """The pool's names of administrators who can sign in; who was invited and never came cannot."""
        users = self._pages("list_users_in_group", "Users", GroupName=str(Role.ADMINISTRATOR))
        able = (u for u in users if u.get("Enabled", True) and u.get("UserStatus") != INVITED)
        return frozenset(user["Username"] for user in able)

    def _groups(self, pool_name: str) -> Iterator[str]:
        pages = self._pages("admin_list_groups_for_user", "Groups", Username=pool_name)
        return (group["GroupName"] for group in pages)

    def _pages(self, call: str, listed: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        more: dict[str, str] = {}
        while True:
            page = self._ask(call, **arguments, **more)
            yield from page[listed]
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def _ask(self, call: str, **arguments: Any) -> Mapping[str, Any]:
        try:
            answer = getattr(self._client, call)(UserPoolId=self._pool_id, **arguments)
        except ClientError as error:
            raise _refusal(error) from error
        return dict(answer)


class GroupIsThere(Exception):
    """A group that was to be made is there already."""


def _refusal(error: ClientError) -> Exception:
    code = error.response["Error"]["Code"]
    if code in _BUSY:
        return StoreBusy("The user pool is busy; wait a moment and try again.")
    if code == "GroupExistsException":
        return GroupIsThere()
    if code == "UserNotFoundException":
        return NotFound("There is no such person in the user pool.")
    if code not in _REFUSALS:
        return RuntimeError(f"The user pool refused a call with {code}.")
    field, remedy = _REFUSALS[code]
    return InvalidRequest("The user pool refused this.", {field: remedy})


def _pairs(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]
