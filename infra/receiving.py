"""SES's rule set, which the stages of an account share: made, chosen, never taken from others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra import stacks
from infra.settings import StageSettings
from infra.stacks import Clients, DeployError

OURS = "civicline"
STACK = "civicline-receiving"
TEMPLATE = Path(__file__).with_name("receiving.yaml")


def prepare(
    settings: StageSettings, clients: Clients, pause: Callable[[float], None]
) -> Iterator[str]:
    """See to it that the set is there and active; yields what somebody should know. Safe to repeat.

    A set that somebody else activated stays active: a stage joins it by naming it in its settings.
    Raises `DeployError` when the region receives no mail, or there is no such set.
    """
    wanted = settings.receipt_rule_set
    if wanted == OURS:
        stacks.put(clients, STACK, TEMPLATE, {}, pause=pause)
    try:
        if not is_there(clients, wanted):
            raise DeployError(
                f"There is no receipt rule set {wanted} in this account and region. Name one that there "
                f"is (aws ses list-receipt-rule-sets), or leave receipt_rule_set out."
            )
        yield from _activate(clients, wanted)
    except (BotoCoreError, ClientError) as error:
        raise DeployError(
            f"SES does not let mail be received here: {error} Choose a region where it does "
            "(docs/deploy.md, step 1)."
        ) from error


def active(clients: Clients) -> str:
    """The name of the active set; empty when there is none."""
    found = clients("ses").describe_active_receipt_rule_set()
    return str(found.get("Metadata", {}).get("Name", ""))


def is_there(clients: Clients, name: str) -> bool:
    """Whether the account has a set of this name."""
    try:
        clients("ses").describe_receipt_rule_set(RuleSetName=name)
    except ClientError as error:
        if error.response["Error"]["Code"].startswith("RuleSetDoesNotExist"):
            return False
        raise
    return True


def _activate(clients: Clients, wanted: str) -> Iterator[str]:
    current = active(clients)
    if not current:
        clients("ses").set_active_receipt_rule_set(RuleSetName=wanted)
        yield f"SES receives by the rule set {wanted} now."
    elif current != wanted:
        yield (
            f"SES receives by the rule set {current}, which somebody else made; it stays, so no mail comes "
            f"to this stage. Say receipt_rule_set: {current} in the settings, and deploy again."
        )
