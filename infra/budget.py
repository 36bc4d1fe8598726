"""The month's budget of an account, in a small stack of its own; made when a stage's settings name one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from infra import stacks
from infra.settings import StageSettings
from infra.stacks import Clients, DeployError

TEMPLATE = Path(__file__).with_name("budget.yaml")
BY_HAND = "Make the budget by hand (Billing, Budgets); everything else is deployed."


def stack(stage: str) -> str:
    """The name of the stack that holds a stage's budget."""
    return f"civicline-budget-{stage}"


def settle(
    settings: StageSettings, clients: Clients, pause: Callable[[float], None]
) -> Iterator[str]:
    """Make, change or take away the budget, as the settings say; yields what somebody should know.

    Not every region can make one (`us-gov` has none: its bills are in the commercial account): it
    is told, and stops no deployment.
    """
    name = stack(settings.stage)
    if settings.budget:
        try:
            stacks.put(clients, name, TEMPLATE, settings.parameters(), pause=pause)
        except DeployError as error:
            yield f"{error} {BY_HAND}"
    elif stacks.find(clients, name):
        clients("cloudformation").delete_stack(StackName=name)
        yield "The budget is taken away, for the settings name none."
