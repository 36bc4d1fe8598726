"""The services of a deployed stage, for tools that run outside it."""

from __future__ import annotations

from chalicelib.bootstrap import Services
from infra import stacks
from infra.deploy import environment, real_clients, services
from infra.settings import StageSettings
from infra.stacks import Clients, DeployError, state_stack


def services_of(settings: StageSettings, clients: Clients | None = None) -> Services:
    """What a stage keeps, by the outputs of its stack. Raises `DeployError` when it is not there."""
    clients = clients or real_clients()
    outputs = stacks.outputs(clients, state_stack(settings.stage))
    if not outputs:
        stage = settings.stage
        raise DeployError(f"{state_stack(stage)} is not there; run make deploy STAGE={stage}.")
    variables = settings.variables() | environment(outputs)
    return services(variables, clients)
